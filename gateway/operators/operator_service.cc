#include "gateway/operators/operator_service.h"

#include <utility>
#include <variant>

#include "gateway/api/answers.h"
#include "gateway/api/connection_path.h"
#include "gateway/http/problem.h"
#include "gateway/http/query.h"
#include "gateway/operators/operator_files.h"
#include "gateway/operators/write_check.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/log/log.h"

namespace ssegw::operators {
namespace {

using http::Method;

constexpr std::string_view kPagePath = "/connections";
constexpr std::string_view kListPath = "/v1/connections";
constexpr std::string_view kConnectionPrefix = "/v1/connections/";
constexpr std::string_view kEventsSuffix = "/events";
constexpr http::Methods kReads = {Method::kGet, Method::kHead};

// Logs what came of an action when that is known. Each is told, however many they are: only whoever
// may close connections can make such lines.
net::HttpReply Told(net::HttpReply reply, std::string_view action, const std::string& connection,
                    const std::string& address) {
  const auto told = [action, connection, address](net::HttpReply made) {
    return Told(std::move(made), action, connection, address);
  };
  if (const auto* response = std::get_if<net::HttpResponse>(&reply)) {
    log::Info("operator action", {{"action", action},
                                  {"connection", connection},
                                  {"status", response->status},
                                  {"address", address}});
  } else if (auto* later = std::get_if<net::HttpLater>(&reply)) {
    later->finish = [told, finish = std::move(later->finish)] { return told(finish()); };
  }
  return reply;
}

// With a slash at its end, what the page names would be looked for below it.
net::HttpResponse WithoutSlash() {
  return {.status = 308, .fields = {{"Location", "../connections"}, {"Cache-Control", "no-store"}}};
}

net::HttpResponse NoSuch() {
  return http::ToResponse({.status = 404, .detail = "there is no such connection"});
}

}  // namespace

OperatorService::OperatorService(connections::Connections& connections,
                                 connections::Lifecycle& lifecycle, OperatorOptions options)
    : calls_(connections),
      lifecycle_calls_(lifecycle),
      options_(std::move(options)),
      assets_(OperatorFiles(), {.page = "operator.html",
                                .path = std::string(kPagePath),
                                .folder = base::Concat(kPagePath, '/'),
                                .script_hash = {}}) {}

std::optional<net::HttpReply> OperatorService::Answer(const net::HttpRequest& request) const {
  const std::optional<http::Target> target = http::SplitTarget(request.target);
  if (!target) return std::nullopt;
  std::string storage;
  const std::string_view path = http::NormalPath(target->path, storage);
  const std::optional<Resource> resource = Find(path);
  if (!resource) return std::nullopt;
  if (path == kPagePath && target->path.ends_with('/')) return WithoutSlash();
  const std::optional<Method> method = http::ParseMethod(request.method);
  if (!method || !resource->methods.Has(*method)) return http::MethodNotAllowed(resource->methods);
  if (request.has_body && method != Method::kPost) return http::ToResponse(http::BodyRefused());
  Asked asked{
      .request = request, .method = *method, .path = std::string(path), .query = target->query};
  if (path.starts_with(kConnectionPrefix)) {
    asked.id = path.substr(kConnectionPrefix.size());
    if (asked.id.ends_with(kEventsSuffix)) asked.id.resize(asked.id.size() - kEventsSuffix.size());
  }
  return (this->*resource->handler)(asked);
}

std::optional<OperatorService::Resource> OperatorService::Find(std::string_view path) const {
  if (assets_.Has(path)) return Resource{kReads, &OperatorService::Page};
  if (path == "/v1/operator") return Resource{kReads, &OperatorService::Describe};
  if (path == kListPath) return Resource{kReads, &OperatorService::List};
  if (path == "/v1/lifecycle") return Resource{kReads, &OperatorService::FindEvents};
  if (path.starts_with(kConnectionPrefix)) {
    if (path.ends_with(kEventsSuffix)) return Resource{kReads, &OperatorService::FindEvents};
    return Resource{{Method::kGet, Method::kHead, Method::kPost, Method::kDelete},
                    &OperatorService::OfConnection};
  }
  if (path == "/v1/publish") return Resource{{Method::kPost}, &OperatorService::Publish};
  return std::nullopt;
}

net::HttpReply OperatorService::Page(const Asked& asked) const {
  return assets_.Get(asked.path, asked.request.FindList("If-None-Match"));
}

net::HttpReply OperatorService::Describe(const Asked& /*asked*/) const {
  std::string json = "{\"replica\":";
  base::AppendJsonString(json, options_.replica);
  json += base::Concat(",\"open\":\"", options_.open(),
                       "\",\"operatorActions\":", options_.actions ? "true" : "false", "}\n");
  return api::JsonAnswer(std::move(json));
}

net::HttpReply OperatorService::List(const Asked& asked) const { return calls_.List(asked.query); }

net::HttpReply OperatorService::FindEvents(const Asked& asked) const {
  if (asked.path.starts_with(kConnectionPrefix) && !api::IsConnectionId(asked.id)) return NoSuch();
  return lifecycle_calls_.Find(asked.id, asked.query);
}

net::HttpReply OperatorService::OfConnection(const Asked& asked) const {
  if (!api::IsConnectionId(asked.id)) return NoSuch();
  if (asked.method == Method::kGet || asked.method == Method::kHead) return calls_.Get(asked.id);
  if (auto refused = RefuseWrite(asked.request)) return *std::move(refused);
  const std::string address(asked.request.peer_address);
  if (asked.method == Method::kDelete) {
    return Told(calls_.Close(asked.id, asked.query), "close", asked.id, address);
  }
  return net::HttpWantsBody{.max_bytes = OperatorCalls::kMaxBodyBytes,
                            .then = [this, id = asked.id, address](const std::string& body) {
                              return Told(calls_.Send(id, body), "send", id, address);
                            }};
}

net::HttpReply OperatorService::Publish(const Asked& asked) const {
  if (auto refused = RefuseWrite(asked.request)) return *std::move(refused);
  return net::HttpWantsBody{
      .max_bytes = options_.max_event_body_bytes,
      .then = [this, address = std::string(asked.request.peer_address)](std::string body) {
        return Told(options_.publish(std::move(body), address), "publish", "", address);
      }};
}

std::optional<net::HttpResponse> OperatorService::RefuseWrite(
    const net::HttpRequest& request) const {
  if (const std::optional<http::Problem> problem = CheckWrite(request)) {
    return http::ToResponse(*problem);
  }
  if (!options_.actions) {
    return http::ToResponse({.status = 403,
                             .detail = "nothing can be changed here: the gateway runs without "
                                       "--operator_actions"});
  }
  if (request.method == "POST" && !request.has_body) {
    return http::ToResponse({.detail = "the body is missing"});
  }
  return std::nullopt;
}

}  // namespace ssegw::operators
