#ifndef SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_
#define SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/host_policy.h"
#include "gateway/http/routes.h"
#include "internal/base/mutex.h"
#include "internal/net/service/http_service.h"

namespace ssegw::http {

enum class MetricsFormat {
  kText,         // Prometheus text format 0.0.4
  kOpenMetrics,  // OpenMetrics text format 1.0.0
};

// What the process says about itself. Any thread may call them; they must not block.
struct AdminSources {
  std::function<std::string(MetricsFormat)> metrics;
  // The k slowest connections.
  std::function<net::HttpLater(size_t k)> slowest;
  // The process turns over: no thread is stuck.
  std::function<bool()> healthy;
  // Why it is not ready, in a few words; nullopt if it is.
  std::function<std::optional<std::string>()> not_ready;
  // What the port has for operators beside this; nullopt: the path is none of theirs.
  std::function<std::optional<net::HttpReply>(const net::HttpRequest& request)> operators;
};

// What --admin_listen answers: /metrics, /healthz, /readyz and /debug/connections, and what there
// is for operators. Never on the public port.
//
// Thread: any; immutable except its hosts.
class AdminService final : public net::HttpService {
 public:
  // All sources are set.
  explicit AdminService(AdminSources sources, HostPolicy hosts = AdminHosts({}, /*unix=*/false));

  net::HttpReply Handle(const net::HttpRequest& request) override;
  net::HttpResponse Refuse(int status, std::string_view detail) override;

  // For requests from now on.
  void SetHosts(HostPolicy hosts);

 private:
  using Handler = net::HttpReply (AdminService::*)(const net::HttpRequest& request,
                                                   std::string_view query) const;
  using Routes = RouteTable<Handler>;

  static Routes MakeRoutes();
  std::shared_ptr<const HostPolicy> hosts() const;
  net::HttpReply Metrics(const net::HttpRequest& request, std::string_view query) const;
  net::HttpReply Healthz(const net::HttpRequest& request, std::string_view query) const;
  net::HttpReply Readyz(const net::HttpRequest& request, std::string_view query) const;
  net::HttpReply Slowest(const net::HttpRequest& request, std::string_view query) const;

  const AdminSources sources_;
  const Routes routes_ = MakeRoutes();
  mutable base::Mutex mutex_;
  std::shared_ptr<const HostPolicy> hosts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_
