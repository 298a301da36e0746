#ifndef SSEGW_TESTS_TESTING_FAKE_JETSTREAM_H_
#define SSEGW_TESTS_TESTING_FAKE_JETSTREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/time.h"
#include "tests/testing/fake_nats.h"

namespace ssegw::testing {

// What of JetStream a log needs, in memory and in played time: a server that any number of FakeNats
// are links to. It does what nats-server 2.9.10 was seen to do, and what a test tells it.
//
// Thread: one. It answers and delivers within the call that asks.
class FakeJetStream {
 public:
  // The streams are <name>_log and <name>_keys.
  explicit FakeJetStream(std::string name);

  // What that link sends comes here from now on.
  void Attach(FakeNats& nats);
  // Sends heartbeats, ends requests that have run out. Call at least twice in the time of a
  // heartbeat.
  void Tick(base::TimePoint now);

  // As they were created by the product, without its request.
  // Zero: no bound.
  void CreateStreams(int64_t max_msgs = 0, int64_t max_keys = 0, int64_t replicas = 1);
  void CreateKeys(const nlohmann::json& config) { CreateStream(name_ + "_keys", config); }
  void DeleteLog();
  void DeleteKeys();
  // What came after that seq was never there. The mirror is as it was.
  void SetLogBack(uint64_t last_seq);
  void DeleteMessage(uint64_t seq);
  // Everything up to that seq is evicted.
  void EvictUpTo(uint64_t seq);
  // Stores a message, as a publisher's: returns its seq.
  uint64_t Store(const std::string& subject, std::string data);

  // Who asks about the log is told that it ends there, as by a leader that has not yet applied all;
  // zero: no longer.
  void PretendLastSeq(uint64_t seq) { pretended_last_seq_ = seq; }
  // What comes is on its way to the mirror, until it is false again.
  void HoldMirror(bool hold);
  // Requests of the API that begin so have no answer.
  void Ignore(std::set<std::string> prefixes) { ignored_ = std::move(prefixes); }
  // Once, before the next message whose subject begins so is looked at.
  void Before(std::string prefix, std::function<void()> call);
  // They are done, but the answers are lost.
  void LoseAnswersTo(std::set<std::string> prefixes) { lost_ = std::move(prefixes); }
  // Consumers neither deliver nor say anything.
  void SilenceConsumers(bool silent) { silent_ = silent; }
  // Deletes all consumers; told: their requests end with 409.
  void DeleteConsumers(bool told);

  bool has_log() const { return log_.exists; }
  bool has_keys() const { return keys_.exists; }
  uint64_t last_seq() const { return log_.last_seq; }
  size_t consumers() const { return consumers_.size(); }
  size_t consumers_made() const { return made_; }
  // Messages of the log, by seq.
  struct Message {
    std::string subject;
    std::string id;
    std::string data;
    int64_t stored_ns = 0;
  };
  const std::map<uint64_t, Message>& messages() const { return log_.messages; }
  // The same with what it has evicted.
  const std::map<uint64_t, Message>& history() const { return history_; }

 private:
  struct Stream {
    bool exists = false;
    std::string created;
    nlohmann::json config;
    std::map<uint64_t, Message> messages;
    uint64_t last_seq = 0;
  };
  struct Request {
    SentMessage message;
    size_t left = 0;
    base::TimePoint expires = {};
    base::TimePoint said_at = {};
  };
  struct Consumer {
    FakeNats* nats = nullptr;
    std::string stream;
    std::string filter;
    uint64_t next = 1;
    uint64_t delivered = 0;
    std::deque<Request> requests;
  };

  void Answer(FakeNats& nats, const SentMessage& message, const nlohmann::json& answer) const;
  void OnSent(FakeNats& nats, const SentMessage& message);
  nlohmann::json Api(FakeNats& nats, const SentMessage& message, std::string_view call);
  nlohmann::json CreateStream(const std::string& name, const nlohmann::json& config);
  nlohmann::json Info(const Stream& stream) const;
  nlohmann::json CreateConsumer(FakeNats& nats, const nlohmann::json& request);
  void Next(const SentMessage& message, const std::string& consumer);
  nlohmann::json Publish(const SentMessage& message);
  uint64_t Put(Message message);
  void Mirror();
  void Evict(Stream& stream);
  void Deliver();
  bool DeliverTo(const std::string& name, Consumer& consumer);
  uint64_t Pending(const Consumer& consumer) const;
  void DeleteConsumersOf(const std::string& stream, bool told);
  Stream* Find(std::string_view name);
  const Stream& Of(const Consumer& consumer) const;

  const std::string name_;
  Stream log_;
  Stream keys_;
  std::map<std::string, uint64_t> newest_;  // of the mirror, by subject
  std::map<uint64_t, Message> history_;
  std::map<uint64_t, Message> on_its_way_;  // to the mirror
  uint64_t pretended_last_seq_ = 0;
  std::map<std::string, uint64_t> seq_by_id_;
  std::map<std::string, Consumer> consumers_;
  std::set<std::string> ignored_;
  std::set<std::string> lost_;
  std::string before_;
  std::function<void()> before_call_;
  bool mirror_held_ = false;
  bool silent_ = false;
  bool delivering_ = false;
  size_t made_ = 0;
  uint64_t created_ = 0;
  int64_t clock_ns_ = 1'800'000'000'000'000'000;
  base::TimePoint now_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_FAKE_JETSTREAM_H_
