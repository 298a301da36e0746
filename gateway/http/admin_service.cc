#include "gateway/http/admin_service.h"

#include <utility>

#include "gateway/http/problem.h"
#include "gateway/http/query.h"

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

net::HttpResponse Metrics(std::string text) {
  return {.status = 200,
          .fields = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"},
                     {"Cache-Control", "no-store"}},
          .body = std::move(text),
          .static_body = {}};
}

}  // namespace

AdminService::AdminService(AdminSources sources) : sources_(std::move(sources)) {}

net::HttpReply AdminService::Handle(const net::HttpRequest& request) {
  const std::optional<Target> target = SplitTarget(request.target);
  const std::string_view path = target.has_value() ? target->path : std::string_view();
  if (path != "/metrics" && path != "/healthz" && path != "/readyz") {
    return Refuse(404, "here are /metrics, /healthz and /readyz");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    net::HttpResponse response = Refuse(405, "this resource has GET, HEAD");
    response.fields.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (path == "/metrics") return Metrics(sources_.metrics());
  if (path == "/healthz") return sources_.healthy() ? Text(200, "ok\n") : Text(503, "stalled\n");
  const std::optional<std::string> not_ready = sources_.not_ready();
  return not_ready.has_value() ? Text(503, *not_ready + '\n') : Text(200, "ok\n");
}

net::HttpResponse AdminService::Refuse(int status, std::string_view detail) {
  return ToResponse({.status = status, .detail = std::string(detail), .parameter = {}});
}

}  // namespace ssegw::http
