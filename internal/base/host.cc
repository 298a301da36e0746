#include "internal/base/host.h"

#include <cstddef>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/port.h"
#include "internal/base/text.h"

namespace ssegw::base {
namespace {

bool IsNameCharacter(char c) {
  return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '~' || c == '.';
}

bool IsName(std::string_view text) {
  if (text.empty() || text.size() > 255 || text.starts_with('.')) return false;
  if (text.find("..") != std::string_view::npos) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsNameCharacter(text[i])) continue;
    if (text[i] != '%' || text.size() - i < 3) return false;
    if (!IsHexDigit(text[i + 1]) || !IsHexDigit(text[i + 2])) return false;
    i += 2;
  }
  return true;
}

// Whether name ends with suffix, whatever the case, and has something before it.
bool EndsWith(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() &&
         EqualsIgnoreCase(name.substr(name.size() - suffix.size()), suffix);
}

}  // namespace

std::optional<Host> Host::Parse(std::string_view text) {
  Host host;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host.name = text.substr(1, end - 1);
    const size_t zone = host.name.find('%');
    if (zone != std::string_view::npos && !IsName(host.name.substr(zone + 1))) return std::nullopt;
    host.name = host.name.substr(0, zone);
    // An IPv4 address stands without brackets.
    if (host.name.find(':') == std::string_view::npos) return std::nullopt;
    host.address = IpAddress::Parse(host.name);
    if (!host.address) return std::nullopt;
    rest = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    host.name = text.substr(0, colon);
    if (!IsName(host.name)) return std::nullopt;
    if (host.name.size() > 1 && host.name.ends_with('.')) host.name.remove_suffix(1);
    host.address = IpAddress::Parse(host.name);
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (rest.empty()) return host;
  if (!rest.starts_with(':')) return std::nullopt;
  rest.remove_prefix(1);
  if (rest.empty()) return host;  // "example.com:"
  host.port = ParsePort(rest);
  if (!host.port) return std::nullopt;
  return host;
}

bool IsLoopback(const Host& host) {
  if (!host.address) {
    return EqualsIgnoreCase(host.name, "localhost") || EndsWith(host.name, ".localhost");
  }
  static const std::optional<IpPrefix> v4 = IpPrefix::Parse("127.0.0.0/8");
  static const std::optional<IpPrefix> v6 = IpPrefix::Parse("::1");
  return (v4 && v4->Contains(*host.address)) || (v6 && v6->Contains(*host.address));
}

bool IsLoopback(const Endpoint& endpoint) {
  if (endpoint.is_unix() || endpoint.host.empty()) return false;
  return IsLoopback(
      Host{.name = endpoint.host, .address = IpAddress::Parse(endpoint.host), .port = {}});
}

std::optional<HostPattern> HostPattern::Parse(std::string_view text) {
  HostPattern pattern;
  if (text == "*") return pattern;
  const bool any_subdomain = text.starts_with("*.");
  if (any_subdomain) text.remove_prefix(2);
  const std::optional<Host> host = Host::Parse(text);
  if (!host || (any_subdomain && host->address)) return std::nullopt;
  if (any_subdomain) pattern.name_.assign(1, '.');  // g++ 12.2 sees an overlap in = "."
  pattern.name_ += ToLower(host->name);
  pattern.address_ = host->address;
  pattern.port_ = host->port;
  return pattern;
}

bool HostPattern::Matches(const Host& host) const {
  if (name_.empty()) return true;
  if (port_ && port_ != host.port && (host.port || (port_ != 80 && port_ != 443))) return false;
  if (address_ || host.address) return address_ == host.address;
  if (name_.starts_with('.')) return EndsWith(host.name, name_);
  return EqualsIgnoreCase(host.name, name_);
}

std::string HostPattern::ToString() const {
  if (name_.empty()) return "*";
  std::string text = name_.starts_with('.') ? "*" + name_ : name_;
  if (address_ && name_.find(':') != std::string::npos) text = Concat('[', text, ']');
  return port_ ? Concat(text, ':', *port_) : text;
}

}  // namespace ssegw::base
