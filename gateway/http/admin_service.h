#ifndef SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_
#define SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "internal/net/http_service.h"

namespace ssegw::http {

// What the process says of itself. Each may be called by any thread, and must not block.
struct AdminSources {
  // Prometheus text format 0.0.4.
  std::function<std::string()> metrics;
  // The process turns over.
  std::function<bool()> healthy;
  // Why it is not ready, in a few words; nullopt: it is.
  std::function<std::optional<std::string>()> not_ready;
};

// What --admin_listen answers: /metrics, /healthz and /readyz. Never on the public port.
//
// Thread: any; immutable.
class AdminService final : public net::HttpService {
 public:
  // All sources are set.
  explicit AdminService(AdminSources sources);

  net::HttpReply Handle(const net::HttpRequest& request) override;
  net::HttpResponse Refuse(int status, std::string_view detail) override;

 private:
  const AdminSources sources_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_ADMIN_SERVICE_H_
