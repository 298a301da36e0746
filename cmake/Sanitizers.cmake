# UndefinedBehaviorSanitizer without the four checks that make a Beast translation unit take 100 s
# instead of 26 s to compile; AddressSanitizer sees most of what they would.
if(SSEGW_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined
    -fno-sanitize=null,alignment,vptr,object-size
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SSEGW_SANITIZER STREQUAL "thread")
  # -Wtsan would warn of Asio's fences, which stand beside atomics that ThreadSanitizer understands.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(SSEGW_SANITIZER STREQUAL "fuzzer")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "libFuzzer is clang's: use the preset fuzz")
  endif()
  # What is reached is recorded everywhere; the fuzzer itself is linked by ssegw_fuzz.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined
    -fno-sanitize=vptr -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SSEGW_SANITIZER)
  message(FATAL_ERROR
    "SSEGW_SANITIZER is '${SSEGW_SANITIZER}': expected address, thread, fuzzer or empty")
endif()
