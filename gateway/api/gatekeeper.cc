#include "gateway/api/gatekeeper.h"

#include <memory>
#include <utility>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::api {
namespace {

constexpr std::string_view kFetchFields = "Sec-Fetch-";
constexpr std::string_view kFetchMode = "Sec-Fetch-Mode";

// Why a page may not; nullopt: a page did not send it.
std::optional<TurnedAway> RefusePage(const net::HttpRequest& request,
                                     const http::CorsPolicy& origins) {
  const std::optional<std::string_view> origin = request.Find("Origin");
  if (origin && !origins.Lists(*origin)) {
    return TurnedAway{.detail = "a page may not use this port: its Origin is not listed"};
  }
  for (const net::HttpRequest::Field& field : request.fields) {
    const bool of_browser =
        base::EqualsIgnoreCase(field.name.substr(0, kFetchFields.size()), kFetchFields) &&
        !base::EqualsIgnoreCase(field.name, kFetchMode);
    if (of_browser) {
      return TurnedAway{.detail =
                            base::Concat("a page may not use this port: a browser sent it, with ",
                                         base::ToLower(field.name))};
    }
  }
  return std::nullopt;
}

auth::SignedParts PartsOf(const net::HttpRequest& request, const http::Target& target) {
  auth::SignedParts parts{.method = request.method, .path = target.path, .query = target.query};
  parts.fields.reserve(request.fields.size());
  for (const auto& [name, value] : request.fields) parts.fields.push_back({name, value});
  return parts;
}

}  // namespace

std::variant<Caller, TurnedAway> Gatekeeper::Admit(const net::HttpRequest& request,
                                                   const http::Target& target, const Rules& rules,
                                                   base::WallTime now) const {
  if (!rules.hosts.Allows(request.host)) {
    return TurnedAway{.status = 421, .detail = http::HostRefusal(request.host)};
  }
  if (auto page = RefusePage(request, rules.origins)) return *std::move(page);
  return Identify(request, target, now);
}

std::variant<Caller, TurnedAway> Gatekeeper::Identify(const net::HttpRequest& request,
                                                      const http::Target& target,
                                                      base::WallTime now) const {
  const std::optional<std::string_view> authorization = request.Find("Authorization");
  if (!authorization) {
    if (request.Find("Cookie")) {
      return TurnedAway{.detail = "a cookie is no credential here: send an Authorization"};
    }
    return TurnedAway{.status = 401, .detail = "there is no Authorization"};
  }
  if (auth::Sigv4Authorization::IsScheme(*authorization)) {
    return CheckSignature(request, target, now);
  }
  const std::string_view scheme = authorization->substr(0, authorization->find(' '));
  if (!base::EqualsIgnoreCase(scheme, "Bearer")) {
    return TurnedAway{.status = 401, .detail = "Authorization is neither Bearer nor AWS4"};
  }
  const std::shared_ptr<const auth::ApiTokens> tokens = credentials_.tokens.Get();
  const std::string_view token = base::Trim(authorization->substr(scheme.size()));
  if (tokens == nullptr || !tokens->Has(token)) {
    return TurnedAway{.status = 401, .detail = "the token is not one of api_token_file"};
  }
  return Caller{.identity = "bearer"};
}

std::variant<Caller, TurnedAway> Gatekeeper::CheckSignature(const net::HttpRequest& request,
                                                            const http::Target& target,
                                                            base::WallTime now) const {
  const std::shared_ptr<const auth::AccessKeys> keys = credentials_.access_keys.Get();
  std::string identity;
  auto claim = auth::Sigv4Claim::Check(
      PartsOf(request, target), now, [&](std::string_view id) -> std::optional<std::string> {
        auto secret = keys == nullptr ? std::nullopt : keys->FindSecret(id);
        if (secret) identity = id;
        return secret;
      });
  if (!claim.ok()) {
    const absl::string_view why = claim.status().message();
    return TurnedAway{.detail = std::string(why.data(), why.size()),
                      .identity = std::move(identity)};
  }
  return Caller{.identity = claim->access_key_id(), .claim = *std::move(claim)};
}

}  // namespace ssegw::api
