#include "gateway/ingest/publisher_auth.h"

#include <chrono>
#include <optional>

#include "gateway/auth/grants.h"
#include "gateway/ingest/error_text.h"
#include "internal/base/concat.h"
#include "internal/window/filter.h"
#include "internal/window/filter_intersection.h"

namespace ssegw::ingest {
namespace {

constexpr std::string_view kNoKey = "the token names a key that is not among the keys";

}  // namespace

IdentityOrWait PublisherAuth::Identify(const PublisherCredentials& credentials,
                                       base::WallTime now) const {
  switch (options_.kind) {
    case PublisherAuthKind::kNone:
      return PublisherPtr();
    case PublisherAuthKind::kJwt:
      return ByToken(credentials, now);
    case PublisherAuthKind::kMtls:
      return ByCertificate(credentials);
  }
  return PublisherPtr();
}

void PublisherAuth::IdentifyLater(const PublisherCredentials& credentials, const Done& done) const {
  const auto again = [this, credentials, done] {
    IdentityOrWait identity = Identify(credentials, std::chrono::system_clock::now());
    if (auto* const publisher = std::get_if<PublisherPtr>(&identity)) return done(*publisher);
    if (auto* const refused = std::get_if<Unidentified>(&identity)) return done(*refused);
    done(Refuse(auth::Result::kKey, kNoKey));
  };
  if (!options_.keys->Ask(again)) done(Refuse(auth::Result::kKey, kNoKey));
}

IdentityOrWait PublisherAuth::ByToken(const PublisherCredentials& credentials,
                                      base::WallTime now) const {
  if (credentials.tokens.empty()) {
    return Refuse(auth::Result::kMissing, "a token is needed, as metadata authorization: Bearer");
  }
  if (credentials.tokens.size() > 1) {
    return Refuse(auth::Result::kMalformed, "there are several tokens");
  }
  const auth::Verified verified = options_.verifier->Verify(credentials.tokens.front(), now);
  if (std::holds_alternative<auth::UnknownKey>(verified)) return NeedsKeys();
  if (const auto* const refusal = std::get_if<auth::Refusal>(&verified)) {
    return Refuse(auth::ResultOf(refusal->failure), base::Concat("the token ", refusal->text),
                  refusal->subject);
  }
  options_.stats->Count(auth::Side::kPublisher, auth::Result::kOk);
  return PublisherOf(*std::get<auth::TokenPtr>(verified));
}

PublisherPtr PublisherAuth::PublisherOf(const auth::Token& token) const {
  auth::Grants grants;
  auth::AddListedFilters(token.claims, options_.claim, grants);
  options_.stats->voided_grants.Add(grants.voided);
  const window::Filters filters(std::move(grants.filters));
  const bool connections = grants.connections;
  return std::make_shared<const Publisher>(Publisher{
      .subject = token.subject,
      .ends_at = token.ends_at,
      .check = [this,
                filters](std::string_view topic) { return Check(filters.Matches(topic), topic); },
      .check_filter =
          [this, filters](const window::Filter& filter) {
            return CheckFilter(window::Covers(filters, filter), filter);
          },
      .check_connections = [this, connections] { return CheckConnections(connections); }});
}

IdentityOrWait PublisherAuth::ByCertificate(const PublisherCredentials& credentials) const {
  if (!credentials.has_certificate) {
    return Refuse(auth::Result::kMissing, "a certificate is needed");
  }
  options_.stats->Count(auth::Side::kPublisher, auth::Result::kOk);
  const std::vector<std::string>& names = credentials.certificate_names;
  return std::make_shared<const Publisher>(Publisher{
      .subject = names.empty() ? std::string() : names.front(),
      .check =
          [this, names](std::string_view topic) {
            const auto grants = options_.grants->Get();
            return Check(grants != nullptr && grants->Allow(names, topic), topic);
          },
      .check_filter =
          [this, names](const window::Filter& filter) {
            const auto grants = options_.grants->Get();
            return CheckFilter(grants != nullptr && grants->AllowAll(names, filter), filter);
          },
      .check_connections =
          [this, names] {
            const auto grants = options_.grants->Get();
            return CheckConnections(grants != nullptr && grants->AllowConnections(names));
          }});
}

Unidentified PublisherAuth::Refuse(auth::Result result, std::string_view message,
                                   std::string subject) const {
  options_.stats->Count(auth::Side::kPublisher, result);
  return {.status = absl::UnauthenticatedError(std::string(message)),
          .subject = std::move(subject)};
}

absl::Status PublisherAuth::Check(bool allowed, std::string_view topic) const {
  if (allowed) return absl::OkStatus();
  options_.stats->Count(auth::Side::kPublisher, auth::Result::kForbidden);
  return absl::PermissionDeniedError(
      base::Concat("topic ", Quoted(topic), " is outside what this publisher may publish to"));
}

absl::Status PublisherAuth::CheckFilter(bool allowed, const window::Filter& filter) const {
  if (allowed) return absl::OkStatus();
  options_.stats->Count(auth::Side::kPublisher, auth::Result::kForbidden);
  return absl::PermissionDeniedError(
      base::Concat("filter ", Quoted(filter.text()),
                   " has topics that are outside what this publisher may publish to"));
}

absl::Status PublisherAuth::CheckConnections(bool allowed) const {
  if (allowed) return absl::OkStatus();
  options_.stats->Count(auth::Side::kPublisher, auth::Result::kForbidden);
  return absl::PermissionDeniedError(
      base::Concat("connections are outside what this publisher may see: his grants lack \"",
                   auth::kConnectionsWord, "\""));
}

}  // namespace ssegw::ingest
