#include "internal/base/origin.h"

#include <algorithm>
#include <cstddef>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/ip_address.h"
#include "internal/base/port.h"
#include "internal/base/text.h"

namespace ssegw::base {
namespace {

// RFC 3986 section 3.1.
bool IsScheme(std::string_view text) {
  return !text.empty() && IsLetter(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetterOrDigit(c) || c == '+' || c == '-' || c == '.';
  });
}

bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetterOrDigit(c) || c == '.' || c == '-' || c == '_';
  });
}

// What is all digits and dots can only be meant as an IPv4 address.
bool IsNumeric(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '.'; });
}

// nullopt if host is not an address in brackets.
std::optional<IpAddress> ParseBracketed(std::string_view host) {
  if (!host.starts_with('[') || !host.ends_with(']')) return std::nullopt;
  const std::string_view address = host.substr(1, host.size() - 2);
  // Not an IPv4 address, which stands without brackets.
  if (address.find(':') == std::string_view::npos) return std::nullopt;
  return IpAddress::Parse(address);
}

bool IsHost(std::string_view text) {
  if (text.starts_with('[')) return ParseBracketed(text).has_value();
  return IsName(text) && (!IsNumeric(text) || IpAddress::Parse(text).has_value());
}

bool IsSameHost(std::string_view a, std::string_view b) {
  if (EqualsIgnoreCase(a, b)) return true;
  const std::optional<IpAddress> address = ParseBracketed(a);
  return address.has_value() && address == ParseBracketed(b);
}

uint16_t DefaultPort(std::string_view scheme) {
  if (EqualsIgnoreCase(scheme, "http")) return 80;
  if (EqualsIgnoreCase(scheme, "https")) return 443;
  return 0;
}

struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;
};

// The last colon is before the port, unless it is inside the brackets of an IPv6 address.
Authority SplitAuthority(std::string_view text) {
  const size_t colon = text.rfind(':');
  const size_t bracket = text.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return {.host = text, .port = std::nullopt};
  }
  return {.host = text.substr(0, colon), .port = text.substr(colon + 1)};
}

// 1 to 65535; nullopt if it is not one.
std::optional<uint16_t> ParseOriginPort(std::string_view text) {
  const std::optional<uint16_t> port = ParsePort(text);
  return port == 0 ? std::nullopt : port;
}

struct Parts {
  std::string_view scheme;
  Authority authority;
};

std::optional<Parts> SplitOrigin(std::string_view text) {
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = text.substr(0, scheme_end);
  if (!IsScheme(scheme)) return std::nullopt;
  return Parts{.scheme = scheme, .authority = SplitAuthority(text.substr(scheme_end + 3))};
}

}  // namespace

std::optional<Origin> Origin::Parse(std::string_view text) {
  const std::optional<Parts> parts = SplitOrigin(text);
  if (!parts || !IsHost(parts->authority.host)) return std::nullopt;
  Origin origin{
      .scheme = parts->scheme, .host = parts->authority.host, .port = DefaultPort(parts->scheme)};
  if (parts->authority.port.has_value()) {
    const std::optional<uint16_t> port = ParseOriginPort(*parts->authority.port);
    if (!port) return std::nullopt;
    origin.port = *port;
  }
  return origin;
}

bool Origin::IsAt(std::string_view authority) const {
  const uint16_t own_port = DefaultPort(scheme);
  if (own_port == 0) return false;
  const Authority at = SplitAuthority(authority);
  if (!IsSameHost(host, at.host)) return false;
  // "host:" has the scheme's own too (RFC 3986 section 3.2.3).
  if (at.port.value_or("").empty()) return port == own_port;
  return ParseOriginPort(*at.port) == port;
}

std::optional<OriginPattern> OriginPattern::Parse(std::string_view text) {
  const std::optional<Parts> parts = SplitOrigin(text);
  if (!parts) return std::nullopt;
  OriginPattern pattern;
  pattern.scheme_ = ToLower(parts->scheme);
  std::string_view host = parts->authority.host;
  pattern.any_subdomain_ = host.starts_with("*.");
  if (pattern.any_subdomain_) {
    host.remove_prefix(1);
    const std::string_view domain = host.substr(1);
    if (!IsName(domain) || IsNumeric(domain) || domain.starts_with('.')) return std::nullopt;
  } else if (!IsHost(host)) {
    return std::nullopt;
  }
  pattern.host_ = ToLower(host);
  pattern.port_ = DefaultPort(pattern.scheme_);
  pattern.any_port_ = parts->authority.port == "*";
  if (parts->authority.port.has_value() && !pattern.any_port_) {
    const std::optional<uint16_t> port = ParseOriginPort(*parts->authority.port);
    if (!port) return std::nullopt;
    pattern.port_ = *port;
  }
  return pattern;
}

bool OriginPattern::Matches(const Origin& origin) const {
  if (!any_port_ && origin.port != port_) return false;
  if (!EqualsIgnoreCase(origin.scheme, scheme_)) return false;
  if (!any_subdomain_) return IsSameHost(origin.host, host_);
  if (origin.host.size() <= host_.size()) return false;
  const size_t labels = origin.host.size() - host_.size();
  // No browser has a name with an empty label.
  return EqualsIgnoreCase(origin.host.substr(labels), host_) && !origin.host.starts_with('.') &&
         origin.host[labels - 1] != '.';
}

std::string OriginPattern::ToString() const {
  std::string text = Concat(scheme_, "://", any_subdomain_ ? "*" : "", host_);
  if (any_port_) {
    text += ":*";
  } else if (port_ != DefaultPort(scheme_)) {
    text += Concat(':', port_);
  }
  return text;
}

}  // namespace ssegw::base
