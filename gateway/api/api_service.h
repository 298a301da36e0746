#ifndef SSEGW_GATEWAY_API_API_SERVICE_H_
#define SSEGW_GATEWAY_API_API_SERVICE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/api/answers.h"
#include "gateway/api/api_stats.h"
#include "gateway/api/connection_calls.h"
#include "gateway/api/gatekeeper.h"
#include "gateway/api/publish_calls.h"
#include "gateway/connections/connections.h"
#include "internal/base/ip_address.h"
#include "internal/base/mutex.h"
#include "internal/net/service/http_service.h"

namespace ssegw::api {

// What can change at run time.
struct ApiPolicy {
  http::HostPolicy hosts = http::AdminHosts({}, /*unix=*/false);
  // As http::CorsPolicy takes it; "*" lists nobody here.
  std::vector<std::string> allow_origins = {};
  std::vector<base::IpPrefix> trusted_proxies = {};
  // A message for a connection that is larger is refused.
  size_t max_message_bytes = size_t{64} * 1024;
};

// What --api_listen answers: /@connections/<id>, as Amazon API Gateway's management API does, and
// POST /v1/publish. For backends and operators, never for pages.
//
// Thread:   any; immutable except its policy.
// Lifetime: what it is made with outlives it, and it its answers.
class ApiService final : public net::HttpService {
 public:
  struct Parts {
    const ApiCredentials& credentials;
    ConnectionCalls::Find connections;
    PublishCalls& publishing;
    ApiStats& stats;
  };
  ApiService(const Parts& parts, const ApiPolicy& policy);

  net::HttpReply Handle(const net::HttpRequest& request) override;
  net::HttpResponse Refuse(int status, std::string_view detail) override;

  // For requests from now on.
  void SetPolicy(const ApiPolicy& policy);

 private:
  struct Policy {
    Gatekeeper::Rules rules;
    std::vector<base::IpPrefix> trusted_proxies;
    size_t max_message_bytes;
  };
  // A request, after its head has been looked at.
  struct Asked;

  std::shared_ptr<const Policy> policy() const;
  net::HttpReply Answer(const net::HttpRequest& request, const std::shared_ptr<Asked>& asked) const;
  net::HttpReply TakeBody(const net::HttpRequest& request,
                          const std::shared_ptr<Asked>& asked) const;
  // What is asked, with the body that it came with.
  net::HttpReply Call(const std::shared_ptr<Asked>& request, std::string body) const;
  static void LogClosed(const Asked& asked);
  // Adds what belongs on every answer, now or when it is there, and counts it.
  void Complete(net::HttpReply& reply, const std::shared_ptr<const Asked>& asked);

  const Gatekeeper gatekeeper_;
  const ConnectionCalls connections_;
  PublishCalls& publishing_;
  ApiStats& stats_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const Policy> policy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_API_SERVICE_H_
