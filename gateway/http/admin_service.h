#ifndef SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_
#define SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/host_policy.h"
#include "internal/base/mutex.h"
#include "internal/net/http_service.h"

namespace ssegw::http {

enum class MetricsFormat {
  kText,         // Prometheus text format 0.0.4
  kOpenMetrics,  // OpenMetrics text format 1.0.0
};

// What the process says of itself. Each may be called by any thread, and must not block.
struct AdminSources {
  std::function<std::string(MetricsFormat)> metrics;
  // The so many slowest event streams.
  std::function<net::HttpLater(size_t)> slowest;
  // The process turns over.
  std::function<bool()> healthy;
  // Why it is not ready, in a few words; nullopt: it is.
  std::function<std::optional<std::string>()> not_ready;
};

// What --admin_listen answers: /metrics, /healthz, /readyz and /debug/connections. Never on the
// public port.
//
// Thread: any; immutable but for its hosts.
class AdminService final : public net::HttpService {
 public:
  // All sources are set.
  explicit AdminService(AdminSources sources, HostPolicy hosts = AdminHosts({}, /*unix=*/false));

  net::HttpReply Handle(const net::HttpRequest& request) override;
  net::HttpResponse Refuse(int status, std::string_view detail) override;

  // For requests from now on.
  void SetHosts(HostPolicy hosts);

 private:
  std::shared_ptr<const HostPolicy> hosts() const;
  net::HttpResponse Metrics(const net::HttpRequest& request) const;
  net::HttpReply Slowest(std::string_view query) const;

  const AdminSources sources_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const HostPolicy> hosts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_
