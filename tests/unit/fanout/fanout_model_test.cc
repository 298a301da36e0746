// Random schedules of publishing, slow reading, cuts and resumes on one shard, checked against a
// model that is too simple to be wrong: the list of all events. SSEGW_MODEL_SCHEDULES says how many
// schedules, SSEGW_MODEL_SEED where to begin; a failure names the seed of its schedule.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/fanout/shard.h"
#include "internal/fanout/subscription.h"
#include "tests/unit/fanout/fake_sink.h"

namespace ssegw::fanout {
namespace {

struct Published {
  std::string topic;
  std::string key;
  bool deleted;
};

using State = std::map<std::pair<std::string, std::string>, uint64_t>;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

class Schedule {
 public:
  explicit Schedule(uint64_t seed) : random_(seed) {
    const bool roomy = Pick(2) == 0;
    evicts_ = Pick(4) == 0;
    window_ = std::make_unique<window::Window>(
        "e", window::WindowLimits{.max_events = roomy ? 10'000U : 5U + Pick(40),
                                  .max_bytes = 1 << 24,
                                  .max_age = std::chrono::hours(1),
                                  .snapshot_max_keys = evicts_ ? 3 + Pick(10) : 10'000});
    shard_ = std::make_unique<Shard>(*window_, [] {});
    readers_.resize(1 + Pick(4));
    for (Reader& reader : readers_) Begin(reader);
  }

  void Run() {
    for (size_t step = 0; step < 300 && !testing::Test::HasFailure(); ++step) {
      Reader& reader = readers_[Pick(readers_.size())];
      switch (Pick(10)) {
        case 0:
        case 1:
        case 2:
        case 3: {
          for (size_t burst = Pick(8) == 0 ? Pick(100) : 1; burst > 0; --burst) Publish();
          break;
        }
        case 4:
        case 5:
          shard_->Turn();
          break;
        case 6:
        case 7:
          reader.sink.room += Pick(3) == 0 ? 5'000 : Pick(60);
          Serve(reader);
          break;
        case 8:
          if (reader.sink.wanted == Next::kWait) {
            reader.sink.wanted = reader.subscription->Heartbeat(base::Now());
          }
          break;
        case 9:
          if (Pick(3) == 0) {
            // A cut at any byte, and back with the last id that arrived whole.
            Read(reader);
            Connect(reader);
          }
          break;
      }
      for (Reader& each : readers_) Read(each);
    }
    Settle();
  }

 private:
  struct Reader {
    FakeSink sink;
    std::unique_ptr<Subscription> subscription;
    SubscriptionRequest request;
    // What a page would hold, and the last id it saw.
    State state;
    std::string last_id;
    uint64_t last_seq = 0;
    size_t parsed_bytes = 0;
    // With mode=all: every event of its filters after this one must come.
    uint64_t complete_after = 0;
    // That is where its snapshot ended, not merely somewhere after it.
    bool exact = true;
  };

  size_t Pick(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  void Publish() {
    Published event{.topic = base::Concat("t.", Pick(4)),
                    .key = std::string(1, static_cast<char>('a' + Pick(4))),
                    .deleted = Pick(6) == 0};
    window_->Append(sse::Frame::Create({.topic = event.topic,
                                        .key = event.key,
                                        .json = "\"0123456789\"",
                                        .deleted = event.deleted,
                                        .received_at = base::Now()}));
    log_.push_back(std::move(event));
  }

  void Begin(Reader& reader) {
    const char* const choices[] = {">", "t.*", "t.1", "t.>"};
    std::vector<window::Filter> filters = {*window::Filter::Parse(choices[Pick(4)])};
    if (Pick(2) == 0) filters.push_back(*window::Filter::Parse(base::Concat("t.", Pick(4))));
    reader.request.filters = window::Filters(std::move(filters));
    reader.request.mode = Pick(2) == 0 ? Mode::kAll : Mode::kLatest;
    Connect(reader);
  }

  void Connect(Reader& reader) {
    reader.subscription.reset();
    reader.sink.text.clear();
    reader.sink.room = Pick(3) == 0 ? 0 : Pick(500);
    reader.parsed_bytes = 0;
    reader.request.last_event_id = reader.last_id;
    if (reader.last_id.empty()) {
      reader.complete_after = window_->head();
      reader.exact = true;
      reader.last_seq = 0;
      reader.state.clear();
    } else if (reader.complete_after < reader.last_seq) {
      reader.complete_after = reader.last_seq;
    }
    // Cut in the middle of a snapshot, mode=all may go on in the log: from there all must come.
    if (reader.request.mode == Mode::kAll && !reader.last_id.empty()) {
      reader.complete_after = reader.last_seq;
    }
    reader.subscription = std::make_unique<Subscription>(
        *shard_, reader.sink, reader.request, false, "", std::chrono::milliseconds(1000));
    reader.sink.wanted = reader.subscription->Pump(base::Now());
  }

  void Serve(Reader& reader) {
    while (reader.sink.wanted == Next::kSoon ||
           (reader.sink.wanted == Next::kWritable && reader.sink.room > 0)) {
      reader.sink.wanted = reader.subscription->Pump(base::Now());
    }
  }

  uint64_t CountMatching(const Reader& reader, uint64_t after, uint64_t up_to) const {
    uint64_t count = 0;
    for (uint64_t seq = after + 1; seq <= up_to; ++seq) {
      if (reader.request.filters.Matches(log_[seq - 1].topic)) ++count;
    }
    return count;
  }

  void Read(Reader& reader) {
    const size_t end = reader.sink.text.rfind("\n\n");
    if (end == std::string::npos || end + 2 <= reader.parsed_bytes) return;
    const auto events =
        ParseEvents(std::string_view(reader.sink.text)
                        .substr(reader.parsed_bytes, end + 2 - reader.parsed_bytes));
    reader.parsed_bytes = end + 2;
    for (const ParsedEvent& event : events) {
      if (event.type == "gateway.reset") {
        Reset(reader, event);
      } else {
        Take(reader, event);
      }
    }
  }

  void Reset(Reader& reader, const ParsedEvent& event) {
    reader.state.clear();
    const uint64_t last_seq = std::exchange(reader.last_seq, 0);
    const auto missed = Missed(event);
    if (reader.request.mode != Mode::kAll) return;
    if (!missed || (!reader.exact && last_seq <= reader.complete_after)) {
      // It had been away. When the gateway said this, and so where its snapshot ends, is not known.
      reader.complete_after = std::max(reader.complete_after, window_->head());
      reader.exact = false;
      return;
    }
    // Exactly so many of its events after the last one; and every one after those.
    const uint64_t from = std::max(last_seq, reader.complete_after);
    uint64_t seq = from;
    for (uint64_t left = *missed; left > 0; --left) {
      do {
        ASSERT_LT(seq, log_.size()) << "missed " << *missed << " after " << from;
        ++seq;
      } while (!reader.request.filters.Matches(log_[seq - 1].topic));
    }
    reader.complete_after = seq;
    reader.exact = true;
    ++exact_resets_;
  }

  void Take(Reader& reader, const ParsedEvent& event) {
    ASSERT_GE(event.seq, 1U);
    ASSERT_LE(event.seq, log_.size());
    ASSERT_GT(event.seq, reader.last_seq) << "ids strictly increase";
    const Published& published = log_[event.seq - 1];
    ASSERT_TRUE(reader.request.filters.Matches(published.topic));
    ASSERT_EQ(event.type == "gateway.deleted", published.deleted);
    if (reader.request.mode == Mode::kAll && event.seq > reader.complete_after) {
      ASSERT_EQ(CountMatching(reader, std::max(reader.last_seq, reader.complete_after), event.seq),
                1U)
          << "a gap between " << reader.last_seq << " and " << event.seq;
    }
    reader.last_seq = event.seq;
    reader.last_id = base::Concat("e-", event.seq);
    const auto key = std::pair(published.topic, published.key);
    if (published.deleted) {
      reader.state.erase(key);
    } else {
      reader.state[key] = event.seq;
    }
  }

  // Everybody reads to the end; then every page shows the state of the model.
  void Settle() {
    while (shard_->Turn()) {
    }
    for (Reader& reader : readers_) {
      reader.sink.room = std::numeric_limits<size_t>::max();
      Serve(reader);
      Read(reader);
      if (testing::Test::HasFailure()) return;
      EXPECT_FALSE(reader.subscription->behind());
      State expected;
      for (const auto& frame : window_->TakeSnapshot(reader.request.filters).frames) {
        expected[{std::string(frame->topic()), std::string(frame->key())}] = frame->seq();
      }
      State shown = reader.state;
      // What was evicted under its eyes a page keeps, as nobody told it to forget.
      if (evicts_) std::erase_if(shown, [&](const auto& e) { return !expected.contains(e.first); });
      EXPECT_EQ(shown, expected);
      if (reader.request.mode == Mode::kAll && !log_.empty()) {
        EXPECT_EQ(
            CountMatching(reader, std::max(reader.last_seq, reader.complete_after), log_.size()),
            0U);
      }
    }
  }

 public:
  uint64_t exact_resets_ = 0;

 private:
  std::mt19937_64 random_;
  bool evicts_ = false;
  std::vector<Published> log_;
  std::unique_ptr<window::Window> window_;
  std::unique_ptr<Shard> shard_;
  std::vector<Reader> readers_;
};

TEST(FanoutModelTest, EverySchedulesPromisesHold) {
  const uint64_t first = FromEnvironment("SSEGW_MODEL_SEED", 1);
  const uint64_t count = FromEnvironment("SSEGW_MODEL_SCHEDULES", 2000);
  uint64_t exact_resets = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(base::Concat("SSEGW_MODEL_SEED=", seed, " SSEGW_MODEL_SCHEDULES=1"));
    Schedule schedule(seed);
    schedule.Run();
    exact_resets += schedule.exact_resets_;
    if (HasFailure()) return;
  }
  EXPECT_TRUE(count < 100 || exact_resets > 0) << "the schedules never came to what they test";
}

}  // namespace
}  // namespace ssegw::fanout
