#ifndef SSEGW_GATEWAY_HTTP_CORS_H_
#define SSEGW_GATEWAY_HTTP_CORS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/origin.h"
#include "internal/net/service/http_service.h"

namespace ssegw::http {

// Which pages may read what the gateway answers (Fetch standard, CORS protocol). With "*" any page,
// without credentials; with a list those pages, with credentials. With a list an answer depends on
// the Origin, so it always says Vary: Origin: a cache must not give one page's answer to another.
//
// Access-Control-Allow-Private-Network is not answered: whether pages of the internet may reach
// into a private network is for its owner to decide, not for a default.
//
// Thread: any; immutable. Allows compares with one entry after the other and allocates nothing.
class CorsPolicy {
 public:
  // allow_origins: "*", "null" and what base::OriginPattern reads; entries that it cannot read
  // match no origin. Empty: no page of another origin.
  explicit CorsPolicy(const std::vector<std::string>& allow_origins);

  // Whether pages of that origin may read. origin: as an Origin field has it.
  bool Allows(std::string_view origin) const;

  // Whether the list names that origin, which "*" does not.
  bool Lists(std::string_view origin) const { return !any_ && Allows(origin); }

  // Adds the fields that every answer has, errors too, so that a page can read why. reader: the
  // origin of the page that asks, if it is allowed; nullopt if it is not, or if the request is not
  // from a page of another origin, which needs no fields. refused: the answer is a refusal, which
  // has one more field that a page may read.
  void AddFields(std::optional<std::string_view> reader, bool refused,
                 net::HttpFields& fields) const;

 private:
  bool any_ = false;
  bool null_ = false;
  std::vector<base::OriginPattern> patterns_;
};

// Why requests with that origin are refused, and what would have to be allowed, for people who read
// the answer or the log: printable ASCII, of bounded length.
std::string OriginRefusal(std::string_view origin);

// Adds what answers a preflight: the methods, those requested fields that are names of fields
// (requested: Access-Control-Request-Headers), and for how long the answer holds.
void AddPreflightFields(std::string_view allowed_methods, std::string_view requested,
                        net::HttpFields& fields);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_CORS_H_
