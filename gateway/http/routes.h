#ifndef SSEGW_GATEWAY_HTTP_ROUTES_H_
#define SSEGW_GATEWAY_HTTP_ROUTES_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/query.h"
#include "internal/base/string_map.h"
#include "internal/net/service/http_service.h"

namespace ssegw::http {

enum class Method : uint8_t { kGet, kHead, kPost, kPut, kDelete, kOptions, kLast = kOptions };
std::string_view ToString(Method method);
// nullopt if it is none of these. Methods are case-sensitive (RFC 9110 section 9.1).
std::optional<Method> ParseMethod(std::string_view text);

// The methods that a resource has.
class Methods {
 public:
  constexpr Methods(std::initializer_list<Method> methods) {
    for (const Method method : methods) bits_ |= Bit(method);
  }
  constexpr bool Has(Method method) const { return (bits_ & Bit(method)) != 0; }
  // As Allow lists them: "GET, HEAD, OPTIONS".
  std::string ToString() const;

 private:
  static constexpr unsigned Bit(Method method) { return 1U << static_cast<unsigned>(method); }

  unsigned bits_ = 0;
};

enum class Body {
  kRefused,
  kTaken,  // the handler asks for it (net::HttpWantsBody)
};

// One resource of a port. Handler is what the port calls to answer for it.
template <typename Handler>
struct Route {
  std::string path;  // in the form of NormalPath
  Methods methods;
  Handler handler;
  Body body = Body::kRefused;
};

// Whether a route answers a request, or why none does.
enum class Fit {
  kAnswers,
  kNotAPath,    // 400: the target is not a path, as that of CONNECT is not
  kNoResource,  // 404
  kNoMethod,    // 405: the resource does not have the method
  kBody,        // 413: the request has a body, and the resource takes none
};

template <typename Handler>
struct Match {
  Fit fit = Fit::kNotAPath;
  // Null for kNotAPath and kNoResource.
  const Route<Handler>* route = nullptr;
  // nullopt: it is none that any resource has.
  std::optional<Method> method = {};
  std::string_view query = {};
};

// The resources of one port by path: every spelling of a path finds it (NormalPath).
//
// Thread: any; immutable.
template <typename Handler>
class RouteTable {
 public:
  explicit RouteTable(std::vector<Route<Handler>> routes) : routes_(std::move(routes)) {
    for (size_t i = 0; i < routes_.size(); ++i) by_path_.emplace(routes_[i].path, i);
  }

  // The query is a view into request.target.
  Match<Handler> Find(const net::HttpRequest& request) const {
    Match<Handler> match{.method = ParseMethod(request.method)};
    const std::optional<Target> target = SplitTarget(request.target);
    if (!target.has_value()) return match;
    match.query = target->query;
    std::string storage;
    const auto found = by_path_.find(NormalPath(target->path, storage));
    if (found == by_path_.end()) {
      match.fit = Fit::kNoResource;
      return match;
    }
    match.route = &routes_[found->second];
    const bool has_method = match.method.has_value() && match.route->methods.Has(*match.method);
    if (!has_method) {
      match.fit = Fit::kNoMethod;
    } else if (request.has_body && match.route->body == Body::kRefused) {
      match.fit = Fit::kBody;
    } else {
      match.fit = Fit::kAnswers;
    }
    return match;
  }

 private:
  const std::vector<Route<Handler>> routes_;
  base::StringMap<size_t> by_path_;
};

// 405, with Allow.
net::HttpResponse MethodNotAllowed(Methods methods);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_ROUTES_H_
