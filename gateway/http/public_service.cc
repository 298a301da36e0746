#include "gateway/http/public_service.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "gateway/http/accept.h"
#include "gateway/http/auth_refusals.h"
#include "gateway/http/embedded_file.h"
#include "gateway/http/forwarded.h"
#include "gateway/http/own_origin.h"
#include "gateway/http/problem.h"
#include "gateway/http/query.h"
#include "gateway/http/snapshot_answers.h"
#include "gateway/http/stored_request.h"
#include "gateway/http/subscription_params.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/sse/event_id.h"

namespace ssegw::http {
namespace {

// It names a charset although an event stream is always UTF-8 (HTML section 9.2.6): Python's
// requests takes text without a charset for ISO-8859-1, and splits lines inside letters.
constexpr std::string_view kEventStream = "text/event-stream; charset=utf-8";

constexpr Methods kReads = {Method::kGet, Method::kHead, Method::kOptions};
constexpr Methods kPosts = {Method::kPost, Method::kOptions};

// POST /v1/tickets needs no body; what libraries send without being asked is taken and ignored.
constexpr size_t kMaxTicketBodyBytes = 4096;
// For keys that come from elsewhere.
constexpr base::Duration kKeysPatience = std::chrono::seconds(2);

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
}  // namespace

PublicService::PublicService(const window::Window& window, const PublicServiceOptions& options,
                             HttpStats& stats)
    : window_(window),
      policy_(std::make_shared<const Policy>(options.policy)),
      assets_(options.console ? ConsoleFiles() : std::span<const EmbeddedFile>()),
      authenticator_(options.authenticator),
      routes_(MakeRoutes(assets_, authenticator_ != nullptr)),
      rates_(options.policy.request_rate),
      documents_(window, options.max_snapshot_bytes),
      id_patience_(options.id_patience),
      id_patience_away_(std::max(options.id_patience, options.id_patience_away)),
      stats_(stats) {
  documents_.SetMaxPerAddress(options.policy.max_answers_per_address);
}

PublicService::Routes PublicService::MakeRoutes(const StaticAssets& assets, bool with_tickets) {
  std::vector<Route<Handler>> routes = {
      {"/v1/events", kReads, &PublicService::GrantedEvents},
      {"/sse", kReads, &PublicService::GrantedEvents},
      {"/v1/snapshot", kReads, &PublicService::GrantedSnapshot},
  };
  if (with_tickets) {
    routes.push_back({"/v1/tickets", kPosts, &PublicService::Tickets, Body::kTaken});
  }
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
                    .policy = policy,
                    .handler = match.route == nullptr ? nullptr : match.route->handler,
                    .is_shed = wait.has_value()};
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
  if (!asked.policy->hosts.Allows(request.host)) {
    return ToResponse({.status = 421, .detail = HostRefusal(request.host)});
  }
  const std::optional<std::string_view> origin = request.Find("Origin");
  if (origin && !reads && !IsOwnOrigin(request, *origin, asked.policy->trusted_proxies)) {
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
         match.route->handler == &PublicService::GrantedEvents;
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

net::HttpReply PublicService::GrantedEvents(const Asked& asked) {
  return Granted(asked, &PublicService::Events);
}

net::HttpReply PublicService::GrantedSnapshot(const Asked& asked) {
  return Granted(asked, &PublicService::Snapshot);
}

net::HttpReply PublicService::Granted(const Asked& asked, Resource resource) {
  // A stream that is shed gets nothing, so nobody is asked who wants it: an address that makes too
  // many requests has no signatures checked.
  if (authenticator_ == nullptr || asked.is_shed) return (this->*resource)(asked, nullptr);
  auto admitted = authenticator_->Admit(asked.caller(), base::Moment::Now());
  if (std::holds_alternative<auth::UnknownKey>(admitted)) return AfterNewKeys(asked);
  if (auto* refusal = std::get_if<net::HttpResponse>(&admitted)) return std::move(*refusal);
  return (this->*resource)(asked, &std::get<Access>(admitted));
}

PublicService::Later PublicService::Again(const Asked& asked) {
  struct Kept {
    explicit Kept(const Asked& asked)
        : request(asked.request), address(asked.address), policy(asked.policy) {}

    const StoredRequest request;
    const std::string address;
    const std::shared_ptr<const Policy> policy;
  };
  const auto kept = std::make_shared<const Kept>(asked);
  return [this, kept, path = asked.path, handler = asked.handler](Attempt attempt) {
    const net::HttpRequest& request = kept->request.request();
    const std::optional<Target> target = SplitTarget(request.target);
    return (this->*handler)({.request = request,
                             .path = path,
                             .query = target ? target->query : std::string_view(),
                             .address = kept->address,
                             .policy = kept->policy,
                             .handler = handler,
                             .is_shed = false,
                             .attempt = attempt});
  };
}

net::HttpReply PublicService::AfterNewKeys(const Asked& asked) {
  if (asked.attempt == Attempt::kSecond) return authenticator_->RefuseUnknownKey();
  return net::HttpLater{.start =
                            [&keys = authenticator_->keys()](const std::function<void()>& ready) {
                              if (!keys.Ask(ready)) ready();
                            },
                        .finish = [again = Again(asked)] { return again(Attempt::kSecond); },
                        .patience = kKeysPatience};
}

net::HttpReply PublicService::Tickets(const Asked& asked) {
  if (asked.request.has_body) {
    return net::HttpWantsBody{
        .max_bytes = kMaxTicketBodyBytes,
        .then = [again = Again(asked)](const std::string&) { return again(Attempt::kFirst); }};
  }
  auto issued = authenticator_->IssueTicket(asked.caller(), base::Moment::Now());
  if (std::holds_alternative<auth::UnknownKey>(issued)) return AfterNewKeys(asked);
  return std::move(std::get<net::HttpResponse>(issued));
}

net::HttpReply PublicService::Events(const Asked& asked, const Access* access) {
  const net::HttpRequest& request = asked.request;
  if (!AcceptsEventStream(request.FindList("Accept"))) {
    return ToResponse(
        {.status = 406, .detail = "this is text/event-stream, which the Accept field rules out"});
  }
  auto subscription = ParseSubscription(asked.query, request.Find("Last-Event-ID").value_or(""),
                                        asked.policy->default_mode);
  if (const Problem* problem = std::get_if<Problem>(&subscription)) return ToResponse(*problem);
  auto& wanted = std::get<fanout::SubscriptionRequest>(subscription);
  if (access != nullptr) {
    if (auto refusal = authenticator_->Narrow(*access, wanted.filters)) return *std::move(refusal);
  }
  const std::string_view user_agent = request.Find("User-Agent").value_or("");
  wanted.keeps_half_events = IsWebKit(user_agent);

  net::HttpFields fields = {{"Content-Type", std::string(kEventStream)},
                            {"Cache-Control", "no-cache, no-transform"},
                            {"X-Accel-Buffering", "no"},
                            {"X-Connection-Id", std::string(request.connection_id)},
                            {"X-Content-Type-Options", "nosniff"}};
  if (access != nullptr) KeepFromOtherSites(fields);
  // For HEAD too: the connection leaves out the stream.
  return Begin({.fields = std::move(fields),
                .subscription = std::move(wanted),
                .address = {},
                .ends_at = access == nullptr ? base::TimePoint::max() : access->ends_at,
                .identity = access == nullptr ? std::string() : access->subject,
                .user_agent = base::ToUtf8(user_agent, net::HttpStream::kMaxUserAgentBytes)});
}

net::HttpReply PublicService::Begin(net::HttpStream stream) {
  if (id_patience_ == base::Duration::zero()) return stream;
  const std::optional<sse::EventId> id = sse::ParseEventId(stream.subscription.last_event_id);
  const window::Position at = window_.position();
  if (!id || id->epoch != at.epoch || id->seq <= at.seq) return stream;
  return net::HttpLater{
      .start =
          [this, seq = id->seq, number = at.epoch_number](std::function<void()> ready) {
            const base::TimePoint now = base::Now();
            head_waits_.Add({.seq = seq,
                             .epoch_number = number,
                             .ask_after = now + id_patience_ / 2,
                             .enough_at = now + id_patience_,
                             .until = now + id_patience_away_,
                             .ready = std::move(ready)});
          },
      .finish = [begins = std::make_shared<net::HttpStream>(
                     std::move(stream))]() -> net::HttpReply { return std::move(*begins); },
      .patience = id_patience_away_};
}

net::HttpReply PublicService::Asset(const Asked& asked) {
  return assets_.Get(asked.path, asked.request.FindList("If-None-Match"));
}

net::HttpReply PublicService::Snapshot(const Asked& asked, const Access* access) {
  const net::HttpRequest& request = asked.request;
  auto parsed = ParseFilters(asked.query);
  if (const Problem* problem = std::get_if<Problem>(&parsed)) return ToResponse(*problem);
  auto& filters = std::get<window::Filters>(parsed);
  if (access != nullptr) {
    if (auto refusal = authenticator_->Narrow(*access, filters)) return *std::move(refusal);
  }
  if (window_.loading()) return SnapshotAnswers::Loading();
  const auto answers = std::make_shared<const SnapshotAnswers>(
      window_, std::move(filters),
      access == nullptr ? SnapshotAnswers::For::kEverybody : SnapshotAnswers::For::kGranted);
  std::string if_none_match = request.FindList("If-None-Match");
  if (const auto tag = answers->UnchangedTag(if_none_match)) return answers->NotModified(*tag);
  if (request.method == "HEAD") {
    if (auto head = answers->Head(documents_.Look(answers->filters()), if_none_match)) {
      return *std::move(head);
    }
  }
  const auto pending = documents_.Ask(answers->filters(), asked.address, base::Now());
  if (pending == nullptr) return SnapshotAnswers::NoRoom();
  const auto finish = [answers, pending, if_none_match = std::move(if_none_match)] {
    return answers->Answer(*pending, if_none_match);
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
