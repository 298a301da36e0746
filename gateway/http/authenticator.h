#ifndef SSEGW_GATEWAY_HTTP_AUTHENTICATOR_H_
#define SSEGW_GATEWAY_HTTP_AUTHENTICATOR_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/auth/auth_stats.h"
#include "gateway/auth/grants.h"
#include "gateway/auth/tickets.h"
#include "gateway/auth/token_source.h"
#include "gateway/http/cors.h"
#include "gateway/http/credentials.h"
#include "internal/base/ip_address.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"
#include "internal/window/filter.h"

namespace ssegw::http {

// What a request may see, and for how long.
struct Access {
  window::Filters grants;
  // Of the token; empty: nobody has said.
  std::string subject = {};
  base::TimePoint ends_at = base::TimePoint::max();
  bool is_anonymous = false;
};

struct AuthenticatorOptions {
  auth::GrantRules rules{"topics", {}};
  // What requests without credentials get.
  window::Filters anonymous = {};
  std::string cookie = "sse_gateway";
  // For tickets; the verifier has its own for tokens.
  base::Duration leeway = std::chrono::seconds(30);
};

// Decides for each request of a subscriber who asks and what he may see, and makes tickets.
//
// Thread:   any; immutable.
// Lifetime: what it is made with outlives it.
// Errors:   every refusal is a whole answer. Each request is counted once in auth_total, where it
//           ends: in Admit or IssueTicket if it is refused there, otherwise in Narrow.
// Cost:     Admit: that of the verifier, and of parsing the grants.
class Authenticator {
 public:
  Authenticator(auth::TokenVerifier& verifier, auth::KeyRequests& keys,
                const auth::TicketSealer& tickets, auth::AuthStats& stats,
                AuthenticatorOptions options);

  // A request, and who the gateway is for it.
  struct Caller {
    const net::HttpRequest& request;
    std::string_view query;
    const CorsPolicy& cors;
    const std::vector<base::IpPrefix>& trusted_proxies;
  };

  // UnknownKey: ask keys() and try once more. Nothing has been counted then.
  using Admitted = std::variant<Access, net::HttpResponse, auth::UnknownKey>;
  Admitted Admit(const Caller& caller, const base::Moment& now) const;

  // Replaces filters by what both they and the access match. Otherwise the answer: a filter that
  // shares no topic with what is granted is refused by name.
  std::optional<net::HttpResponse> Narrow(const Access& access, window::Filters& filters) const;

  // The answer to POST /v1/tickets.
  using Issued = std::variant<net::HttpResponse, auth::UnknownKey>;
  Issued IssueTicket(const Caller& caller, const base::Moment& now) const;

  // Where UnknownKey came a second time.
  net::HttpResponse RefuseUnknownKey() const;

  auth::KeyRequests& keys() const { return keys_; }

 private:
  std::vector<Credential> CredentialsOf(const Caller& caller) const;
  Admitted AdmitToken(std::string_view token, const base::Moment& now) const;
  Admitted AdmitTicket(const Caller& caller, std::string_view text, const base::Moment& now) const;
  window::Filters GrantsOf(const auth::Token& token) const;
  net::HttpResponse Refuse(auth::Result result, std::string_view detail) const;
  net::HttpResponse Refuse(const auth::Refusal& refusal) const;
  net::HttpResponse RefuseWithoutGrants(std::string_view subject) const;
  void Count(auth::Result result) const { stats_.Count(auth::Side::kSubscriber, result); }

  auth::TokenVerifier& verifier_;
  auth::KeyRequests& keys_;
  const auth::TicketSealer& tickets_;
  auth::AuthStats& stats_;
  const AuthenticatorOptions options_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_AUTHENTICATOR_H_
