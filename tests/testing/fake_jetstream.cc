#include "tests/testing/fake_jetstream.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::testing {
namespace {

using base::Concat;
using nlohmann::json;

constexpr std::string_view kApi = "$JS.API.";
constexpr base::Duration kHeartbeat = std::chrono::milliseconds(500);

json Error(int code, int error, std::string_view text) {
  return {{"error", {{"code", code}, {"err_code", error}, {"description", text}}}};
}

json NoStream() { return Error(404, 10059, "stream not found"); }

// The tokens after the call: "STREAM.INFO" of "STREAM.INFO.n_log" gives {"n_log"}.
std::vector<std::string> Tokens(std::string_view text) {
  std::vector<std::string> tokens;
  while (!text.empty()) {
    const size_t dot = std::min(text.find('.'), text.size());
    tokens.emplace_back(text.substr(0, dot));
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return tokens;
}

bool BeginsWithOneOf(const std::string& text, const std::set<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return text.starts_with(prefix); });
}

}  // namespace

FakeJetStream::FakeJetStream(std::string name) : name_(std::move(name)) {}

void FakeJetStream::Attach(FakeNats& nats) {
  nats.OnSent([this, &nats](const SentMessage& message) { OnSent(nats, message); });
}

void FakeJetStream::Answer(FakeNats& nats, const SentMessage& message, const json& answer) const {
  if (!BeginsWithOneOf(message.subject, lost_)) nats.Answer(message, answer.dump());
}

void FakeJetStream::OnSent(FakeNats& nats, const SentMessage& message) {
  if (before_call_ && message.subject.starts_with(before_)) {
    std::exchange(before_call_, nullptr)();
  }
  if (BeginsWithOneOf(message.subject, ignored_)) return;
  if (!message.subject.starts_with(kApi)) {
    if (!log_.exists) return nats.AnswerStatus(message, 503);
    Answer(nats, message, Publish(message));
    return Deliver();
  }
  const std::string_view call = std::string_view(message.subject).substr(kApi.size());
  if (call.starts_with("CONSUMER.MSG.NEXT.")) {
    Next(message, Tokens(call).at(4));
  } else if (const json answer = Api(nats, message, call); !answer.is_null()) {
    Answer(nats, message, answer);
  }
  Deliver();
}

json FakeJetStream::Api(FakeNats& nats, const SentMessage& message, std::string_view call) {
  const std::vector<std::string> tokens = Tokens(call);
  const json request = json::parse(message.data, nullptr, false);
  if (call == "INFO")
    return {{"type", "io.nats.jetstream.api.v1.account_info_response"},
            {"memory", 0},
            {"storage", 0},
            {"streams", 0},
            {"consumers", 0},
            {"limits", json::object()},
            {"api", json::object()}};
  if (call.starts_with("STREAM.INFO.")) {
    const Stream* const stream = Find(tokens.at(2));
    return stream == nullptr || !stream->exists ? NoStream() : Info(*stream);
  }
  if (call.starts_with("STREAM.CREATE.")) return CreateStream(tokens.at(2), request);
  if (call.starts_with("STREAM.DELETE.")) {
    Stream* const stream = Find(tokens.at(2));
    if (stream == nullptr || !stream->exists) return NoStream();
    stream == &log_ ? DeleteLog() : DeleteKeys();
    return {{"success", true}};
  }
  if (call.starts_with("CONSUMER.CREATE.")) {
    if (!request.is_object()) return Error(400, 10025, "invalid JSON");
    return CreateConsumer(nats, request);
  }
  if (call.starts_with("CONSUMER.DELETE.")) {
    consumers_.erase(tokens.at(3));
    return {{"success", true}};
  }
  return nullptr;
}

json FakeJetStream::CreateStream(const std::string& name, const json& config) {
  Stream* const stream = Find(name);
  if (stream == nullptr) return Error(400, 10025, "bad request");
  if (!stream->exists) {
    *stream = {.exists = true,
               .created = Concat("2026-01-01T00:00:00.", ++created_, "Z"),
               .config = config,
               .messages = {},
               .last_seq = 0};
    if (stream == &log_) seq_by_id_.clear();
    if (stream == &keys_) {
      newest_.clear();
      on_its_way_ = log_.messages;
    }
  }
  Mirror();
  json answer = Info(*stream);
  answer["did_create"] = true;
  return answer;
}

json FakeJetStream::Info(const Stream& stream) const {
  size_t bytes = 0;
  for (const auto& [seq, message] : stream.messages) bytes += message.data.size();
  const bool empty = stream.messages.empty();
  return {{"type", "io.nats.jetstream.api.v1.stream_info_response"},
          {"config", stream.config},
          {"created", stream.created},
          {"state",
           {{"messages", stream.messages.size()},
            {"bytes", bytes},
            {"first_seq", empty ? (stream.last_seq == 0 ? 0 : stream.last_seq + 1)
                                : stream.messages.begin()->first},
            {"last_seq",
             &stream == &log_ && pretended_last_seq_ != 0 ? pretended_last_seq_ : stream.last_seq},
            {"consumer_count", consumers_.size()}}}};
}

json FakeJetStream::CreateConsumer(FakeNats& nats, const json& request) {
  if (!request.is_object()) return Error(400, 10025, "bad request");
  const Stream* const stream = Find(request.value("stream_name", ""));
  if (stream == nullptr || !stream->exists) return NoStream();
  const json& config = request["config"];
  const std::string name = config.value("name", "");
  auto [at, made] = consumers_.try_emplace(name);
  if (made) {
    ++made_;
    at->second = {.nats = &nats,
                  .stream = request.value("stream_name", ""),
                  .filter = config.value("filter_subject", ""),
                  .next = config.value("opt_start_seq", uint64_t{1}),
                  .delivered = 0,
                  .requests = {}};
  }
  return {{"type", "io.nats.jetstream.api.v1.consumer_create_response"},
          {"stream_name", at->second.stream},
          {"name", name},
          {"config", config},
          {"num_pending", Pending(at->second)}};
}

void FakeJetStream::Next(const SentMessage& message, const std::string& consumer) {
  const auto at = consumers_.find(consumer);
  // As 2.9.10 does: it says nothing.
  if (at == consumers_.end()) return;
  const json request = json::parse(message.data, nullptr, false);
  at->second.requests.push_back(
      {.message = message,
       .left = request.value("batch", size_t{1}),
       .expires = now_ + base::Duration(request.value("expires", int64_t{0})),
       .said_at = now_});
}

json FakeJetStream::Publish(const SentMessage& message) {
  const auto header = [&](const std::string& name) -> std::optional<std::string> {
    const auto at = message.header.find(name);
    if (at == message.header.end()) return std::nullopt;
    return at->second;
  };
  const std::string id = header("Nats-Msg-Id").value_or("");
  if (const auto first = seq_by_id_.find(id); !id.empty() && first != seq_by_id_.end()) {
    return {{"stream", name_ + "_log"}, {"seq", first->second}, {"duplicate", true}};
  }
  if (const auto expected = header("Nats-Expected-Last-Sequence");
      expected && std::to_string(log_.last_seq) != *expected) {
    return Error(400, 10071, Concat("wrong last sequence: ", log_.last_seq));
  }
  if (const auto expected = header("Nats-Expected-Last-Subject-Sequence")) {
    uint64_t last = 0;
    for (const auto& [seq, stored] : log_.messages) {
      if (stored.subject == message.subject) last = seq;
    }
    if (std::to_string(last) != *expected) {
      return Error(400, 10071, Concat("wrong last sequence: ", last));
    }
  }
  return {{"stream", name_ + "_log"},
          {"seq", Put({.subject = message.subject, .id = id, .data = message.data})}};
}

uint64_t FakeJetStream::Put(Message message) {
  const uint64_t seq = ++log_.last_seq;
  message.stored_ns = ++clock_ns_;
  if (!message.id.empty()) seq_by_id_[message.id] = seq;
  if (keys_.exists) on_its_way_.emplace(seq, message);
  history_.insert_or_assign(seq, message);
  log_.messages.emplace(seq, std::move(message));
  Mirror();
  Evict(log_);
  return seq;
}

uint64_t FakeJetStream::Store(const std::string& subject, std::string data) {
  const uint64_t seq = Put({.subject = subject, .id = "", .data = std::move(data)});
  Deliver();
  return seq;
}

void FakeJetStream::Mirror() {
  if (mirror_held_ || !keys_.exists) return;
  for (auto& [seq, message] : std::exchange(on_its_way_, {})) {
    if (seq <= keys_.last_seq) continue;
    if (const auto [older, first] = newest_.try_emplace(message.subject, seq); !first) {
      keys_.messages.erase(std::exchange(older->second, seq));
    }
    keys_.messages.emplace(seq, std::move(message));
    keys_.last_seq = seq;
    Evict(keys_);
  }
}

void FakeJetStream::Evict(Stream& stream) {
  const int64_t max = stream.config.value("max_msgs", int64_t{-1});
  while (max > 0 && stream.messages.size() > static_cast<size_t>(max)) {
    stream.messages.erase(stream.messages.begin());
  }
}

void FakeJetStream::CreateStreams(int64_t max_msgs, int64_t max_keys, int64_t replicas) {
  const auto bound = [](int64_t max) { return max == 0 ? int64_t{-1} : max; };
  CreateStream(name_ + "_log", {{"name", name_ + "_log"},
                                {"subjects", {name_ + ".e.>", name_ + ".meta.>"}},
                                {"retention", "limits"},
                                {"discard", "old"},
                                {"max_msgs", bound(max_msgs)},
                                {"storage", "file"},
                                {"num_replicas", replicas},
                                {"duplicate_window", int64_t{120'000'000'000}}});
  CreateStream(name_ + "_keys", {{"name", name_ + "_keys"},
                                 {"mirror", {{"name", name_ + "_log"}}},
                                 {"max_msgs", bound(max_keys)},
                                 {"max_msgs_per_subject", 1}});
}

void FakeJetStream::Before(std::string prefix, std::function<void()> call) {
  before_ = std::move(prefix);
  before_call_ = std::move(call);
}

void FakeJetStream::DeleteLog() {
  log_ = {};
  DeleteConsumersOf(name_ + "_log", true);
}

void FakeJetStream::DeleteKeys() {
  keys_ = {};
  newest_.clear();
  DeleteConsumersOf(name_ + "_keys", true);
}

void FakeJetStream::SetLogBack(uint64_t last_seq) {
  log_.messages.erase(log_.messages.upper_bound(last_seq), log_.messages.end());
  log_.last_seq = last_seq;
  std::erase_if(seq_by_id_, [&](const auto& id) { return id.second > last_seq; });
}

void FakeJetStream::DeleteMessage(uint64_t seq) { log_.messages.erase(seq); }

void FakeJetStream::EvictUpTo(uint64_t seq) {
  log_.messages.erase(log_.messages.begin(), log_.messages.upper_bound(seq));
}

void FakeJetStream::HoldMirror(bool hold) {
  mirror_held_ = hold;
  Mirror();
  Deliver();
}

void FakeJetStream::DeleteConsumers(bool told) {
  DeleteConsumersOf(name_ + "_log", told);
  DeleteConsumersOf(name_ + "_keys", told);
}

void FakeJetStream::DeleteConsumersOf(const std::string& stream, bool told) {
  std::vector<std::pair<FakeNats*, SentMessage>> ended;
  for (auto at = consumers_.begin(); at != consumers_.end();) {
    if (at->second.stream != stream) {
      ++at;
      continue;
    }
    for (const Request& request : at->second.requests) {
      ended.emplace_back(at->second.nats, request.message);
    }
    at = consumers_.erase(at);
  }
  if (!told) return;
  for (const auto& [nats, message] : ended) nats->AnswerStatus(message, 409, "Consumer Deleted");
}

void FakeJetStream::Deliver() {
  // What it delivers may make the product send something.
  if (silent_ || std::exchange(delivering_, true)) return;
  for (bool more = true; more;) {
    more = false;
    std::vector<std::string> names;
    for (const auto& [name, consumer] : consumers_) names.push_back(name);
    for (const std::string& name : names) {
      const auto at = consumers_.find(name);
      if (at != consumers_.end() && DeliverTo(name, at->second)) more = true;
    }
  }
  delivering_ = false;
}

bool FakeJetStream::DeliverTo(const std::string& name, Consumer& consumer) {
  if (consumer.requests.empty()) return false;
  const Stream& stream = Of(consumer);
  auto at = stream.messages.lower_bound(consumer.next);
  while (at != stream.messages.end() && !consumer.filter.empty() &&
         at->second.subject != consumer.filter) {
    ++at;
  }
  if (at == stream.messages.end()) return false;
  const auto& [seq, message] = *at;
  consumer.next = seq + 1;
  Request& request = consumer.requests.front();
  const std::string inbox = request.message.reply;
  for (Request& other : consumer.requests) other.said_at = now_;
  if (--request.left == 0) consumer.requests.pop_front();
  const std::string reply =
      Concat("$JS.ACK.", consumer.stream, ".", name, ".1.", seq, ".", ++consumer.delivered, ".",
             message.stored_ns, ".", Pending(consumer));
  consumer.nats->DeliverTo(inbox, nats::Message::Make(message.subject, reply, message.data));
  return true;
}

uint64_t FakeJetStream::Pending(const Consumer& consumer) const {
  const Stream& stream = Of(consumer);
  const auto from = stream.messages.lower_bound(consumer.next);
  return static_cast<uint64_t>(std::count_if(from, stream.messages.end(), [&](const auto& message) {
    return consumer.filter.empty() || message.second.subject == consumer.filter;
  }));
}

void FakeJetStream::Tick(base::TimePoint now) {
  now_ = now;
  if (silent_) return;
  struct Said {
    FakeNats* nats;
    SentMessage message;
    int status;
    std::string_view text;
  };
  std::vector<Said> said;
  for (auto& [name, consumer] : consumers_) {
    for (Request& request : consumer.requests) {
      if (now >= request.expires) {
        said.push_back({consumer.nats, request.message, 408, "Request Timeout"});
      } else if (now - request.said_at >= kHeartbeat) {
        request.said_at = now;
        said.push_back({consumer.nats, request.message, 100, "Idle Heartbeat"});
      }
    }
    std::erase_if(consumer.requests, [&](const Request& r) { return now >= r.expires; });
  }
  for (const Said& s : said) s.nats->AnswerStatus(s.message, s.status, s.text);
  Deliver();
}

FakeJetStream::Stream* FakeJetStream::Find(std::string_view name) {
  if (name == name_ + "_log") return &log_;
  if (name == name_ + "_keys") return &keys_;
  return nullptr;
}

const FakeJetStream::Stream& FakeJetStream::Of(const Consumer& consumer) const {
  return consumer.stream == log_.config.value("name", "") ? log_ : keys_;
}

}  // namespace ssegw::testing
