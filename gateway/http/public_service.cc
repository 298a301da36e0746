#include "gateway/http/public_service.h"

#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "gateway/http/accept.h"
#include "gateway/http/embedded_file.h"
#include "gateway/http/etag.h"
#include "gateway/http/forwarded.h"
#include "gateway/http/own_origin.h"
#include "gateway/http/problem.h"
#include "gateway/http/query.h"
#include "gateway/http/subscription_params.h"
#include "internal/base/concat.h"
#include "internal/sse/event_id.h"

namespace ssegw::http {
namespace {

// With a charset although an event stream is UTF-8 whatever is said here (HTML section 9.2.6):
// Python's requests takes text without one for ISO-8859-1, and splits lines inside letters.
constexpr std::string_view kEventStream = "text/event-stream; charset=utf-8";

// The same for every resource.
constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";

net::HttpResponse Options(const net::HttpRequest& request) {
  net::HttpResponse response;
  response.status = 204;
  response.fields.emplace_back("Allow", kAllow);
  AddPreflightFields(kAllow, request.FindList("Access-Control-Request-Headers"), response.fields);
  return response;
}

// Whether the browser is one of WebKit's, by its User-Agent: all of them say AppleWebKit, and so
// does Chromium, which says Chrome too.
bool IsWebKit(std::string_view user_agent) {
  const auto has = [&](std::string_view text) {
    return user_agent.find(text) != std::string_view::npos;
  };
  return has("AppleWebKit/") && !has("Chrome/") && !has("Chromium/");
}

net::HttpResponse MethodNotAllowed() {
  net::HttpResponse response = ToResponse(
      {.status = 405, .detail = base::Concat("this resource has ", kAllow), .parameter = {}});
  response.fields.emplace_back("Allow", kAllow);
  return response;
}

}  // namespace

PublicService::PublicService(const window::Window* window, const PublicServiceOptions& options,
                             HttpStats* stats)
    : window_(window),
      policy_(std::make_shared<const Policy>(options.policy)),
      assets_(options.console ? ConsoleFiles() : std::span<const EmbeddedFile>()),
      documents_(window, options.max_snapshot_bytes),
      stats_(stats) {}

net::HttpReply PublicService::Handle(const net::HttpRequest& request) {
  const std::shared_ptr<const Policy> policy = this->policy();
  const std::optional<std::string_view> origin = request.Find("Origin");
  const bool reads = origin.has_value() && policy->cors.Allows(*origin);
  net::HttpReply reply = Answer(request, *policy, reads);
  // A page of the gateway's own origin needs no fields to read (own_origin.h).
  const std::optional<std::string_view> reader = reads ? origin : std::nullopt;
  if (auto* response = std::get_if<net::HttpResponse>(&reply)) {
    const bool is_refusal = !response->refusal.empty();
    policy->cors.AddFields(reader, is_refusal, response->fields);
    stats_->Count(response->status);
    if (is_refusal) response->address = ForwardedAddress(request, policy->trusted_proxies);
  } else if (auto* stream = std::get_if<net::HttpStream>(&reply)) {
    policy->cors.AddFields(reader, /*refused=*/false, stream->fields);
  }
  return reply;
}

net::HttpReply PublicService::Answer(const net::HttpRequest& request, const Policy& policy,
                                     bool reads) {
  // Before the origin, which is the request's own where a page has its name point to here.
  if (!policy.hosts.Allows(request.host)) {
    return ToResponse({.status = 421, .detail = HostRefusal(request.host), .parameter = {}});
  }
  const std::optional<std::string_view> origin = request.Find("Origin");
  if (origin && !reads && !IsOwnOrigin(request, *origin, policy.trusted_proxies)) {
    return ToResponse({.status = 403, .detail = OriginRefusal(*origin), .parameter = {}});
  }
  return Route(request, policy);
}

net::HttpResponse PublicService::Refuse(int status, std::string_view detail) {
  stats_->Count(status);
  net::HttpResponse response =
      ToResponse({.status = status, .detail = std::string(detail), .parameter = {}});
  policy()->cors.AddFields(std::nullopt, /*refused=*/true, response.fields);
  return response;
}

void PublicService::SetPolicy(const PublicPolicy& policy) {
  auto made = std::make_shared<const Policy>(policy);
  base::MutexLock lock(policy_mutex_);
  policy_ = std::move(made);
}

std::shared_ptr<const PublicService::Policy> PublicService::policy() const {
  base::MutexLock lock(policy_mutex_);
  return policy_;
}

net::HttpReply PublicService::Route(const net::HttpRequest& request, const Policy& policy) {
  const bool known_method =
      request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  const bool asks_for_options = request.method == "OPTIONS" && !request.has_body;
  if (request.target == "*" && asks_for_options) return Options(request);
  const std::optional<Target> target = SplitTarget(request.target);
  if (!target.has_value()) {
    // That of CONNECT is none for one.
    if (!known_method) return MethodNotAllowed();
    return ToResponse(
        {.status = 400, .detail = "the request target is not a path", .parameter = {}});
  }
  std::string storage;
  const std::string_view path = NormalPath(target->path, storage);
  const bool events = path == "/v1/events" || path == "/sse";
  const bool snapshot = path == "/v1/snapshot";
  if (!events && !snapshot && !assets_.Has(path)) {
    return ToResponse({.status = 404, .detail = "there is nothing at this path", .parameter = {}});
  }
  if (!known_method) return MethodNotAllowed();
  if (request.has_body) return ToResponse(BodyRefused());
  if (asks_for_options) return Options(request);
  if (events) return Events(request, target->query, policy);
  if (snapshot) return Snapshot(request, target->query);
  return assets_.Get(path, request.FindList("If-None-Match"));
}

net::HttpReply PublicService::Events(const net::HttpRequest& request, std::string_view query,
                                     const Policy& policy) {
  if (!AcceptsEventStream(request.FindList("Accept"))) {
    return ToResponse({.status = 406,
                       .detail = "this is text/event-stream, which the Accept field rules out",
                       .parameter = {}});
  }
  auto subscription =
      ParseSubscription(query, request.Find("Last-Event-ID").value_or(""), policy.default_mode);
  if (const Problem* problem = std::get_if<Problem>(&subscription)) return ToResponse(*problem);
  auto& wanted = std::get<fanout::SubscriptionRequest>(subscription);
  wanted.keeps_half_events = IsWebKit(request.Find("User-Agent").value_or(""));

  // For HEAD too: the connection leaves out the stream.
  return net::HttpStream{.fields = {{"Content-Type", std::string(kEventStream)},
                                    {"Cache-Control", "no-cache, no-transform"},
                                    {"X-Accel-Buffering", "no"},
                                    {"X-Connection-Id", std::string(request.connection_id)},
                                    {"X-Content-Type-Options", "nosniff"}},
                         .subscription = std::move(wanted),
                         .address = ForwardedAddress(request, policy.trusted_proxies)};
}

net::HttpReply PublicService::Snapshot(const net::HttpRequest& request, std::string_view query) {
  const auto filters = ParseFilters(query);
  if (const Problem* problem = std::get_if<Problem>(&filters)) return ToResponse(*problem);

  const auto etag = [](std::string_view id) { return base::Concat('"', id, '"'); };
  net::HttpResponse response;
  response.fields = {{"Cache-Control", "no-cache"}, {"X-Content-Type-Options", "nosniff"}};
  const std::string id = sse::FormatEventId(window_->epoch(), window_->head());
  if (NoneMatchNames(request.FindList("If-None-Match"), etag(id))) {
    response.status = 304;
    response.fields.emplace_back("ETag", etag(id));
    return response;
  }
  const auto document = documents_.Get(std::get<window::Filters>(filters));
  if (document == nullptr) {
    response =
        ToResponse({.status = 429, .detail = "too many answers are on their way", .parameter = {}});
    response.fields.emplace_back("Retry-After", "1");
    return response;
  }
  // The head may have moved on since: the document says which one it belongs to.
  response.fields.emplace_back("ETag", etag(document->id));
  response.fields.emplace_back("Content-Type", "application/json");
  response.static_body = document->text;
  response.static_body_owner = document;
  return response;
}

}  // namespace ssegw::http
