#ifndef SSEGW_INTERNAL_BASE_HOST_H_
#define SSEGW_INTERNAL_BASE_HOST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "internal/base/endpoint.h"
#include "internal/base/ip_address.h"

namespace ssegw::base {

// What a Host field holds (RFC 9110 section 7.2): "example.com", "example.com:8080", "192.0.2.1",
// "[2001:db8::1]:8080". A view into its text.
struct Host {
  // A name, without the dot that may end it; or an IPv6 address without its brackets and zone.
  std::string_view name;
  // Set if the name is an address.
  std::optional<IpAddress> address;
  std::optional<uint16_t> port;

  // nullopt if text is not a host. Names consist of letters, digits, "-", "_", "~" and %XX, in
  // labels that are not empty. Sub-delims, which RFC 3986 allows in a name and no resolver does,
  // are refused: a comma or a semicolon there belongs to another field.
  static std::optional<Host> Parse(std::string_view text);
};

// This machine by an address or a name that no other can have: 127.0.0.0/8, ::1, "localhost" and
// what ends in ".localhost" (RFC 6761 section 6.3).
bool IsLoopback(const Host& host);
// A listener there is reached by TCP and from this machine alone. False for a unix socket.
bool IsLoopback(const Endpoint& endpoint);

// The hosts that an entry of a list stands for: "example.com" for itself, "*.example.com" for all
// names that end so, with one label more or several, but not for "example.com"; an address for
// itself; "*" for any host. An entry with a port stands for that port alone; 80 and 443 also match
// a Host without a port.
//
// Cost: Matches allocates nothing.
class HostPattern {
 public:
  // In any case of letters. nullopt if text is not a pattern.
  static std::optional<HostPattern> Parse(std::string_view text);

  bool Matches(const Host& host) const;

  // In lower case.
  std::string ToString() const;

 private:
  // Without the "*" of a pattern, so that it begins with a dot; empty for any host.
  std::string name_;
  std::optional<IpAddress> address_;
  std::optional<uint16_t> port_;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_HOST_H_
