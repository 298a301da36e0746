#ifndef SSEGW_GATEWAY_CONFIG_FLAG_VALUES_H_
#define SSEGW_GATEWAY_CONFIG_FLAG_VALUES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/config/config.h"
#include "internal/base/ip_address.h"
#include "internal/base/time.h"

namespace ssegw::config {

// From a flag's text to its value. Where the kind of value is abseil's (bool, integer, duration),
// abseil reads it, so its syntax is the one known from other programs.
// Errors: INVALID_ARGUMENT saying what was expected, without the text itself.

absl::StatusOr<bool> ParseBool(std::string_view text);

struct IntegerRange {
  int64_t lowest;
  int64_t highest;
  std::string ToString() const;  // "0..1024"
};
absl::StatusOr<int64_t> ParseInteger(std::string_view text, IntegerRange range);

struct DurationRange {
  base::Duration lowest;
  base::Duration highest;
  std::string ToString() const;  // "1ms..24h"
};
absl::StatusOr<base::Duration> ParseDuration(std::string_view text, DurationRange range);
// As ParseDuration reads it: "0", "90s", "5m".
std::string FormatDuration(base::Duration duration);

// "host:port", "[IPv6 address]:port" or ":port".
absl::StatusOr<Address> ParseAddress(std::string_view text);

// "host" or "host:port" of somebody else: there is a host, and the port is not 0.
absl::StatusOr<Address> ParseServer(std::string_view text, uint16_t default_port);

// "*", or by comma "null" and what base::OriginPattern reads. Gives them as browsers do (RFC 6454
// section 6.2): lower case, without the port that is the scheme's own.
absl::StatusOr<std::vector<std::string>> ParseOrigins(std::string_view text);

// What base::HostPattern reads, by comma, in lower case; there may be none. "*" stands alone.
absl::StatusOr<std::vector<std::string>> ParseHosts(std::string_view text);

// Addresses and CIDR prefixes by comma; there may be none.
absl::StatusOr<std::vector<base::IpPrefix>> ParsePrefixes(std::string_view text);

// What --probe takes: "readyz", "healthz", a path, or "http://host[:port][/path]".
absl::StatusOr<ProbeTarget> ParseProbe(std::string_view text);

// One path, or none. A comma in it is a fault: it is a list where one file is meant.
absl::StatusOr<std::string> ParsePath(std::string_view text);

// By comma, with surrounding space taken off each; none may be empty, but there may be none.
absl::StatusOr<std::vector<std::string>> ParseList(std::string_view text);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_FLAG_VALUES_H_
