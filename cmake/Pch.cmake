# Precompiled headers: what most files include of the standard library and of abseil is parsed once
# instead of in each of them, which is a fifth of what a file costs with sanitizers.
#
# Only the presets that build everything for tests have them (dev and tsan). In release and fuzz each
# file has what it includes itself and no more, so there a missing #include is an error.
option(SSEGW_PCH "Precompiled headers" OFF)

# With ThreadSanitizer g++ 12 takes the move of a short std::string for a copy out of bounds. It keeps
# that to itself in system headers, but not in precompiled ones. All other presets have the warnings.
if(SSEGW_PCH AND SSEGW_SANITIZER STREQUAL "thread")
  target_compile_options(ssegw_warnings INTERFACE -Wno-array-bounds -Wno-stringop-overflow)
endif()

set(SSEGW_PCH_HEADERS
  <algorithm> <chrono> <functional> <map> <memory> <optional> <span> <string> <string_view> <utility>
  <variant> <vector>
  <absl/container/btree_map.h> <absl/container/flat_hash_map.h> <absl/container/node_hash_map.h>
  <absl/status/statusor.h>)

# ssegw_precompile(<target> [DEPS ...] [HEADERS ...]): the headers above and more, made with this
# directory's flags, for all targets of this directory and below that the helpers of Targets.cmake
# make from here on. g++ takes what it precompiled only where optimisation and macros are the same,
# and -Winvalid-pch says so where they are not.
macro(ssegw_precompile target)
  if(SSEGW_PCH)
    cmake_parse_arguments(ARG "" "" "DEPS;HEADERS" ${ARGN})
    # CMake wants a source.
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${target}.cc CONTENT "")
    add_library(${target} OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/${target}.cc)
    target_link_libraries(${target} PRIVATE ${ARG_DEPS} absl::btree absl::flat_hash_map
      absl::node_hash_map absl::statusor ssegw_warnings)
    target_precompile_headers(${target} PRIVATE ${SSEGW_PCH_HEADERS} ${ARG_HEADERS})
    set(SSEGW_PCH_TARGET ${target})
  endif()
endmacro()

# ssegw_use_pch(<target>)
function(ssegw_use_pch target)
  if(SSEGW_PCH)
    target_precompile_headers(${target} REUSE_FROM ${SSEGW_PCH_TARGET})
  endif()
endfunction()
