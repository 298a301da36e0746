#include "gateway/config/flag_values.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>

#include "absl/flags/marshalling.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/host.h"
#include "internal/base/origin.h"
#include "internal/base/port.h"

namespace ssegw::config {
namespace {

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

// As sockaddr_un has room for, with the zero behind it.
constexpr size_t kMaxUnixPathBytes = 107;

absl::Status Expected(std::string_view what) {
  return absl::InvalidArgumentError(base::Concat("expected ", what));
}

bool IsIpv6(const std::string& text) {
  in6_addr unused;
  return ::inet_pton(AF_INET6, text.c_str(), &unused) == 1;
}

// A name, or an IPv4 address; text of only digits and dots can only be meant as an address.
bool IsNameOrIpv4(const std::string& text) {
  if (text.empty()) return false;
  if (std::all_of(text.begin(), text.end(), [](char c) { return base::IsDigit(c) || c == '.'; })) {
    in_addr unused;
    return ::inet_pton(AF_INET, text.c_str(), &unused) == 1;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return base::IsLetterOrDigit(c) || c == '.' || c == '-' || c == '_';
  });
}

// The host of "host:port", without the brackets of an IPv6 address; nullopt if it is not a host.
std::optional<std::string> ParseHost(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    std::string host(text.substr(1, text.size() - 2));
    if (!IsIpv6(host)) return std::nullopt;
    return host;
  }
  std::string host(text);
  if (!IsNameOrIpv4(host)) return std::nullopt;
  return host;
}

// What may stand in a request line: visible ASCII, and no fragment.
bool IsRequestPath(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c <= '~' && c != '#';
         });
}

}  // namespace

absl::StatusOr<bool> ParseBool(std::string_view text) {
  bool value = false;
  std::string unused;
  if (!absl::ParseFlag(ToAbsl(text), &value, &unused)) return Expected("true or false");
  return value;
}

std::string IntegerRange::ToString() const { return base::Concat(lowest, "..", highest); }

absl::StatusOr<int64_t> ParseInteger(std::string_view text, IntegerRange range) {
  int64_t value = 0;
  std::string unused;
  if (!absl::ParseFlag(ToAbsl(text), &value, &unused) || value < range.lowest ||
      value > range.highest) {
    return Expected(base::Concat("an integer in ", range.ToString()));
  }
  return value;
}

std::string FormatDuration(base::Duration duration) {
  const absl::Duration value = absl::FromChrono(duration);
  // Timeouts of a minute or so are compared with others that are given in seconds.
  const int64_t seconds = absl::ToInt64Seconds(value);
  if (absl::Seconds(seconds) == value && seconds >= 60 && seconds < 120) {
    return base::Concat(seconds, 's');
  }
  return absl::FormatDuration(value);
}

std::string DurationRange::ToString() const {
  return base::Concat(absl::FormatDuration(absl::FromChrono(lowest)), "..",
                      absl::FormatDuration(absl::FromChrono(highest)));
}

absl::StatusOr<base::Duration> ParseDuration(std::string_view text, DurationRange range) {
  absl::Duration value;
  std::string unused;
  if (!absl::ParseFlag(ToAbsl(text), &value, &unused) || value < absl::FromChrono(range.lowest) ||
      value > absl::FromChrono(range.highest)) {
    return Expected(base::Concat("a duration in ", range.ToString(), ", such as 15s or 1m30s"));
  }
  return absl::ToChronoNanoseconds(value);
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    const std::string_view path = text.substr(kUnix.size());
    if (!path.starts_with('/') || path.size() > kMaxUnixPathBytes) {
      return Expected(
          base::Concat("an absolute path of at most ", kMaxUnixPathBytes, " bytes after unix:"));
    }
    return Address{.path = std::string(path)};
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return Expected("host:port, such as 127.0.0.1:8080, [::1]:8080 or :8080, or unix:/path");
  }
  const auto port = base::ParsePort(text.substr(colon + 1));
  if (!port) return Expected("a port in 0..65535 after the last colon");
  const std::string_view host_text = text.substr(0, colon);
  if (host_text.empty()) return Address{.port = *port};
  auto host = ParseHost(host_text);
  if (!host)
    return Expected("an IPv4 address, an IPv6 address in brackets or a name before the port");
  return Address{.host = *std::move(host), .port = *port};
}

absl::StatusOr<Address> ParseServer(std::string_view text, uint16_t default_port) {
  if (const auto host = ParseHost(text)) return Address{.host = *host, .port = default_port};
  auto address = ParseAddress(text);
  if (!address.ok() || address->host.empty() || address->port == 0) {
    return Expected("a host, and a port in 1..65535 if any");
  }
  return address;
}

absl::StatusOr<ProbeTarget> ParseProbe(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  constexpr uint16_t kHttpPort = 80;
  if (text == "readyz" || text == "healthz") return ProbeTarget{{}, base::Concat('/', text)};
  if (IsRequestPath(text)) return ProbeTarget{{}, std::string(text)};
  if (!text.starts_with(kScheme)) {
    return Expected("readyz, healthz, a path that begins with /, or http://host:port/path");
  }
  text.remove_prefix(kScheme.size());
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string path(text.substr(end));
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  const auto address = ParseServer(text.substr(0, end), kHttpPort);
  if (!address.ok()) return Expected("a host, and a port in 1..65535 if any, after http://");
  if (!IsRequestPath(path)) return Expected("a path of visible ASCII, without a fragment");
  return ProbeTarget{*address, std::move(path)};
}

absl::StatusOr<std::string> ParsePath(std::string_view text) {
  if (text.find(',') != std::string_view::npos) return Expected("one path");
  return std::string(base::Trim(text));
}

absl::StatusOr<std::vector<std::string>> ParseList(std::string_view text) {
  std::vector<std::string> list;
  if (base::Trim(text).empty()) return list;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view entry = base::Trim(text.substr(0, comma));
    if (entry.empty()) return Expected("no empty entry in the list");
    list.emplace_back(entry);
    if (comma == std::string_view::npos) return list;
    text.remove_prefix(comma + 1);
  }
}

absl::StatusOr<std::vector<base::IpPrefix>> ParsePrefixes(std::string_view text) {
  const auto list = ParseList(text);
  if (!list.ok()) return list.status();
  std::vector<base::IpPrefix> prefixes;
  for (const std::string& entry : *list) {
    const auto prefix = base::IpPrefix::Parse(entry);
    if (!prefix)
      return Expected("IP addresses and prefixes such as 10.0.0.0/8 or fd00::/8, or unix:");
    prefixes.push_back(*prefix);
  }
  return prefixes;
}

absl::StatusOr<std::vector<std::string>> ParseOrigins(std::string_view text) {
  auto list = ParseList(text);
  if (!list.ok()) return list;
  if (list->empty()) return Expected("* or at least one origin");
  if (list->size() == 1 && list->front() == "*") return list;
  for (size_t i = 0; i < list->size(); ++i) {
    std::string& entry = (*list)[i];
    if (entry == "*") return Expected("* alone, or a list without it");
    if (absl::EqualsIgnoreCase(entry, "null")) {
      entry = "null";
    } else if (const auto pattern = base::OriginPattern::Parse(entry)) {
      entry = pattern->ToString();
    } else {
      return Expected(base::Concat(
          "in entry ", i + 1,
          " an origin: scheme://host or scheme://host:port without a path or a slash at the end, "
          "where *. may stand before a name and * for the port, or null"));
    }
  }
  return list;
}

absl::StatusOr<std::vector<std::string>> ParseHosts(std::string_view text) {
  auto list = ParseList(text);
  if (!list.ok()) return list;
  for (size_t i = 0; i < list->size(); ++i) {
    std::string& entry = (*list)[i];
    if (entry == "*" && list->size() > 1) return Expected("* alone, or a list without it");
    const auto pattern = base::HostPattern::Parse(entry);
    if (!pattern) {
      return Expected(base::Concat("in entry ", i + 1,
                                   " a host: a name or an address, with a port or without, where "
                                   "*. may stand before a name"));
    }
    entry = pattern->ToString();
  }
  return list;
}

}  // namespace ssegw::config
