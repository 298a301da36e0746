# One helper for each kind of target, so that every target gets the same flags and include root.

# ssegw_library(<module> [SRCS ...] [DEPS ...]): the library ssegw_<module>, header-only without SRCS.
function(ssegw_library module)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(ssegw_${module} STATIC ${ARG_SRCS})
    target_include_directories(ssegw_${module} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(ssegw_${module} PUBLIC ${ARG_DEPS} PRIVATE ssegw_warnings)
    ssegw_use_pch(ssegw_${module})
  else()
    add_library(ssegw_${module} INTERFACE)
    target_include_directories(ssegw_${module} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(ssegw_${module} INTERFACE ${ARG_DEPS})
  endif()
endfunction()

# ssegw_binary(<name> SRCS ... [DEPS ...])
function(ssegw_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ssegw_warnings)
  ssegw_use_pch(${name})
endfunction()

# ssegw_fuzz(<target> SRCS ... [DEPS ...]): the libFuzzer program <target>_fuzz. It wants the preset
# fuzz, and at <target>_seeds a program that writes inputs to start from.
function(ssegw_fuzz target)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  ssegw_binary(${target}_fuzz SRCS ${ARG_SRCS} DEPS ${ARG_DEPS})
  target_link_options(${target}_fuzz PRIVATE -fsanitize=fuzzer)
endfunction()

# ssegw_bench(<name> SRCS ... [DEPS ...]): a Google Benchmark program.
function(ssegw_bench name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  ssegw_binary(${name} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS} benchmark::benchmark_main)
endfunction()

# ssegw_test(<name> SRCS ... [DEPS ...] [LABEL unit] [TIMEOUT 60]): one GoogleTest binary, one
# ctest entry.
function(ssegw_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  ssegw_binary(${name} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
