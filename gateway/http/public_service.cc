#include "gateway/http/public_service.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "gateway/http/accept.h"
#include "gateway/http/embedded_file.h"
#include "gateway/http/etag.h"
#include "gateway/http/field_value.h"
#include "gateway/http/forwarded.h"
#include "gateway/http/own_origin.h"
#include "gateway/http/problem.h"
#include "gateway/http/subscription_params.h"
#include "internal/base/concat.h"
#include "internal/sse/event_id.h"

namespace ssegw::http {
namespace {

// It names a charset although an event stream is always UTF-8 (HTML section 9.2.6): Python's
// requests takes text without a charset for ISO-8859-1, and splits lines inside letters.
constexpr std::string_view kEventStream = "text/event-stream; charset=utf-8";

// What every resource here has.
constexpr Methods kReads = {Method::kGet, Method::kHead, Method::kOptions};

net::HttpResponse Options(const net::HttpRequest& request, Methods methods) {
  const std::string allow = methods.ToString();
  net::HttpResponse response;
  response.status = 204;
  response.fields.emplace_back("Allow", allow);
  AddPreflightFields(allow, request.FindList("Access-Control-Request-Headers"), response.fields);
  return response;
}

// Whether the browser is one of WebKit's, by its User-Agent. All of them say AppleWebKit; Chromium
// says that too, and Chrome.
bool IsWebKit(std::string_view user_agent) {
  const auto has = [&](std::string_view text) {
    return user_agent.find(text) != std::string_view::npos;
  };
  return has("AppleWebKit/") && !has("Chrome/") && !has("Chromium/");
}

net::HttpResponse TooManyRequests(base::Duration wait) {
  net::HttpResponse response =
      ToResponse({.status = 429, .detail = "this address makes more requests than it may"});
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  response.fields.emplace_back("Retry-After", base::Concat(seconds));
  return response;
}

// If a document takes longer than this, the client is told to come back.
constexpr base::Duration kMakingPatience = std::chrono::seconds(10);
// Pieces of work on a document that are done without turns for others in between.
constexpr size_t kWorkAtOnce = 8;
// Of an If-None-Match; further ones are ignored.
constexpr size_t kMaxTags = 64;

std::string TagOf(std::string_view id) { return base::Concat('"', id, '"'); }

net::HttpResponse SnapshotHead(std::string_view id) {
  net::HttpResponse response;
  response.fields = {{"Cache-Control", "no-cache"},
                     {"X-Content-Type-Options", "nosniff"},
                     {"ETag", TagOf(id)},
                     {"Content-Type", "application/json"}};
  return response;
}

net::HttpResponse NotModified(std::string_view etag) {
  net::HttpResponse response;
  response.status = 304;
  response.fields = {{"Cache-Control", "no-cache"},
                     {"X-Content-Type-Options", "nosniff"},
                     {"ETag", std::string(etag)}};
  return response;
}

net::HttpResponse NoRoom() {
  net::HttpResponse response =
      ToResponse({.status = 429, .detail = "too many answers are on their way"});
  response.fields.emplace_back("Retry-After", "1");
  return response;
}

// The tag of the If-None-Match whose document would be the same now, because nothing that the
// filters match has come since. For "*" the current tag.
std::optional<std::string> UnchangedTag(const window::Window& window,
                                        const window::Filters& filters,
                                        std::string_view if_none_match) {
  if (if_none_match.empty()) return std::nullopt;
  const window::Position now = window.position();
  if (TrimSpace(if_none_match) == "*") {
    return TagOf(sse::FormatEventId(now.epoch, now.seq));
  }
  std::optional<uint64_t> newest;
  size_t tags = 0;
  for (std::string_view tag : SplitField(if_none_match, ',')) {
    if (++tags > kMaxTags) break;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() < 2 || !tag.starts_with('"') || !tag.ends_with('"')) continue;
    const auto id = sse::ParseEventId(tag.substr(1, tag.size() - 2));
    if (id && id->epoch == now.epoch && id->seq <= now.seq) {
      newest = std::max(newest.value_or(0), id->seq);
    }
  }
  if (!newest || window.MayHaveChanged(filters, now.epoch, *newest)) return std::nullopt;
  return TagOf(sse::FormatEventId(now.epoch, *newest));
}

net::HttpResponse SnapshotAnswer(SnapshotDocuments::Request& asked,
                                 std::string_view if_none_match) {
  if (!asked.done()) return NoRoom();
  auto held = asked.Take(base::Now());
  if (held == nullptr) return NoRoom();
  const SnapshotDocument& document = held->document();
  if (NoneMatchNames(if_none_match, TagOf(document.id))) return NotModified(TagOf(document.id));
  net::HttpResponse response = SnapshotHead(document.id);
  response.static_body = document.text;
  response.end = held->end();
  response.static_body_owner = std::move(held);
  return response;
}

}  // namespace

PublicService::PublicService(const window::Window& window, const PublicServiceOptions& options,
                             HttpStats& stats)
    : window_(window),
      policy_(std::make_shared<const Policy>(options.policy)),
      assets_(options.console ? ConsoleFiles() : std::span<const EmbeddedFile>()),
      routes_(MakeRoutes(assets_)),
      rates_(options.policy.request_rate),
      documents_(window, options.max_snapshot_bytes),
      stats_(stats) {
  documents_.SetMaxPerAddress(options.policy.max_answers_per_address);
}

PublicService::Routes PublicService::MakeRoutes(const StaticAssets& assets) {
  std::vector<Route<Handler>> routes = {
      {"/v1/events", kReads, &PublicService::Events},
      {"/sse", kReads, &PublicService::Events},
      {"/v1/snapshot", kReads, &PublicService::Snapshot},
  };
  for (std::string& path : assets.paths()) {
    routes.push_back({std::move(path), kReads, &PublicService::Asset});
  }
  return Routes(std::move(routes));
}

net::HttpReply PublicService::Handle(const net::HttpRequest& request) {
  const std::shared_ptr<const Policy> policy = this->policy();
  const std::optional<std::string_view> origin = request.Find("Origin");
  const bool reads = origin.has_value() && policy->cors.Allows(*origin);
  std::string address = ForwardedAddress(request, policy->trusted_proxies);
  const std::optional<base::Duration> wait = rates_.Take(address, base::Now());
  const Match<Handler> match = routes_.Find(request);
  const Asked asked{.request = request,
                    .path = match.route == nullptr ? std::string_view() : match.route->path,
                    .query = match.query,
                    .address = address,
                    .policy = *policy};
  net::HttpReply reply =
      wait && !AsksForStream(match) ? TooManyRequests(*wait) : Answer(asked, match, reads);
  Client client{.policy = policy,
                .reader = {},
                .address = std::move(address),
                .over_request_rate = wait.has_value()};
  // A page of the gateway's own origin needs no fields to read (own_origin.h).
  if (reads) client.reader = origin;
  Complete(reply, client);
  return reply;
}

void PublicService::Complete(net::HttpReply& reply, const Client& client) {
  const CorsPolicy& cors = client.policy->cors;
  if (auto* response = std::get_if<net::HttpResponse>(&reply)) {
    const bool is_refusal = !response->refusal.empty();
    cors.AddFields(client.reader, is_refusal, response->fields);
    stats_.Count(response->status);
    if (is_refusal) response->address = client.address;
  } else if (auto* stream = std::get_if<net::HttpStream>(&reply)) {
    cors.AddFields(client.reader, /*refused=*/false, stream->fields);
    stream->address = client.address;
    stream->over_request_rate = client.over_request_rate;
  } else if (auto* later = std::get_if<net::HttpLater>(&reply)) {
    later->finish = [this, finish = std::move(later->finish), client] {
      net::HttpReply made = finish();
      Complete(made, client);
      return made;
    };
  } else {
    auto& wants = std::get<net::HttpWantsBody>(reply);
    wants.then = [this, then = std::move(wants.then), client](std::string body) {
      net::HttpReply made = then(std::move(body));
      Complete(made, client);
      return made;
    };
  }
}

net::HttpReply PublicService::Answer(const Asked& asked, const Match<Handler>& match, bool reads) {
  const net::HttpRequest& request = asked.request;
  // The host comes before the origin: a page that has its own name point to here is of the origin
  // that it asks.
  if (!asked.policy.hosts.Allows(request.host)) {
    return ToResponse({.status = 421, .detail = HostRefusal(request.host)});
  }
  const std::optional<std::string_view> origin = request.Find("Origin");
  if (origin && !reads && !IsOwnOrigin(request, *origin, asked.policy.trusted_proxies)) {
    return ToResponse({.status = 403, .detail = OriginRefusal(*origin)});
  }
  switch (match.fit) {
    case Fit::kAnswers:
      if (match.method == Method::kOptions) return Options(request, match.route->methods);
      return (this->*match.route->handler)(asked);
    case Fit::kNotAPath:
      return AnswerForNoPath(request, match.method);
    case Fit::kNoResource:
      return ToResponse({.status = 404, .detail = "there is nothing at this path"});
    case Fit::kNoMethod:
      return MethodNotAllowed(match.route->methods);
    case Fit::kBody:
      return ToResponse(BodyRefused());
  }
  return ToResponse({.status = 404});
}

net::HttpResponse PublicService::AnswerForNoPath(const net::HttpRequest& request,
                                                 std::optional<Method> method) {
  const bool asks_of_all = method == Method::kOptions && request.target == "*" && !request.has_body;
  if (asks_of_all) return Options(request, kReads);
  if (!method || !kReads.Has(*method)) return MethodNotAllowed(kReads);
  return ToResponse({.status = 400, .detail = "the request target is not a path"});
}

// A GET of a stream gets status 200, even if it is turned away.
bool PublicService::AsksForStream(const Match<Handler>& match) {
  return match.method == Method::kGet && match.route != nullptr &&
         match.route->handler == &PublicService::Events;
}

net::HttpResponse PublicService::Refuse(int status, std::string_view detail) {
  stats_.Count(status);
  net::HttpResponse response = ToResponse({.status = status, .detail = std::string(detail)});
  policy()->cors.AddFields(std::nullopt, /*refused=*/true, response.fields);
  return response;
}

void PublicService::SetPolicy(const PublicPolicy& policy) {
  rates_.SetRate(policy.request_rate);
  documents_.SetMaxPerAddress(policy.max_answers_per_address);
  auto made = std::make_shared<const Policy>(policy);
  base::MutexLock lock(policy_mutex_);
  policy_ = std::move(made);
}

std::shared_ptr<const PublicService::Policy> PublicService::policy() const {
  base::MutexLock lock(policy_mutex_);
  return policy_;
}

net::HttpReply PublicService::Events(const Asked& asked) {
  const net::HttpRequest& request = asked.request;
  if (!AcceptsEventStream(request.FindList("Accept"))) {
    return ToResponse(
        {.status = 406, .detail = "this is text/event-stream, which the Accept field rules out"});
  }
  auto subscription = ParseSubscription(asked.query, request.Find("Last-Event-ID").value_or(""),
                                        asked.policy.default_mode);
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
                         .address = {}};
}

net::HttpReply PublicService::Asset(const Asked& asked) {
  return assets_.Get(asked.path, asked.request.FindList("If-None-Match"));
}

net::HttpReply PublicService::Snapshot(const Asked& asked) {
  const net::HttpRequest& request = asked.request;
  const auto parsed = ParseFilters(asked.query);
  if (const Problem* problem = std::get_if<Problem>(&parsed)) return ToResponse(*problem);
  const auto& filters = std::get<window::Filters>(parsed);

  std::string if_none_match = request.FindList("If-None-Match");
  if (const auto etag = UnchangedTag(window_, filters, if_none_match)) return NotModified(*etag);
  if (request.method == "HEAD") {
    const SnapshotDocuments::Known known = documents_.Look(filters);
    if (NoneMatchNames(if_none_match, TagOf(known.id))) return NotModified(TagOf(known.id));
    net::HttpResponse response = SnapshotHead(known.id);
    response.head_length = known.length;
    return response;
  }
  const auto pending = documents_.Ask(filters, asked.address, base::Now());
  if (pending == nullptr) return NoRoom();
  const auto finish = [pending, if_none_match = std::move(if_none_match)] {
    return SnapshotAnswer(*pending, if_none_match);
  };
  std::function<bool()> work = pending->work();
  // A small one is here at once.
  for (size_t i = 0; work && i < kWorkAtOnce; ++i) {
    if (!work()) work = nullptr;
  }
  if (pending->done()) return finish();
  return net::HttpLater{.start = [pending](auto ready) { pending->WhenDone(std::move(ready)); },
                        .finish = finish,
                        .patience = kMakingPatience,
                        .work = std::move(work)};
}

}  // namespace ssegw::http
