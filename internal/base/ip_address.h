#ifndef SSEGW_INTERNAL_BASE_IP_ADDRESS_H_
#define SSEGW_INTERNAL_BASE_IP_ADDRESS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace ssegw::base {

// An IPv4 or IPv6 address. An IPv4 address is the same whether it is written as one or mapped into
// IPv6 (::ffff:192.0.2.1). The peer of a unix socket has the address "unix:".
class IpAddress {
 public:
  // As inet_pton(3) takes it: without port, brackets or zone. nullopt if text is not one.
  static std::optional<IpAddress> Parse(std::string_view text);

  // Of a socket's address; nullopt if it is of another family.
  static std::optional<IpAddress> Of(const sockaddr& address);

  // One text for each address: an IPv4 address as one, and IPv6 as RFC 5952 has it.
  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class IpPrefix;
  bool is_v4() const;

  // IPv4 as mapped into IPv6.
  std::array<uint8_t, 16> bytes_{};
};

// All addresses that begin with the same bits.
class IpPrefix {
 public:
  // "10.0.0.0/8", "fd00::/8", or a single address. Bits of the address behind the prefix do not
  // matter. nullopt if text is not one.
  static std::optional<IpPrefix> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;

  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;

 private:
  // With zeros behind the prefix.
  IpAddress address_;
  unsigned bits_ = 0;  // of the 128
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_IP_ADDRESS_H_
