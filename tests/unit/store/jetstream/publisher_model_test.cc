// Publishers with and without message ids, at a server that answers, stores without an answer, does
// it late, refuses, and goes away, in any order. Whatever happens: each event is answered once,
// what was acknowledged is stored, what is "not stored" never is, nothing is stored twice, and what
// was acknowledged of a lane is in its order.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/sse/event_id.h"
#include "internal/store/jetstream/publisher.h"
#include "tests/unit/store/jetstream/played_server.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SentMessage;

// The stream, as the server keeps it.
class PlayedLog {
 public:
  std::string Store(const SentMessage& message) {
    const std::string& id = message.header.at("Nats-Msg-Id");
    if (const auto first = seq_by_id_.find(id); first != seq_by_id_.end()) {
      return Ack(first->second, /*duplicate=*/true);
    }
    keys_.push_back(message.subject.substr(message.subject.rfind('~') + 1));
    seq_by_id_.emplace(id, keys_.size());
    return Ack(keys_.size());
  }
  // Of the messages, by seq.
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::map<std::string, uint64_t> seq_by_id_;
  std::vector<std::string> keys_;
};

class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed) {
    publisher_.SetEpoch("e");
    server_.nats.OnSent([this](const SentMessage& message) { arrived_.push_back(message); });
  }

  void Run() {
    for (int step = 0; step < 600; ++step) Step();
    // All is well again: what is out comes to its end.
    if (!server_.connected()) Connect();
    for (int i = 0; i < 300; ++i) {
      for (const SentMessage& message : std::exchange(arrived_, {})) {
        server_.nats.Answer(message, log_.Store(message));
      }
      server_.Run(milliseconds(50));
    }
    // What the server was given and has held back.
    for (const SentMessage& message : late_) log_.Store(message);
    Disconnect();
    Check();
  }

 private:
  bool Chance(unsigned percent) { return random_() % 100 < percent; }

  void Step() {
    if (Chance(40)) Append();
    if (Chance(3)) server_.connected() ? Disconnect() : Connect();
    if (Chance(2)) mood_ = static_cast<unsigned>(random_() % 4);
    while (!arrived_.empty() && Chance(80)) Handle();
    server_.Run(milliseconds(random_() % 120));
  }

  // Any of those that have arrived, so answers come in any order.
  void Handle() {
    const size_t index = random_() % arrived_.size();
    const SentMessage message = arrived_[index];
    arrived_.erase(arrived_.begin() + static_cast<std::ptrdiff_t>(index));
    const unsigned what = mood_ == 0 ? 0 : static_cast<unsigned>(random_() % 8);
    switch (what) {
      case 1:  // stored, and the answer is lost
        log_.Store(message);
        break;
      case 2:  // the message is lost
        break;
      case 3:  // stored later, as by a follower that comes back
        late_.push_back(message);
        break;
      case 4:
        server_.nats.AnswerStatus(message, 503);
        break;
      case 5:
        server_.nats.Answer(message, Refusal(Chance(50) ? kStoreFailed : kTemporarilyUnavailable));
        break;
      default:
        server_.nats.Answer(message, log_.Store(message));
    }
    if (!late_.empty() && Chance(10)) {
      log_.Store(late_.back());
      late_.pop_back();
    }
  }

  void Append() {
    const std::string key = std::to_string(appended_++);
    const uint64_t lane = random_() % 4;
    if (lane != 0) lanes_[lane].push_back(key);
    publisher_.Append({.frame = sse::Frame::Create({.topic = "t", .key = key, .json = "1"}),
                       .message_id = Chance(50) ? "id-" + key : "",
                       .lane = lane},
                      [this, key](AppendResult result) {
                        EXPECT_TRUE(answers_.emplace(key, std::move(result)).second)
                            << key << " is answered twice";
                      });
  }

  void Connect() { publisher_.SetRequests(server_.Connect()); }
  void Disconnect() {
    publisher_.SetRequests(nullptr);
    // What the server has received is not lost with the link.
    for (SentMessage& message : std::exchange(arrived_, {})) {
      if (Chance(50)) late_.push_back(std::move(message));
    }
    server_.Disconnect();
  }

  void Check() {
    EXPECT_EQ(answers_.size(), appended_);
    std::map<std::string, uint64_t> seqs;
    for (size_t i = 0; i < log_.keys().size(); ++i) {
      EXPECT_TRUE(seqs.emplace(log_.keys()[i], i + 1).second) << log_.keys()[i] << " twice";
    }
    size_t stored = 0;
    for (const auto& [key, answer] : answers_) {
      if (answer.ok()) {
        ++stored;
        EXPECT_EQ(answer->id, sse::FormatEventId("e", seqs[key])) << key;
      } else if (!std::string(answer.status().message()).starts_with("outcome unknown:")) {
        EXPECT_FALSE(seqs.contains(key)) << key << ": " << answer.status();
      }
    }
    EXPECT_GT(stored, appended_ / 4) << "else this tests little";
    for (const auto& [lane, keys] : lanes_) {
      uint64_t last = 0;
      for (const std::string& key : keys) {
        if (!answers_.at(key).ok()) continue;
        EXPECT_GT(seqs[key], last) << key << " is out of order";
        last = seqs[key];
      }
    }
  }

  std::mt19937_64 random_;
  PlayedServer server_;
  PlayedLog log_;
  SharedLogStats stats_;
  std::vector<SentMessage> arrived_;
  std::vector<SentMessage> late_;
  unsigned mood_ = 1;
  size_t appended_ = 0;
  std::map<uint64_t, std::vector<std::string>> lanes_;
  std::map<std::string, AppendResult> answers_;
  Publisher publisher_{
      server_.loop, stats_, {.name = "n", .writer = "w", .timeout = seconds(10), .random_seed = 1}};
};

TEST(PublisherModelTest, EachIsAnsweredOnceAndStoredAtMostOnce) {
  // Longer by hand: PUBLISHER_MODEL_ROUNDS=10000.
  const char* const given = std::getenv("PUBLISHER_MODEL_ROUNDS");
  const uint64_t rounds = given == nullptr ? 40 : std::stoull(given);
  for (uint64_t seed = 1; seed <= rounds; ++seed) {
    SCOPED_TRACE(base::Concat("seed ", seed));
    Model(seed).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace ssegw::store::jetstream
