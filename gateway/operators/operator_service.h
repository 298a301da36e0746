#ifndef SSEGW_GATEWAY_OPERATORS_OPERATOR_SERVICE_H_
#define SSEGW_GATEWAY_OPERATORS_OPERATOR_SERVICE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/connections/connections.h"
#include "gateway/connections/lifecycle.h"
#include "gateway/http/routes.h"
#include "gateway/http/static_assets.h"
#include "gateway/operators/lifecycle_calls.h"
#include "gateway/operators/operator_calls.h"
#include "internal/net/service/http_service.h"

namespace ssegw::operators {

struct OperatorOptions {
  // Whether anything may be changed here; otherwise it may be read.
  bool actions = false;
  // What the ids of this gateway's connections begin with.
  std::string replica = {};
  // Connections of this gateway that are open now.
  std::function<uint64_t()> open = [] { return uint64_t{0}; };
  // Publishes the event that the body is, as ProtoJSON. peer: for the log.
  std::function<net::HttpReply(std::string body, const std::string& peer)> publish;
  size_t max_event_body_bytes = 0;
};

// What the admin port has for operators: a page with the open connections, at /connections, and the
// JSON that it asks for. Reading is as open as /debug/connections. Writing takes options.actions,
// and never comes from a page of another origin (CheckWrite).
//
//   GET /v1/operator              {"replica":…,"open":…,"operatorActions":…}
//   GET /v1/connections           a ListConnectionsResponse
//   GET /v1/connections/<id>      a Connection
//   POST /v1/connections/<id>     sends it a message
//   DELETE /v1/connections/<id>   closes it
//   GET /v1/connections/<id>/events  what is known of its life, also when it has closed
//   GET /v1/lifecycle             the same of all connections, or those of a subject or an address
//   POST /v1/publish              publishes an event
//
// Thread:   any; immutable.
// Lifetime: what it is made with outlives it, and it its answers.
class OperatorService {
 public:
  OperatorService(connections::Connections& connections, connections::Lifecycle& lifecycle,
                  OperatorOptions options);

  // nullopt: the path is none of these.
  std::optional<net::HttpReply> Answer(const net::HttpRequest& request) const;

 private:
  // A request, as far as its path and query go.
  struct Asked {
    const net::HttpRequest& request;
    http::Method method;
    std::string path;
    std::string_view query;
    std::string id = {};  // of a connection
  };
  using Handler = net::HttpReply (OperatorService::*)(const Asked& asked) const;
  struct Resource {
    http::Methods methods;
    Handler handler;
  };

  std::optional<Resource> Find(std::string_view path) const;
  net::HttpReply Page(const Asked& asked) const;
  net::HttpReply Describe(const Asked& asked) const;
  net::HttpReply List(const Asked& asked) const;
  net::HttpReply FindEvents(const Asked& asked) const;
  net::HttpReply OfConnection(const Asked& asked) const;
  net::HttpReply Publish(const Asked& asked) const;

  // Why nothing may be changed by this request; nullopt: it may.
  std::optional<net::HttpResponse> RefuseWrite(const net::HttpRequest& request) const;

  const OperatorCalls calls_;
  const LifecycleCalls lifecycle_calls_;
  const OperatorOptions options_;
  const http::StaticAssets assets_;
};

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_OPERATOR_SERVICE_H_
