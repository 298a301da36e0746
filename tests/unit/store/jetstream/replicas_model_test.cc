// Some gateways at one log, in schedules drawn at random: publishers with and without message ids,
// links that are lost, consumers that die, answers that do not come, a mirror that is behind, a log
// that has moved on, gateways that are killed. In the end nothing that was acknowledged is lost,
// nothing is there twice, each publisher's events are in its order, nothing is deleted that has not
// run out, and every gateway has the same window: the newest of each key, and what it followed
// without a hole.
//
// SSEGW_MODEL_SECONDS runs it for that long with other seeds; SSEGW_MODEL_SEED and
// SSEGW_MODEL_SCHEDULES=1 run one schedule.

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "internal/log/log.h"
#include "internal/sse/event_id.h"
#include "internal/store/jetstream/stored_event.h"
#include "internal/store/jetstream/subject.h"
#include "internal/window/snapshot_reader.h"
#include "tests/testing/fake_jetstream.h"
#include "tests/unit/store/jetstream/model_replica.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};
constexpr base::Duration kStep = milliseconds(20);
const base::WallTime kWall = std::chrono::system_clock::from_time_t(1'800'000'000);

// What the schedules came to.
struct Coverage {
  size_t acked = 0;
  size_t repeated = 0;
  size_t not_stored = 0;
  size_t unknown = 0;
  size_t deletions = 0;
  size_t gaps = 0;
  size_t restarts = 0;
  size_t reconnects = 0;
  size_t kills = 0;
};

class Schedule {
 public:
  Schedule(uint64_t seed, Coverage& coverage)
      : random_(seed),
        coverage_(coverage),
        streams_{.name = "n",
                 .max_events = !OneIn(4) ? 10 + Pick(40) : 100'000,
                 .publish_timeout = seconds(10)} {
    for (size_t i = 0, count = 2 + Pick(2); i < count; ++i) {
      replicas_.emplace_back();
      StartReplica(i);
    }
    publishers_.resize(3 + Pick(3));
    for (size_t i = 0; i < publishers_.size(); ++i) publishers_[i].has_ids = i % 2 == 0;
  }

  void Run() {
    for (size_t turn = 0, turns = 30 + Pick(60); turn < turns; ++turn) {
      Act();
      RunFor(kStep * Pick(OneIn(20) ? 700 : 20));
    }
    EndAct();
    publishing_ = false;
    const base::TimePoint give_up = now_ + seconds(120);
    while (now_ < give_up && !AllQuiet()) RunFor(kStep);
    // What has a ttl has run out, and has been deleted.
    RunFor(seconds(8));
    Check();
  }

 private:
  struct Publisher {
    bool has_ids = false;
    size_t replica = 0;
    // Of its event: out, or to be sent again.
    size_t number = 0;
    bool out = false;
    bool again = false;
    // Whoever answers an event of before is not heard.
    size_t call = 0;
  };

  // Of a key.
  struct Newest {
    uint64_t seq;
    std::string json;
    base::TimePoint expires_at;
  };

  uint64_t Pick(uint64_t n) { return std::uniform_int_distribution<uint64_t>(0, n - 1)(random_); }
  bool OneIn(uint64_t n) { return Pick(n) == 0; }
  base::WallTime Wall() const {
    return kWall + std::chrono::duration_cast<base::WallTime::duration>(now_ - kStart);
  }

  void StartReplica(size_t i) {
    nats_.push_back(std::make_unique<testing::FakeNats>());
    nats_of_[i] = nats_.back().get();
    server_.Attach(*nats_.back());
    replicas_[i] = std::make_unique<ModelReplica>(
        *nats_.back(), random_(), window::WindowLimits{.max_events = streams_.max_events}, streams_,
        [this] { return Wall(); }, now_);
  }

  void KillReplica(size_t i) {
    ++coverage_.kills;
    Collect(*replicas_[i]);
    for (Publisher& publisher : publishers_) {
      if (!publisher.out || publisher.replica != i) continue;
      ++publisher.call;
      publisher.out = false;
      // Nobody knows what became of it.
      Unknown(publisher);
    }
    replicas_[i].reset();
    StartReplica(i);
  }

  void Collect(const ModelReplica& replica) {
    coverage_.gaps += replica.stats().gaps.value();
    coverage_.reconnects += replica.stats().reconnects.value();
    for (const auto& restarts : replica.stats().reader_restarts) {
      coverage_.restarts += restarts.value();
    }
  }

  void Act() {
    switch (Pick(14)) {
      case 0:
        return nats_of_[Pick(replicas_.size())]->Close("lost");
      case 1:
        for (auto& [i, nats] : nats_of_) nats->Close("the server was killed");
        return;
      case 2:
        return server_.DeleteConsumers(/*told=*/OneIn(2));
      case 3:
        return server_.SilenceConsumers(OneIn(2));
      case 4:
        return server_.Ignore({"$JS.API"});
      case 5:
        return server_.Ignore({"n.e."});
      case 6:
        return server_.LoseAnswersTo({"n.e."});
      case 7:
        return server_.HoldMirror(OneIn(2));
      case 8:
        return KillReplica(Pick(replicas_.size()));
      case 9:
        if (server_.has_log()) server_.Store("n.meta.other", "foreign");
        return;
      case 10:
        for (auto& [i, nats] : nats_of_) {
          nats->AnswerDials(absl::UnavailableError("the server is down"));
          nats->Close("the server was killed");
        }
        return;
      default:
        return EndAct();
    }
  }
  void EndAct() {
    server_.SilenceConsumers(false);
    server_.Ignore({});
    server_.LoseAnswersTo({});
    server_.HoldMirror(false);
    for (auto& [i, nats] : nats_of_) nats->AnswerDials(absl::OkStatus());
  }

  void RunFor(base::Duration duration) {
    for (const base::TimePoint end = now_ + duration; now_ < end;) {
      now_ += kStep;
      server_.Tick(now_);
      for (auto& replica : replicas_) replica->RunAt(now_);
      for (size_t i = 0; i < publishers_.size(); ++i) {
        if (!publishers_[i].out && (publishers_[i].again || (publishing_ && OneIn(12)))) Publish(i);
      }
    }
  }

  std::string Json(size_t i) const {
    return base::Concat("\"", i, "-", publishers_[i].number, "\"");
  }

  void Publish(size_t i) {
    Publisher& publisher = publishers_[i];
    if (!std::exchange(publisher.again, false)) ++publisher.number;
    publisher.out = true;
    publisher.replica = Pick(replicas_.size());
    const std::string json = Json(i);
    // The same at each try, as what a publisher sends again is.
    const uint64_t kind = std::hash<std::string>()(json);
    const base::RefPtr<sse::Frame> frame = sse::Frame::Create(
        {.topic = base::Concat("t.", kind % 7),
         .key = base::Concat(i),
         .json = json,
         .received_at = now_,
         .received_wall = Wall(),
         .expires_at = kind % 11 == 0 ? now_ + seconds(2) : base::TimePoint::max()});
    replicas_[publisher.replica]->publisher().Append(
        {.frame = frame, .message_id = publisher.has_ids ? json : ""},
        [this, i, json, call = ++publisher.call](const AppendResult& result) {
          if (publishers_[i].call == call) OnAnswer(i, json, result);
        });
  }

  void OnAnswer(size_t i, const std::string& json, const AppendResult& result) {
    Publisher& publisher = publishers_[i];
    publisher.out = false;
    if (result.ok()) {
      ++coverage_.acked;
      coverage_.repeated += result->duplicate ? 1 : 0;
      EXPECT_TRUE(publisher.has_ids || !result->duplicate);
      acked_[json] = result->id;
      return;
    }
    const std::string message(result.status().message());
    EXPECT_TRUE(absl::IsUnavailable(result.status())) << result.status();
    if (message.starts_with("not stored:")) {
      ++coverage_.not_stored;
      // Unless an earlier try was.
      if (!unknown_.contains(json)) not_stored_.insert(json);
      return;
    }
    EXPECT_TRUE(message.starts_with("outcome unknown:")) << message;
    Unknown(publisher);
  }

  void Unknown(Publisher& publisher) {
    ++coverage_.unknown;
    unknown_.insert(Json(static_cast<size_t>(&publisher - publishers_.data())));
    publisher.again = publisher.has_ids;
  }

  bool AllQuiet() const {
    for (const auto& replica : replicas_) {
      if (!replica->following()) return false;
    }
    for (const Publisher& publisher : publishers_) {
      if (publisher.out || publisher.again) return false;
    }
    return true;
  }

  void Check() {
    ASSERT_TRUE(AllQuiet());
    // What was stored, ever.
    std::map<std::string, Newest> newest;
    std::vector<uint64_t> events;
    std::map<std::string, uint64_t> seq_by_json;
    std::map<std::string, size_t> last_number;
    for (const auto& [seq, message] : server_.history()) {
      const auto place = ParseEventSubject("n", message.subject);
      if (!place) continue;
      events.push_back(seq);
      const auto frame = DecodeStoredEvent(place->topic, place->key, message.data,
                                           {.steady = now_, .wall = Wall()});
      ASSERT_TRUE(frame);
      if (frame->deleted()) {
        ++coverage_.deletions;
        const auto deleted = newest.find(message.subject);
        ASSERT_NE(deleted, newest.end()) << seq << " deletes nothing";
        EXPECT_LE(deleted->second.expires_at, frame->received_at())
            << seq << " deletes " << deleted->second.json;
        newest.erase(deleted);
        continue;
      }
      const std::string json(frame->json());
      newest[message.subject] = {.seq = seq, .json = json, .expires_at = frame->expires_at()};
      EXPECT_GT(frame->expires_at(), now_ - seconds(200));
      EXPECT_TRUE(seq_by_json.emplace(json, seq).second) << json << " is there twice";
      EXPECT_FALSE(not_stored_.contains(json)) << json << " is there";
      const size_t number = std::stoul(json.substr(json.find('-') + 1));
      EXPECT_GT(number, last_number[place->key]) << json << " is out of order";
      last_number[place->key] = number;
    }
    const std::string epoch = replicas_[0]->window().epoch();
    for (const auto& [json, id] : acked_) {
      EXPECT_EQ(id, sse::FormatEventId(epoch, seq_by_json[json])) << json;
    }
    std::vector<std::string> snapshot;
    for (const auto& [subject, event] : newest) {
      snapshot.push_back(sse::FormatEventId(epoch, event.seq) + " " + event.json);
    }
    std::sort(snapshot.begin(), snapshot.end());
    for (auto& replica : replicas_) {
      CheckReplica(*replica, snapshot, events);
      Collect(*replica);
    }
  }

  static void CheckReplica(ModelReplica& replica, const std::vector<std::string>& snapshot,
                           const std::vector<uint64_t>& events) {
    std::vector<std::string> has;
    for (const auto& frame : TakeSnapshot(replica.window(), window::Filters::Everything()).frames) {
      EXPECT_EQ(frame->expires_at(), base::TimePoint::max()) << frame->id() << " has run out";
      has.push_back(base::Concat(frame->id(), " ", frame->json()));
    }
    std::sort(has.begin(), has.end());
    EXPECT_EQ(has, snapshot);
    const std::vector<uint64_t> followed = replica.Followed();
    if (followed.empty()) return;
    const auto from = std::find(events.begin(), events.end(), followed.front());
    EXPECT_EQ(followed, std::vector<uint64_t>(from, events.end()));
  }

  std::mt19937_64 random_;
  Coverage& coverage_;
  const StreamsOptions streams_;
  testing::FakeJetStream server_{"n"};
  base::TimePoint now_ = kStart;
  // They outlive their replicas: the server knows them.
  std::vector<std::unique_ptr<testing::FakeNats>> nats_;
  std::map<size_t, testing::FakeNats*> nats_of_;
  std::vector<std::unique_ptr<ModelReplica>> replicas_;
  std::vector<Publisher> publishers_;
  bool publishing_ = true;
  std::map<std::string, std::string> acked_;
  std::set<std::string> not_stored_;
  std::set<std::string> unknown_;
};

std::optional<uint64_t> FromEnvironment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional(std::strtoull(value, nullptr, 10));
}

TEST(ReplicasModelTest, EverySchedulesPromisesHold) {
  const std::optional<uint64_t> run_for = FromEnvironment("SSEGW_MODEL_SECONDS");
  const uint64_t first =
      FromEnvironment("SSEGW_MODEL_SEED").value_or(run_for ? std::random_device()() : 1);
  const uint64_t count = run_for ? std::numeric_limits<uint64_t>::max() - first
                                 : FromEnvironment("SSEGW_MODEL_SCHEDULES").value_or(30);
  log::SetLevel(log::Level::kError);
  const base::TimePoint begin = base::Now();
  Coverage coverage;
  uint64_t seed = first;
  for (; seed < first + count && !HasFailure(); ++seed) {
    if (run_for && base::Now() - begin > seconds(*run_for)) break;
    SCOPED_TRACE(base::Concat("to run it alone: SSEGW_MODEL_SEED=", seed,
                              " SSEGW_MODEL_SCHEDULES=1 jetstream_model_test"));
    Schedule(seed, coverage).Run();
  }
  std::printf("%llu schedules from seed %llu: %zu acknowledged\n",
              static_cast<unsigned long long>(seed - first), static_cast<unsigned long long>(first),
              coverage.acked);
  if (seed - first < 30) return;
  EXPECT_GT(coverage.acked, 1000U);
  EXPECT_GT(coverage.repeated, 5U);
  EXPECT_GT(coverage.not_stored, 5U);
  EXPECT_GT(coverage.unknown, 50U);
  EXPECT_GT(coverage.deletions, 50U);
  EXPECT_GT(coverage.gaps, 5U);
  EXPECT_GT(coverage.restarts, 50U);
  EXPECT_GT(coverage.reconnects, 50U);
  EXPECT_GT(coverage.kills, 50U);
}

}  // namespace
}  // namespace ssegw::store::jetstream
