#include "gateway/http/authenticator.h"

#include <chrono>
#include <utility>

#include "gateway/http/auth_refusals.h"
#include "gateway/http/own_origin.h"
#include "gateway/http/problem.h"
#include "gateway/http/subscription_params.h"
#include "internal/base/concat.h"
#include "internal/base/origin.h"
#include "internal/base/text.h"
#include "internal/window/filter_intersection.h"

// Implementation notes
//
// A ticket is bound to an origin. A request without Origin is the gateway's own page's, or no
// page's, so it has the request's own origin: that of its Host, with either scheme. A ticket that
// was asked for without an Origin, which no browser does, is bound to the gateway's own origin by
// whatever name; so it is good at every replica.

namespace ssegw::http {
namespace {

// What a subscription gets may be somewhat longer than what it asked for, since a grant may be more
// precise than a filter.
constexpr window::IntersectionLimits kGrantedLimits{
    .filters = kMaxFilters, .bytes = 2 * kMaxFilterBytes, .tokens = 2 * kMaxFilterTokens};

bool IsOwn(const Authenticator::Caller& caller, std::string_view origin) {
  return IsOwnOrigin(caller.request, origin, caller.trusted_proxies);
}

// As browsers write it.
std::string Normal(std::string_view origin) {
  const auto pattern = base::OriginPattern::Parse(origin);
  return pattern ? pattern->ToString() : std::string(origin);
}

// Whether a ticket that is bound to that origin is good for the request.
bool IsBoundTo(const Authenticator::Caller& caller, std::string_view bound) {
  const std::optional<std::string_view> origin = caller.request.Find("Origin");
  const bool is_own = !origin || IsOwn(caller, *origin);
  if (bound.empty()) return is_own;
  if (is_own && IsOwn(caller, bound)) return true;
  return origin && Normal(*origin) == bound;
}

// When something that ends on the calendar ends on the monotonic clock.
base::TimePoint SteadyTime(base::WallTime wall, const base::Moment& now) {
  return now.steady + std::chrono::duration_cast<base::Duration>(wall - now.wall);
}

net::HttpResponse TicketAnswer(std::string_view ticket, base::WallTime expires_at) {
  std::string body = R"({"ticket":)";
  base::AppendJsonString(body, ticket);
  body += R"(,"expires_at":)";
  base::AppendJsonString(body, base::FormatRfc3339(expires_at));
  body += "}\n";
  net::HttpResponse response;
  response.status = 201;
  response.fields = {{"Content-Type", "application/json"},
                     {"Cache-Control", "no-store"},
                     {"X-Content-Type-Options", "nosniff"}};
  response.body = std::move(body);
  return response;
}

}  // namespace

Authenticator::Authenticator(auth::TokenVerifier& verifier, auth::KeyRequests& keys,
                             const auth::TicketSealer& tickets, auth::AuthStats& stats,
                             AuthenticatorOptions options)
    : verifier_(verifier),
      keys_(keys),
      tickets_(tickets),
      stats_(stats),
      options_(std::move(options)) {}

std::vector<Credential> Authenticator::CredentialsOf(const Caller& caller) const {
  const std::optional<std::string_view> origin = caller.request.Find("Origin");
  const bool trusts_page = !origin || IsOwn(caller, *origin) || caller.cors.Lists(*origin);
  const bool takes_cookie = trusts_page && IsOfThisSite(caller.request);
  return FindCredentials(caller.request, caller.query,
                         takes_cookie ? std::string_view(options_.cookie) : std::string_view());
}

Authenticator::Admitted Authenticator::Admit(const Caller& caller, const base::Moment& now) const {
  const std::vector<Credential> credentials = CredentialsOf(caller);
  if (credentials.size() > 1) {
    Count(auth::Result::kMalformed);
    return SeveralCredentials();
  }
  if (credentials.empty()) {
    if (options_.anonymous.all().empty()) {
      return Refuse(auth::Result::kMissing, "the request has no token and no ticket");
    }
    return Access{.grants = options_.anonymous, .is_anonymous = true};
  }
  const Credential& credential = credentials.front();
  return credential.kind == CredentialKind::kTicket ? AdmitTicket(caller, credential.text, now)
                                                    : AdmitToken(credential.text, now);
}

Authenticator::Admitted Authenticator::AdmitToken(std::string_view token,
                                                  const base::Moment& now) const {
  const auth::Verified verified = verifier_.Verify(token, now.wall);
  if (std::holds_alternative<auth::UnknownKey>(verified)) return auth::UnknownKey();
  if (const auto* refusal = std::get_if<auth::Refusal>(&verified)) return Refuse(*refusal);
  const auth::Token& good = *std::get<auth::TokenPtr>(verified);
  return Access{
      .grants = GrantsOf(good), .subject = good.subject, .ends_at = SteadyTime(good.ends_at, now)};
}

Authenticator::Admitted Authenticator::AdmitTicket(const Caller& caller, std::string_view text,
                                                   const base::Moment& now) const {
  std::optional<auth::Ticket> ticket = tickets_.Open(text);
  if (!ticket) return Refuse(auth::Result::kTicket, "the ticket is not one of this gateway's");
  const base::WallTime ends_at =
      ticket->expires_at + std::chrono::duration_cast<base::WallTime::duration>(options_.leeway);
  if (now.wall >= ends_at) return Refuse(auth::Result::kExpired, "the ticket has expired");
  if (!IsBoundTo(caller, ticket->origin)) {
    return Refuse(auth::Result::kOrigin, "the ticket is for pages of another origin");
  }
  return Access{.grants = std::move(ticket->grants),
                .subject = std::move(ticket->subject),
                .ends_at = SteadyTime(ends_at, now)};
}

window::Filters Authenticator::GrantsOf(const auth::Token& token) const {
  auth::Grants grants = options_.rules.For(token.claims);
  if (grants.voided > 0) stats_.voided_grants.Add(grants.voided);
  return window::WithoutCovered(window::Filters(std::move(grants.filters)));
}

std::optional<net::HttpResponse> Authenticator::Narrow(const Access& access,
                                                       window::Filters& filters) const {
  const auto forbid = [&](net::HttpResponse response) {
    Count(auth::Result::kForbidden);
    response.identity = access.subject;
    return response;
  };
  if (access.grants.all().empty()) return RefuseWithoutGrants(access.subject);
  std::optional<window::SetIntersection> both =
      window::Intersection(filters, access.grants, kGrantedLimits);
  if (!both) {
    return forbid(ToResponse({.status = 400,
                              .detail = "parameter topic meets what is granted in too many ways: "
                                        "ask for fewer filters",
                              .parameter = "topic"}));
  }
  if (both->without) {
    const std::string filter = Quoted(*both->without);
    if (access.is_anonymous) {
      return Refuse(auth::Result::kMissing,
                    base::Concat("the request has no token, which topic ", filter, " needs"));
    }
    return forbid(NotGranted(base::Concat("topic ", filter, " is not granted"), "topic"));
  }
  Count(access.is_anonymous ? auth::Result::kAnonymous : auth::Result::kOk);
  filters = std::move(both->filters);
  return std::nullopt;
}

Authenticator::Issued Authenticator::IssueTicket(const Caller& caller,
                                                 const base::Moment& now) const {
  const std::vector<Credential> credentials = CredentialsOf(caller);
  if (credentials.size() > 1) {
    Count(auth::Result::kMalformed);
    return SeveralCredentials();
  }
  if (credentials.empty() || credentials.front().kind != CredentialKind::kBearer) {
    return Refuse(auth::Result::kMissing, "a ticket is given for a bearer token alone");
  }
  const auth::Verified verified = verifier_.Verify(credentials.front().text, now.wall);
  if (std::holds_alternative<auth::UnknownKey>(verified)) return auth::UnknownKey();
  if (const auto* refusal = std::get_if<auth::Refusal>(&verified)) return Refuse(*refusal);
  const auth::Token& token = *std::get<auth::TokenPtr>(verified);
  window::Filters grants = GrantsOf(token);
  if (grants.all().empty()) return RefuseWithoutGrants(token.subject);
  const std::optional<std::string_view> origin = caller.request.Find("Origin");
  const std::optional<std::string> ticket =
      tickets_.Seal({.origin = origin ? Normal(*origin) : std::string(),
                     .subject = token.subject,
                     .grants = std::move(grants),
                     .expires_at = token.expires_at});
  Count(auth::Result::kOk);
  if (!ticket) {
    net::HttpResponse response =
        ToResponse({.status = 413,
                    .detail = base::Concat("what the token grants does not fit into a ticket of ",
                                           auth::TicketSealer::kMaxBytes, " bytes"),
                    .parameter = {},
                    .check = "ticket"});
    response.identity = token.subject;
    return response;
  }
  return TicketAnswer(*ticket, token.expires_at);
}

net::HttpResponse Authenticator::RefuseUnknownKey() const {
  return Refuse(auth::Result::kKey, "the token names a key that is not known");
}

net::HttpResponse Authenticator::RefuseWithoutGrants(std::string_view subject) const {
  Count(auth::Result::kForbidden);
  net::HttpResponse response = NotGranted("the token grants no topic", "");
  response.identity = subject;
  return response;
}

net::HttpResponse Authenticator::Refuse(auth::Result result, std::string_view detail) const {
  Count(result);
  return Unauthorized(result, detail);
}

net::HttpResponse Authenticator::Refuse(const auth::Refusal& refusal) const {
  return Refuse(auth::ResultOf(refusal.failure), base::Concat("the token ", refusal.text));
}

}  // namespace ssegw::http
