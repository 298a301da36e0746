#ifndef SSEGW_GATEWAY_HTTP_PUBLIC_SERVICE_H_
#define SSEGW_GATEWAY_HTTP_PUBLIC_SERVICE_H_

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/cors.h"
#include "gateway/http/http_stats.h"
#include "gateway/http/static_assets.h"
#include "internal/base/ip_address.h"
#include "internal/fanout/subscription_request.h"
#include "internal/net/http_service.h"
#include "internal/window/window.h"

namespace ssegw::http {

struct PublicServiceOptions {
  fanout::Mode default_mode = fanout::Mode::kLatest;
  // As CorsPolicy takes it.
  std::vector<std::string> allow_origins = {"*"};
  // As ForwardedAddress takes it.
  std::vector<base::IpPrefix> trusted_proxies = {};
  bool console = true;
};

// What --http_listen answers: /v1/events (also /sse), /v1/snapshot and the console.
//
// Thread:   any; immutable but for its counters.
// Lifetime: window and stats outlive it.
// Errors:   every refusal is a Problem, counted by its status.
class PublicService final : public net::HttpService {
 public:
  PublicService(const window::Window* window, const PublicServiceOptions& options,
                HttpStats* stats);

  net::HttpReply Handle(const net::HttpRequest& request) override;
  net::HttpResponse Refuse(int status, std::string_view detail) override;

 private:
  net::HttpReply Route(const net::HttpRequest& request) const;
  net::HttpReply Events(const net::HttpRequest& request, std::string_view query) const;
  net::HttpReply Snapshot(const net::HttpRequest& request, std::string_view query) const;

  const window::Window* const window_;
  const fanout::Mode default_mode_;
  const CorsPolicy cors_;
  const std::vector<base::IpPrefix> trusted_proxies_;
  const StaticAssets assets_;
  HttpStats* const stats_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_PUBLIC_SERVICE_H_
