// Implementation notes
//
// The consumer has a name, though not a durable one: so it can be deleted, also where the answer to
// the request that made it was lost. Each try has another name: a cluster gives a consumer to one
// of its servers, at times to one that has died, and a request with the same name then waits for
// that server (seen with 2.9.10: for as long as it was dead). The server forgets a consumer 10 s
// after the last request for messages has run out or its connection is gone.
//
// Messages that are delivered have the subject that they were published to, so they do not tell
// which request they answer; a server serves requests in their order. What a server says of a
// request has the request's own subject.
#include "internal/store/jetstream/pull.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::store::jetstream {
namespace {

using nlohmann::json;

constexpr int64_t kForgottenAfterNs = 10'000'000'000;
constexpr int kHeartbeatStatus = 100;
constexpr int kConflict = 409;
constexpr int kNoResponders = 503;
constexpr int kStreamNotFound = 10059;

template <typename T>
bool ParseNumber(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string CreateRequest(const PullOptions& options, const std::string& name) {
  json config = {{"name", name},
                 {"deliver_policy", options.start_seq == 0 ? "all" : "by_start_sequence"},
                 {"ack_policy", "none"},
                 {"replay_policy", "instant"},
                 {"inactive_threshold", kForgottenAfterNs},
                 {"num_replicas", 1},
                 {"mem_storage", true}};
  if (options.start_seq != 0) config["opt_start_seq"] = options.start_seq;
  if (!options.subject.empty()) config["filter_subject"] = options.subject;
  return json({{"stream_name", options.stream}, {"config", std::move(config)}}).dump();
}

std::string NextRequest(size_t max_payload) {
  // A message that is larger than max_bytes would never come.
  const size_t max_bytes = std::max(Pull::kMaxBytes, 2 * max_payload);
  return base::Concat("{\"batch\":", Pull::kBatch, ",\"max_bytes\":", max_bytes,
                      ",\"expires\":", Pull::kExpires.count(),
                      ",\"idle_heartbeat\":", Pull::kHeartbeat.count(), "}");
}

}  // namespace

std::optional<Delivery> ParseDelivery(std::string_view reply) {
  // $JS.ACK.<stream>.<consumer>.<times>.<seq>.<consumer's seq>.<time>.<pending>, or with
  // <domain>.<account> after ACK and more at the end.
  constexpr size_t kTokens = 9;
  std::array<std::string_view, kTokens + 2> tokens;
  size_t count = 0;
  while (!reply.empty() && count < tokens.size()) {
    const size_t dot = std::min(reply.find('.'), reply.size());
    tokens[count++] = reply.substr(0, dot);
    reply.remove_prefix(std::min(dot + 1, reply.size()));
  }
  if (count < kTokens || tokens[0] != "$JS" || tokens[1] != "ACK") return std::nullopt;
  const size_t stream = count == kTokens ? 2 : 4;
  Delivery delivery;
  if (count == kTokens + 1 || !ParseNumber(tokens[stream + 3], delivery.seq) ||
      !ParseNumber(tokens[stream + 5], delivery.stored_ns) ||
      !ParseNumber(tokens[stream + 6], delivery.pending)) {
    return std::nullopt;
  }
  return delivery;
}

Pull::Pull(nats::OpenLink& link, PullListener& listener, PullOptions options)
    : link_(link),
      listener_(&listener),
      options_(std::move(options)),
      subscription_(++link.last_subscription),
      inbox_(base::Concat(link.Inbox(), ".", subscription_, ".")),
      heard_at_(link.loop.now()) {
  // Where it fails the link is closed, and nothing can be asked either.
  link_.link.Subscribe(subscription_, inbox_ + "*").IgnoreError();
  Create();
}

Pull::~Pull() {
  if (timer_) link_.loop.Cancel(*timer_);
  link_.link.Unsubscribe(subscription_);
  if (!created_ || ended_) return;
  link_.requests.Ask(base::Concat("$JS.API.CONSUMER.DELETE.", options_.stream, ".", name_), {}, "",
                     kCreateTimeout, [](const nats::Reply&) {});
}

void Pull::Create() {
  name_ = base::Concat("gateway-", link_.name, "-", subscription_, "-", ++tries_);
  std::string subject = base::Concat("$JS.API.CONSUMER.CREATE.", options_.stream, ".", name_);
  if (!options_.subject.empty()) subject += "." + options_.subject;
  link_.requests.Ask(subject, {}, CreateRequest(options_, name_), kCreateTimeout,
                     while_alive_([this](nats::Reply reply) { OnCreateReply(std::move(reply)); }));
}

void Pull::CreateLater() {
  timer_ = link_.loop.RunAfter(kCreatePause, [this] {
    timer_.reset();
    Create();
  });
}

void Pull::OnCreateReply(nats::Reply reply) {
  if (absl::IsDeadlineExceeded(reply.status())) return Create();
  // The link is gone: who owns it says so.
  if (absl::IsAborted(reply.status())) return;
  if (!reply.ok()) return CreateLater();
  const json answer = json::parse(reply->data(), nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) return CreateLater();
  if (const auto error = answer.find("error"); error != answer.end()) {
    if (error->is_object() && error->value("err_code", 0) == kStreamNotFound) {
      return End(PullEnd::kNoStream);
    }
    return CreateLater();
  }
  created_ = true;
  heard_at_ = link_.loop.now();
  AskForMore();
  Watch();
  listener_->OnBegin(answer.value("num_pending", uint64_t{0}));
}

void Pull::OnMessage(nats::Message message) {
  if (ended_) return;
  heard_at_ = link_.loop.now();
  if (message.status() != 0) return OnStatus(message);
  const std::optional<Delivery> delivery = ParseDelivery(message.reply());
  if (!delivery) return;
  if (!batches_.empty()) {
    --outstanding_;
    if (--batches_.front().left == 0) batches_.pop_front();
  }
  AskForMore();
  listener_->OnDelivery(*delivery, std::move(message));
}

void Pull::OnStatus(const nats::Message& message) {
  if (message.status() == kHeartbeatStatus) return;
  const std::string_view text = message.status_text();
  const bool gone = message.status() == kNoResponders ||
                    (message.status() == kConflict &&
                     (text.starts_with("Consumer Deleted") ||
                      text.starts_with("Consumer is push") || text.starts_with("Server Shutdown")));
  if (gone) return End(PullEnd::kDeleted);
  // Run out, full of bytes, or ended by a change of leader: what was left of it will not come.
  DropBatch(message.subject());
  AskForMore();
}

void Pull::DropBatch(std::string_view subject) {
  uint64_t number = 0;
  if (!subject.starts_with(inbox_) || !ParseNumber(subject.substr(inbox_.size()), number)) return;
  const auto batch = std::find_if(batches_.begin(), batches_.end(),
                                  [&](const Batch& b) { return b.number == number; });
  if (batch == batches_.end()) return;
  outstanding_ -= batch->left;
  batches_.erase(batch);
}

void Pull::AskForMore() {
  if (!created_ || ended_ || held_ || outstanding_ > kBatch / 2) return;
  const uint64_t number = ++last_batch_;
  const std::string request = NextRequest(link_.link.server().max_payload);
  const absl::Status sent = link_.link.Publish(
      {.subject = base::Concat("$JS.API.CONSUMER.MSG.NEXT.", options_.stream, ".", name_),
       .reply = base::Concat(inbox_, number),
       .data = request});
  // The link is closed: who owns it says so.
  if (!sent.ok()) return;
  batches_.push_back({.number = number, .left = kBatch});
  outstanding_ += kBatch;
}

void Pull::Hold(bool hold) {
  held_ = hold;
  if (created_) heard_at_ = link_.loop.now();
  AskForMore();
}

void Pull::Watch() {
  timer_ = link_.loop.RunAt(heard_at_ + kSilence, [this] {
    timer_.reset();
    const bool quiet = link_.loop.now() - heard_at_ >= kSilence;
    // Without a request there are no heartbeats.
    if (quiet && outstanding_ > 0) return End(PullEnd::kSilent);
    if (quiet) heard_at_ = link_.loop.now();
    Watch();
  });
}

void Pull::End(PullEnd end) {
  ended_ = true;
  if (timer_) link_.loop.Cancel(*timer_);
  timer_.reset();
  listener_->OnEnd(end);
}

}  // namespace ssegw::store::jetstream
