# Our own code is held to these; generated code and third-party headers are not.
option(SSEGW_WERROR "Warnings are errors" OFF)
add_library(ssegw_warnings INTERFACE)
target_compile_options(ssegw_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wimplicit-fallthrough
  $<$<BOOL:${SSEGW_WERROR}>:-Werror>)
