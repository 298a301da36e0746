# Everything that comes from outside, found once. Which and why: docs/dependencies.md.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL 3 REQUIRED)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
# By pkg-config: Debian's CMake package cnats names files that are not in it.
pkg_check_modules(NATS REQUIRED IMPORTED_TARGET libnats)
find_package(absl CONFIG REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
# By pkg-config: prometheus-cpp's CMake package asks for civetweb and CURL, which core does without.
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
if(SSEGW_BUILD_TESTS)
  find_package(GTest CONFIG REQUIRED)
  find_package(benchmark CONFIG REQUIRED)
endif()

# Module mode: Debian's protobuf has no CMake package of its own.
find_package(Protobuf MODULE REQUIRED)
if(NOT SSEGW_CORE_ONLY)
  find_package(gRPC CONFIG REQUIRED)
endif()
