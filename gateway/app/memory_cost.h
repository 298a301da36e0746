#ifndef SSEGW_GATEWAY_APP_MEMORY_COST_H_
#define SSEGW_GATEWAY_APP_MEMORY_COST_H_

#include <cstddef>

namespace ssegw::app {

// Bytes that one of each takes, measured (docs/operations/sizing.md, docs/architecture.md).

// In the process: a connection, and a socket of the public or the admin port that is none.
inline constexpr size_t kBytesPerConnection = 600;
inline constexpr size_t kBytesPerOtherSocket = 1'500;
// What TLS adds to either, nearly all of it OpenSSL's.
inline constexpr size_t kBytesPerTls = 14 * 1024;
// What HTTP/2 adds to a socket, nearly all of it the library's; and a stream, with its connection.
inline constexpr size_t kBytesPerHttp2 = 27'000;
inline constexpr size_t kBytesPerHttp2Stream = 930;
// Either of them together with what the kernel takes for it.
inline constexpr size_t kBytesPerSocketWithKernel = 4'096;
// An idle PublishStream call.
inline constexpr size_t kBytesPerGrpcCall = 17 * 1024;

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_COST_H_
