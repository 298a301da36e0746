#ifndef SSEGW_GATEWAY_HTTP_QUERY_H_
#define SSEGW_GATEWAY_HTTP_QUERY_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ssegw::http {

// Views into a request target, nothing decoded.
struct Target {
  std::string_view path;
  std::string_view query;  // without "?"
};

// Takes origin-form and absolute-form (RFC 9112 section 3.2), and any byte in the query: browsers
// encode ">" and curl does not. nullopt if it has neither form.
std::optional<Target> SplitTarget(std::string_view target);

// The path under which a resource is found: %XX is decoded once; several slashes in a row are one;
// there is none at the end. "/v1/%65vents", "//v1/events", "/v1%2Fevents" and "/v1/events/" are all
// "/v1/events", since people write URLs by hand and proxies rewrite them. %2F is a slash too: no
// path here has data with a slash in it, and a proxy's rule for paths has to decode it anyway.
//
// Dot segments stay, so that they match nothing: browsers and proxies have resolved theirs, and
// others are there only to get around a rule for paths. A % without two hex digits stays too.
//
// Returns path if it is in that form already, otherwise a view into storage.
std::string_view NormalPath(std::string_view path, std::string& storage);

struct Parameter {
  std::string name;
  // Not decoded yet: a parameter that is ignored may be broken.
  std::string_view raw_value;
};

// The parameters as they stand, by the rules of application/x-www-form-urlencoded (URL standard
// section 5.1). One whose name does not decode is left out, as no parameter has such a name.
std::vector<Parameter> ParseQuery(std::string_view query);

// "+" is a space and %XX a byte. INVALID_ARGUMENT: "%" without two hex digits.
absl::StatusOr<std::string> DecodeBytes(std::string_view raw);

// The same; INVALID_ARGUMENT also for invalid UTF-8 and for control characters.
absl::StatusOr<std::string> DecodeText(std::string_view raw);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_QUERY_H_
