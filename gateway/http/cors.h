#ifndef SSEGW_GATEWAY_HTTP_CORS_H_
#define SSEGW_GATEWAY_HTTP_CORS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/origin.h"
#include "internal/net/http_service.h"

namespace ssegw::http {

// Which pages may read what the gateway answers (Fetch standard, CORS protocol). With "*" any page,
// without credentials; with a list those pages, with credentials. An answer to a list depends on
// the Origin, so it always says Vary: Origin, lest a cache gives one page's answer to another.
//
// Access-Control-Allow-Private-Network is not answered: whether pages of the internet may reach
// into a private network is for its owner to decide, not for a default.
//
// Thread: any; immutable. Allows compares with one entry after the other and allocates nothing.
class CorsPolicy {
 public:
  // allow_origins: "*", "null" and whatever base::OriginPattern reads; what it does not read stands
  // for nobody. Empty: no page of another origin.
  explicit CorsPolicy(const std::vector<std::string>& allow_origins);

  // Whether pages of that origin may read. origin: as an Origin field has it.
  bool Allows(std::string_view origin) const;

  // Adds what belongs on every answer, errors too, so that a page can read why. reader: the origin
  // of the page that asks, where it is allowed; nullopt: it is not, or is no page of another
  // origin, which needs nothing. refused: it is a refusal, and has a field more that a page may
  // read.
  void AddFields(std::optional<std::string_view> reader, bool refused,
                 net::HttpFields& fields) const;

 private:
  bool any_ = false;
  bool null_ = false;
  std::vector<base::OriginPattern> patterns_;
};

// Why requests with that origin are refused, and what would have to be allowed, for the one who
// reads the answer or the log: printable ASCII, of bounded length.
std::string OriginRefusal(std::string_view origin);

// Adds what answers a preflight: the methods, the fields asked for as far as they are names of
// fields (requested: Access-Control-Request-Headers), and for how long that holds.
void AddPreflightFields(std::string_view allowed_methods, std::string_view requested,
                        net::HttpFields& fields);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_CORS_H_
