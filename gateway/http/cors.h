#ifndef SSEGW_GATEWAY_HTTP_CORS_H_
#define SSEGW_GATEWAY_HTTP_CORS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/net/http_service.h"

namespace ssegw::http {

// Which pages may read what the gateway answers (Fetch standard, CORS protocol). With "*" any page,
// without credentials; with a list those pages, with credentials. An answer to a list depends on
// the Origin, so it always says Vary: Origin, lest a cache gives one page's answer to another.
//
// Access-Control-Allow-Private-Network is not answered: whether pages of the internet may reach
// into a private network is for its owner to decide, not for a default.
//
// Thread: any; immutable.
class CorsPolicy {
 public:
  // allow_origins: "*" or serialized origins, "https://app.example:8443"; the port may be the
  // scheme's own. Empty: no page of another origin.
  explicit CorsPolicy(const std::vector<std::string>& allow_origins);

  // False for a request that has to be refused with 403. origin: the Origin field; requests without
  // one are not a page's cross-origin requests.
  bool Allows(std::optional<std::string_view> origin) const;

  // Adds what belongs on every answer, errors too, so that a page can read why. refused: it is one,
  // and has a field more that a page may read.
  void AddFields(std::optional<std::string_view> origin, bool refused,
                 net::HttpFields& fields) const;

 private:
  bool any_;
  std::vector<std::string> origins_;
};

// Adds what answers a preflight: the methods, the fields asked for as far as they are names of
// fields (requested: Access-Control-Request-Headers), and for how long that holds.
void AddPreflightFields(std::string_view allowed_methods, std::string_view requested,
                        net::HttpFields& fields);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_CORS_H_
