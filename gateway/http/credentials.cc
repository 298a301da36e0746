#include "gateway/http/credentials.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/status/statusor.h"
#include "gateway/http/field_value.h"
#include "gateway/http/query.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

constexpr std::string_view kBearer = "Bearer";

// Two lines may have become one with a comma, which no token has (RFC 9110 section 5.3).
void AddBearer(std::string_view authorization, std::vector<Credential>& found) {
  for (const std::string_view part : SplitField(authorization, ',')) {
    const std::string_view scheme = part.substr(0, part.find(' '));
    if (!base::EqualsIgnoreCase(scheme, kBearer)) continue;
    found.push_back({.kind = CredentialKind::kBearer,
                     .text = std::string(TrimSpace(part.substr(scheme.size())))});
  }
}

// A Cookie field is pairs with "; " between them (RFC 6265 section 4.2.1); HTTP/2 may cut it into
// several fields (RFC 9113 section 8.2.3).
void AddCookies(std::string_view field, std::string_view name, std::vector<Credential>& found) {
  while (!field.empty()) {
    const size_t end = std::min(field.find(';'), field.size());
    const std::string_view pair = TrimSpace(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || TrimSpace(pair.substr(0, equals)) != name) continue;
    std::string_view value = TrimSpace(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    // An application that logs out empties its cookie.
    if (value.empty()) continue;
    found.push_back({.kind = CredentialKind::kCookie, .text = std::string(value)});
  }
}

}  // namespace

std::vector<Credential> FindCredentials(const net::HttpRequest& request, std::string_view query,
                                        std::string_view cookie) {
  std::vector<Credential> found;
  for (const net::HttpRequest::Field& field : request.fields) {
    if (base::EqualsIgnoreCase(field.name, "Authorization")) {
      AddBearer(field.value, found);
    } else if (!cookie.empty() && base::EqualsIgnoreCase(field.name, "Cookie")) {
      AddCookies(field.value, cookie, found);
    }
  }
  for (const Parameter& parameter : ParseQuery(query)) {
    if (parameter.name != "ticket") continue;
    const absl::StatusOr<std::string> ticket = DecodeBytes(parameter.raw_value);
    found.push_back({.kind = CredentialKind::kTicket, .text = ticket.ok() ? *ticket : ""});
  }
  return found;
}

bool IsOfThisSite(const net::HttpRequest& request) {
  constexpr std::array<std::string_view, 4> kOfThisSite = {"", "same-origin", "same-site", "none"};
  const std::string site = request.FindList("Sec-Fetch-Site");
  return std::find(kOfThisSite.begin(), kOfThisSite.end(), site) != kOfThisSite.end();
}

}  // namespace ssegw::http
