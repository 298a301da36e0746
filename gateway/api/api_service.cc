#include "gateway/api/api_service.h"

#include <charconv>
#include <chrono>
#include <utility>
#include <variant>

#include "gateway/api/connection_path.h"
#include "gateway/http/field_value.h"
#include "gateway/http/forwarded.h"
#include "gateway/http/problem.h"
#include "gateway/http/query.h"
#include "gateway/http/routes.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/log/log.h"

namespace ssegw::api {
namespace {

using http::Method;

constexpr http::Methods kConnectionMethods = {Method::kGet, Method::kPost, Method::kDelete};
constexpr http::Methods kPublishMethods = {Method::kPost};
constexpr std::string_view kPublishPath = "/v1/publish";
constexpr std::string_view kLinesType = "application/x-ndjson";
// A message that is too long by no more than this is read, so that its sender hears the answer: one
// that is still sending may not.
constexpr size_t kReadBeyond = size_t{256} * 1024;

Route ConnectionRoute(std::optional<Method> method) {
  if (method == Method::kPost) return Route::kPost;
  if (method == Method::kGet) return Route::kGet;
  if (method == Method::kDelete) return Route::kDelete;
  return Route::kNone;
}

PublishCalls::Body BodyOf(const net::HttpRequest& request) {
  const std::string_view type = request.Find("Content-Type").value_or("");
  const std::string_view media_type = http::TrimSpace(type.substr(0, type.find(';')));
  return base::EqualsIgnoreCase(media_type, kLinesType) ? PublishCalls::Body::kLines
                                                        : PublishCalls::Body::kEvent;
}

// nullopt: it is not known before the body is there.
std::optional<size_t> LengthOf(const net::HttpRequest& request) {
  const std::optional<std::string_view> field = request.Find("Content-Length");
  size_t length = 0;
  if (!field ||
      std::from_chars(field->data(), field->data() + field->size(), length).ec != std::errc()) {
    return std::nullopt;
  }
  return length;
}

}  // namespace

struct ApiService::Asked {
  Route route = Route::kNone;
  // It is let in, as far as the head tells, and counts as a request for its route.
  bool counts_for_route = false;
  Form form = Form::kProblem;
  // The resource, if there is one at the path.
  std::optional<http::Methods> methods = {};
  std::string id = {};     // of a connection
  std::string query = {};  // of what is published
  PublishCalls::Body kind = PublishCalls::Body::kEvent;
  std::string address = {};
  std::string request_id = {};
  std::shared_ptr<const Policy> policy = {};
  Caller caller = {};

  void SetResource(const net::HttpRequest& request, const http::Target& target) {
    const std::optional<Method> method = http::ParseMethod(request.method);
    std::string storage;
    if (std::optional<std::string> connection = ConnectionIdOf(target.path)) {
      route = ConnectionRoute(method);
      form = Form::kAmazon;
      methods = kConnectionMethods;
      id = *std::move(connection);
    } else if (http::NormalPath(target.path, storage) == kPublishPath) {
      if (method == Method::kPost) route = Route::kPublish;
      methods = kPublishMethods;
      query = target.query;
      kind = BodyOf(request);
    }
  }
};

void ApiService::LogClosed(const Asked& asked) {
  log::Info("connections closed by an operator", {{"by", asked.caller.identity},
                                                  {"peer", asked.address},
                                                  {"closed", 1},
                                                  {"ids", 1},
                                                  {"identity", ""},
                                                  {"filter", ""}});
}

ApiService::ApiService(const Parts& parts, const ApiPolicy& policy)
    : gatekeeper_(parts.credentials),
      connections_(parts.connections),
      publishing_(parts.publishing),
      stats_(parts.stats) {
  SetPolicy(policy);
}

void ApiService::SetPolicy(const ApiPolicy& policy) {
  auto made = std::make_shared<const Policy>(
      Policy{.rules = {.hosts = policy.hosts, .origins = http::CorsPolicy(policy.allow_origins)},
             .trusted_proxies = policy.trusted_proxies,
             .max_message_bytes = policy.max_message_bytes});
  const base::MutexLock lock(mutex_);
  policy_ = std::move(made);
}

std::shared_ptr<const ApiService::Policy> ApiService::policy() const {
  const base::MutexLock lock(mutex_);
  return policy_;
}

net::HttpReply ApiService::Handle(const net::HttpRequest& request) {
  const auto asked = std::make_shared<Asked>(Asked{.policy = policy()});
  asked->address = http::ForwardedAddress(request, asked->policy->trusted_proxies);
  asked->request_id = request.request_id;
  net::HttpReply reply = Answer(request, asked);
  Complete(reply, asked);
  return reply;
}

net::HttpReply ApiService::Answer(const net::HttpRequest& request,
                                  const std::shared_ptr<Asked>& asked) const {
  const std::optional<http::Target> target = http::SplitTarget(request.target);
  if (!target) return ErrorAnswer(Form::kProblem, 400, "the request target is not a path");
  asked->SetResource(request, *target);
  auto admitted =
      gatekeeper_.Admit(request, *target, asked->policy->rules, std::chrono::system_clock::now());
  if (const auto* const away = std::get_if<TurnedAway>(&admitted)) {
    asked->caller.identity = away->identity;
    net::HttpResponse response = ErrorAnswer(asked->form, away->status, away->detail);
    if (away->status == 401) response.fields.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  asked->caller = std::get<Caller>(std::move(admitted));
  const std::optional<http::Methods>& methods = asked->methods;
  if (!methods) {
    return ErrorAnswer(Form::kProblem, 404, "here are /@connections/<id> and /v1/publish");
  }
  if (asked->route == Route::kNone) return http::MethodNotAllowed(*methods);
  if (!request.has_body) return Call(asked, {});
  if (asked->route == Route::kGet || asked->route == Route::kDelete) {
    return ErrorAnswer(asked->form, 413, "a body is not accepted");
  }
  return TakeBody(request, asked);
}

net::HttpReply ApiService::TakeBody(const net::HttpRequest& request,
                                    const std::shared_ptr<Asked>& asked) const {
  const size_t max_bytes = asked->route == Route::kPublish
                               ? publishing_.max_bytes(asked->kind)
                               : asked->policy->max_message_bytes + kReadBeyond;
  if (const std::optional<size_t> length = LengthOf(request); length > max_bytes) {
    asked->counts_for_route = true;
    return ErrorAnswer(asked->form, 413, base::Concat("the body exceeds ", max_bytes, " bytes"));
  }
  return net::HttpWantsBody{.max_bytes = max_bytes, .then = [this, asked](std::string body) {
                              return Call(asked, std::move(body));
                            }};
}

net::HttpReply ApiService::Call(const std::shared_ptr<Asked>& request, std::string body) const {
  const Asked& asked = *request;
  if (asked.caller.claim) {
    const absl::Status is_good = asked.caller.claim->CheckBody(body);
    if (!is_good.ok()) return ErrorAnswer(asked.form, is_good);
  }
  request->counts_for_route = true;
  switch (asked.route) {
    case Route::kPost:
      if (body.size() > asked.policy->max_message_bytes) {
        return ErrorAnswer(asked.form, 413,
                           base::Concat("message ", body.size(), " bytes exceeds send_queue_bytes ",
                                        asked.policy->max_message_bytes));
      }
      return connections_.Post(asked.id, std::move(body));
    case Route::kGet:
      return connections_.Get(asked.id);
    case Route::kDelete:
      return connections_.Delete(asked.id);
    case Route::kPublish:
      return publishing_.Publish(asked.query, asked.kind, std::move(body), asked.address);
    case Route::kNone:
      break;
  }
  return ErrorAnswer(asked.form, 404, "there is nothing at this path");
}

void ApiService::Complete(net::HttpReply& reply, const std::shared_ptr<const Asked>& asked) {
  const auto completed = [this, asked](net::HttpReply made) {
    Complete(made, asked);
    return made;
  };
  if (auto* response = std::get_if<net::HttpResponse>(&reply)) {
    stats_.Count(asked->counts_for_route ? asked->route : Route::kNone, response->status);
    if (asked->form == Form::kAmazon) {
      response->fields.emplace_back("x-amzn-RequestId", asked->request_id);
    }
    if (asked->route == Route::kDelete && response->status == 204) LogClosed(*asked);
    response->address = asked->address;
    response->identity = asked->caller.identity;
  } else if (auto* later = std::get_if<net::HttpLater>(&reply)) {
    later->finish = [completed, finish = std::move(later->finish)] { return completed(finish()); };
  } else if (auto* wants = std::get_if<net::HttpWantsBody>(&reply)) {
    wants->then = [completed, then = std::move(wants->then)](std::string body) {
      return completed(then(std::move(body)));
    };
  }
}

net::HttpResponse ApiService::Refuse(int status, std::string_view detail) {
  stats_.Count(Route::kNone, status);
  return http::ToResponse({.status = status, .detail = std::string(detail)});
}

}  // namespace ssegw::api
