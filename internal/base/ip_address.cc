#include "internal/base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <iterator>

namespace ssegw::base {
namespace {

// RFC 4291 section 2.5.5.2.
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// Stands for the other end of a unix socket: as an address of IPv6 it would be a multicast one,
// which no peer has.
constexpr std::string_view kUnixText = "unix:";
constexpr std::array<uint8_t, 16> kUnix = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                           0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

// address with only its first bits kept.
std::array<uint8_t, 16> Masked(std::array<uint8_t, 16> address, unsigned bits) {
  for (size_t i = 0; i < address.size(); ++i) {
    const size_t before = 8 * i;
    const size_t kept = bits > before ? std::min<size_t>(bits - before, 8) : 0;
    address[i] = static_cast<uint8_t>(address[i] & ~(0xFFU >> kept));
  }
  return address;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);
  // inet_pton would stop at a zero byte and take what is before it.
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (text == kUnixText) {
    address.bytes_ = kUnix;
    return address;
  }
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes_.data() + kMapped.size()) == 1) {
    std::copy(kMapped.begin(), kMapped.end(), address.bytes_.begin());
    return address;
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::Of(const sockaddr& address) {
  IpAddress result;
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr;
    std::copy(std::begin(v6), std::end(v6), result.bytes_.begin());
    return result;
  }
  if (address.sa_family == AF_UNIX) {
    result.bytes_ = kUnix;
    return result;
  }
  if (address.sa_family != AF_INET) return std::nullopt;
  std::copy(kMapped.begin(), kMapped.end(), result.bytes_.begin());
  std::memcpy(result.bytes_.data() + kMapped.size(),
              &reinterpret_cast<const sockaddr_in&>(address).sin_addr, sizeof(in_addr));
  return result;
}

std::string IpAddress::ToString() const {
  if (bytes_ == kUnix) return std::string(kUnixText);
  std::array<char, INET6_ADDRSTRLEN> text;
  const bool v4 = is_v4();
  const uint8_t* const bytes = bytes_.data() + (v4 ? kMapped.size() : 0);
  return inet_ntop(v4 ? AF_INET : AF_INET6, bytes, text.data(), text.size());
}

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin()); }

std::optional<IpPrefix> IpPrefix::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const auto address = IpAddress::Parse(address_text);
  if (!address) return std::nullopt;
  IpPrefix prefix;
  prefix.bits_ = 128;
  if (slash != std::string_view::npos) {
    const bool dotted = address_text.find(':') == std::string_view::npos;
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (bits > (dotted ? 32U : 128U)) return std::nullopt;
    prefix.bits_ = bits + (dotted ? 96 : 0);
  }
  prefix.address_.bytes_ = Masked(address->bytes_, prefix.bits_);
  return prefix;
}

bool IpPrefix::Contains(const IpAddress& address) const {
  return Masked(address.bytes_, bits_) == address_.bytes_;
}

}  // namespace ssegw::base
