#ifndef SSEGW_GATEWAY_API_GATEKEEPER_H_
#define SSEGW_GATEWAY_API_GATEKEEPER_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "gateway/auth/api_credentials.h"
#include "gateway/auth/sigv4.h"
#include "gateway/http/cors.h"
#include "gateway/http/host_policy.h"
#include "gateway/http/query.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"

namespace ssegw::api {

// What callers have to show one of. Without an entry, nobody has one of that kind.
struct ApiCredentials {
  auth::Current<auth::ApiTokens> tokens;
  auth::Current<auth::AccessKeys> access_keys;
};

// A request that does not get further.
struct TurnedAway {
  int status = 403;
  std::string detail;
  // The access key, if it is a known one.
  std::string identity = {};
};

// Who asks.
struct Caller {
  // For the log: the access key, or "bearer".
  std::string identity;
  // A signature that is not good before the body is there.
  std::optional<auth::Sigv4Claim> claim = {};
};

// Decides who may use the API.
//
// A page must not, whatever its browser would send along: a request with an Origin is turned away
// unless that origin is listed by name, and so is one with another Sec-Fetch field than
// Sec-Fetch-Mode, which Node's fetch sends too. A cookie is no credential here. And the host has to
// be one that no page of the internet can have (http::HostPolicy).
//
// Thread:   any; immutable.
// Lifetime: the credentials outlive it.
class Gatekeeper {
 public:
  explicit Gatekeeper(const ApiCredentials& credentials) : credentials_(credentials) {}

  // What is checked beside credentials, and may change at run time.
  struct Rules {
    http::HostPolicy hosts;
    http::CorsPolicy origins;
  };

  // target: of the request.
  std::variant<Caller, TurnedAway> Admit(const net::HttpRequest& request,
                                         const http::Target& target, const Rules& rules,
                                         base::WallTime now) const;

 private:
  std::variant<Caller, TurnedAway> Identify(const net::HttpRequest& request,
                                            const http::Target& target, base::WallTime now) const;
  std::variant<Caller, TurnedAway> CheckSignature(const net::HttpRequest& request,
                                                  const http::Target& target,
                                                  base::WallTime now) const;

  const ApiCredentials& credentials_;
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_GATEKEEPER_H_
