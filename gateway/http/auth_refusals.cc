#include "gateway/http/auth_refusals.h"

#include "gateway/http/problem.h"
#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

// A quoted-string has no place for quotes (RFC 6750 section 3).
std::string Description(std::string_view detail) {
  std::string text;
  for (const char c : detail) text += c == '"' || c == '\\' ? '\'' : c;
  return text;
}

net::HttpResponse Challenge(const Problem& problem, std::string_view challenge) {
  net::HttpResponse response = ToResponse(problem);
  response.fields.emplace_back("WWW-Authenticate", challenge);
  return response;
}

}  // namespace

net::HttpResponse Unauthorized(auth::Result check, std::string_view detail) {
  const Problem problem{.status = 401,
                        .detail = std::string(detail),
                        .parameter = {},
                        .check = std::string(auth::NameOf(check))};
  if (check == auth::Result::kMissing) return Challenge(problem, "Bearer");
  return Challenge(problem, base::Concat(R"(Bearer error="invalid_token", error_description=")",
                                         Description(detail), '"'));
}

net::HttpResponse NotGranted(std::string_view detail, std::string_view parameter) {
  return Challenge({.status = 403,
                    .detail = std::string(detail),
                    .parameter = std::string(parameter),
                    .check = std::string(auth::NameOf(auth::Result::kForbidden))},
                   R"(Bearer error="insufficient_scope")");
}

void KeepFromOtherSites(net::HttpFields& fields) {
  fields.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

net::HttpResponse SeveralCredentials() {
  return Challenge({.status = 400,
                    .detail = "the request has several credentials: one of a bearer token, a "
                              "cookie and a ticket is enough",
                    .parameter = {},
                    .check = std::string(auth::NameOf(auth::Result::kMalformed))},
                   R"(Bearer error="invalid_request")");
}

}  // namespace ssegw::http
