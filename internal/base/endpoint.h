#ifndef SSEGW_INTERNAL_BASE_ENDPOINT_H_
#define SSEGW_INTERNAL_BASE_ENDPOINT_H_

#include <cstdint>
#include <string>

namespace ssegw::base {

// Where to listen, or to connect to: TCP, or a unix socket.
struct Endpoint {
  // TCP: a numeric IPv4 or IPv6 address, or a name; empty for every address, IPv6 and IPv4. Port 0
  // stands for any free one.
  std::string host = {};
  uint16_t port = 0;
  // A unix socket's path; then host and port are empty.
  std::string path = {};

  bool is_unix() const { return !path.empty(); }
  // "host:port", with an IPv6 address in brackets; "unix:/path".
  std::string ToString() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_ENDPOINT_H_
