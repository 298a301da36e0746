#include "gateway/http/admin_service.h"

#include <utility>

#include "gateway/http/accept.h"
#include "gateway/http/debug_connections.h"
#include "gateway/http/problem.h"

namespace ssegw::http {
namespace {

net::HttpResponse Text(int status, std::string body) {
  return {.status = status,
          .fields = {{"Content-Type", "text/plain; charset=utf-8"},
                     {"Cache-Control", "no-store"},
                     {"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body),
          .static_body = {}};
}

std::string_view ContentType(MetricsFormat format) {
  switch (format) {
    case MetricsFormat::kText:
      return "text/plain; version=0.0.4; charset=utf-8";
    case MetricsFormat::kOpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
  }
  return "";
}

}  // namespace

AdminService::AdminService(AdminSources sources, HostPolicy hosts)
    : sources_(std::move(sources)), hosts_(std::make_shared<const HostPolicy>(std::move(hosts))) {}

void AdminService::SetHosts(HostPolicy hosts) {
  auto made = std::make_shared<const HostPolicy>(std::move(hosts));
  base::MutexLock lock(mutex_);
  hosts_ = std::move(made);
}

std::shared_ptr<const HostPolicy> AdminService::hosts() const {
  base::MutexLock lock(mutex_);
  return hosts_;
}

AdminService::Routes AdminService::MakeRoutes() {
  constexpr Methods kReads = {Method::kGet, Method::kHead};
  return Routes({
      {"/metrics", kReads, &AdminService::Metrics},
      {"/healthz", kReads, &AdminService::Healthz},
      {"/readyz", kReads, &AdminService::Readyz},
      {"/debug/connections", kReads, &AdminService::Slowest},
  });
}

net::HttpReply AdminService::Handle(const net::HttpRequest& request) {
  if (!hosts()->Allows(request.host)) return Refuse(421, HostRefusal(request.host));
  const Match<Handler> match = routes_.Find(request);
  switch (match.fit) {
    case Fit::kAnswers:
      return (this->*match.route->handler)(request, match.query);
    case Fit::kNoMethod:
      return MethodNotAllowed(match.route->methods);
    case Fit::kBody:
      return ToResponse(BodyRefused());
    case Fit::kNoResource:
      if (std::optional<net::HttpReply> reply = sources_.operators(request)) {
        return *std::move(reply);
      }
      break;
    case Fit::kNotAPath:
      break;
  }
  return Refuse(404, "here are /metrics, /healthz, /readyz, /connections and /debug/connections");
}

net::HttpReply AdminService::Metrics(const net::HttpRequest& request,
                                     std::string_view /*query*/) const {
  const MetricsFormat format = PrefersOpenMetrics(request.FindList("Accept"))
                                   ? MetricsFormat::kOpenMetrics
                                   : MetricsFormat::kText;
  return net::HttpResponse{.status = 200,
                           .fields = {{"Content-Type", std::string(ContentType(format))},
                                      {"Cache-Control", "no-store"},
                                      {"Vary", "Accept"}},
                           .body = sources_.metrics(format),
                           .static_body = {}};
}

net::HttpReply AdminService::Healthz(const net::HttpRequest& /*request*/,
                                     std::string_view /*query*/) const {
  return sources_.healthy() ? Text(200, "ok\n") : Text(503, "stalled\n");
}

net::HttpReply AdminService::Readyz(const net::HttpRequest& /*request*/,
                                    std::string_view /*query*/) const {
  const std::optional<std::string> not_ready = sources_.not_ready();
  return not_ready.has_value() ? Text(503, *not_ready + '\n') : Text(200, "ok\n");
}

net::HttpReply AdminService::Slowest(const net::HttpRequest& /*request*/,
                                     std::string_view query) const {
  const absl::StatusOr<size_t> k = ParseSlowest(query);
  if (!k.ok()) {
    return ToResponse(
        {.status = 400, .detail = std::string(k.status().message()), .parameter = "k"});
  }
  return sources_.slowest(*k);
}

net::HttpResponse AdminService::Refuse(int status, std::string_view detail) {
  return ToResponse({.status = status, .detail = std::string(detail)});
}

}  // namespace ssegw::http
