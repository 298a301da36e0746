# What makes a fault in the program hard to exploit, in every build without sanitizers, which would
# report the same faults and get in the way of some of this. tests/operations/hardening_test.mjs
# reads it back from the binary; docs/performance.md says what it costs.
option(SSEGW_HARDENED "What ships; OFF is for measuring what it costs" ON)
if(SSEGW_SANITIZER OR NOT SSEGW_HARDENED)
  return()
endif()

# A canary in every frame with an array or an address that is taken, and no frame that jumps over
# the stack's guard page.
add_compile_options(-fstack-protector-strong -fstack-clash-protection)
# Loaded at an address that an attacker does not know.
add_compile_options(-fPIE)
add_link_options(-pie)
# Once it is loaded, the tables of addresses are read-only; for that all of them are filled at the
# start.
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
# Indices, empty optionals and the like of the standard library are checked.
add_compile_definitions(_GLIBCXX_ASSERTIONS)

# The C library's functions know the size of what they write to. Some compilers set another level
# themselves, and all warn where nothing is optimised.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

# Indirect jumps end at marked places only, and returns where they came from, on processors and
# kernels that check it. x86 has it.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-fcf-protection=full SSEGW_HAS_CF_PROTECTION)
if(SSEGW_HAS_CF_PROTECTION)
  add_compile_options(-fcf-protection=full)
endif()
