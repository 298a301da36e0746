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
  // A name, without the dot that may end it; of an IPv6 address what is between the brackets,
  // without a zone.
  std::string_view name;
  // Of a name that is an address.
  std::optional<IpAddress> address;
  std::optional<uint16_t> port;

  // nullopt: it is none. Names are of letters, digits, "-", "_", "~" and %XX, in labels that are
  // not empty. Sub-delims, which RFC 3986 allows in a name and no resolver does, are not taken: a
  // comma or a semicolon there is another field's.
  static std::optional<Host> Parse(std::string_view text);
};

// This machine by an address or a name that no other can have: 127.0.0.0/8, ::1, "localhost" and
// what ends in ".localhost" (RFC 6761 section 6.3).
bool IsLoopback(const Host& host);
// Who listens there is reached from this machine alone, by TCP: not a unix socket.
bool IsLoopback(const Endpoint& endpoint);

// Which hosts an entry of a list stands for: "example.com" for itself, "*.example.com" for all
// names that end so, of one label more or several, but not for "example.com", and an address for
// itself. With a port: for that port alone; 80 and 443 are also those of a Host without one. "*":
// any host.
//
// Cost: Matches allocates nothing.
class HostPattern {
 public:
  // Whatever the case. nullopt: it is none.
  static std::optional<HostPattern> Parse(std::string_view text);

  bool Matches(const Host& host) const;

  // In lower case.
  std::string ToString() const;

 private:
  // Without the "*" of a pattern of names: then it begins with a dot; empty: any.
  std::string name_;
  std::optional<IpAddress> address_;
  std::optional<uint16_t> port_;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_HOST_H_
