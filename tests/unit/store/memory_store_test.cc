#include "internal/store/memory_store.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "internal/window/snapshot_reader.h"

namespace ssegw::store {
namespace {

using std::chrono::seconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

// It answers at once.
AppendResult AppendTo(Store& store, const sse::FrameContent& content,
                      std::string_view message_id = "") {
  return *store.Append(
      {.frame = sse::Frame::Create(content), .message_id = std::string(message_id)},
      [] { return AppendDone(); });
}

class MemoryStoreTest : public testing::Test {
 protected:
  Appended Append(std::string_view key, std::string_view message_id, base::TimePoint at = kStart,
                  base::TimePoint expires_at = base::TimePoint::max()) {
    const AppendResult appended = AppendTo(
        store_,
        {.topic = "t", .key = key, .json = "1", .received_at = at, .expires_at = expires_at},
        message_id);
    EXPECT_TRUE(appended.ok()) << appended.status();
    return *appended;
  }

  window::Window window_{"e", {}};
  MemoryStore store_{window_,
                     {.dedup_window = seconds(120),
                      .max_message_ids = 3,
                      .max_message_id_bytes = 100,
                      .max_json_bytes = 1000}};
};

TEST_F(MemoryStoreTest, AnswersWithTheIdOfTheEvent) {
  EXPECT_EQ(Append("k", "").id, "e-1");
  EXPECT_EQ(Append("k", "").id, "e-2");
}

TEST_F(MemoryStoreTest, RepeatIsAnsweredWithTheFirstIdAndNotAppended) {
  EXPECT_FALSE(Append("k", "m1").duplicate);
  Append("k", "m2");
  const Appended repeat = Append("other", "m1");
  EXPECT_TRUE(repeat.duplicate);
  EXPECT_EQ(repeat.id, "e-1");
  EXPECT_EQ(window_.head(), 2U);
}

TEST_F(MemoryStoreTest, SeveralAtOnceAreAsOneAfterAnother) {
  Append("k", "m0");
  const auto event = [](std::string_view key, const std::string& message_id, size_t bytes = 1) {
    return ValidEvent{
        .frame = sse::Frame::Create(
            {.topic = "t", .key = key, .json = std::string(bytes, '1'), .received_at = kStart}),
        .message_id = message_id};
  };
  std::vector<ValidEvent> events;
  events.push_back(event("a", "m1"));
  events.push_back(event("b", ""));
  events.push_back(event("c", "m1"));
  events.push_back(event("d", "m0"));
  events.push_back(event("e", "", 1001));
  events.push_back(event("f", "m2"));
  const PlacedEvents placed = store_.prompt()->AppendAll(events);
  EXPECT_EQ(placed.epoch, "e");
  ASSERT_EQ(placed.events.size(), 6U);
  struct Answer {
    uint64_t seq;
    bool duplicate;
  };
  const Answer answers[] = {{2, false}, {3, false}, {2, true}, {1, true}, {0, false}, {4, false}};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(placed.events[i].status.ok(), i != 4) << i;
    EXPECT_EQ(placed.events[i].seq, answers[i].seq) << i;
    EXPECT_EQ(placed.events[i].duplicate, answers[i].duplicate) << i;
  }
  EXPECT_EQ(window_.head(), 4U);
  EXPECT_EQ(store_.stats().appended, 4U);
  EXPECT_EQ(Append("k", "m2").id, "e-4") << "what came in several is remembered too";
}

TEST_F(MemoryStoreTest, RemembersForTheDedupWindowFromTheFirst) {
  Append("k", "m");
  EXPECT_TRUE(Append("k", "m", kStart + seconds(100)).duplicate);
  store_.Tick(kStart + seconds(120));
  EXPECT_TRUE(Append("k", "m", kStart + seconds(120)).duplicate);
  store_.Tick(kStart + seconds(121));
  EXPECT_FALSE(Append("k", "m", kStart + seconds(121)).duplicate);
}

TEST(MemoryStoreWithoutDedupTest, TakesEveryRepeatAsAnEventOfItsOwn) {
  window::Window window("e", {});
  MemoryStore store(window, {.dedup_window = base::Duration::zero()});
  for (const char* id : {"e-1", "e-2"}) {
    const auto appended = AppendTo(store, {.topic = "t", .json = "1"}, "m");
    EXPECT_EQ(appended->id, id);
    EXPECT_FALSE(appended->duplicate);
  }
}

TEST_F(MemoryStoreTest, ForgetsTheOldestBeyondItsBounds) {
  for (const char* id : {"1", "2", "3", "4"}) Append("k", id);
  EXPECT_EQ(store_.stats().message_ids.remembered, 3U);
  EXPECT_FALSE(Append("k", "1").duplicate);
  EXPECT_TRUE(Append("k", "4").duplicate);
  Append("k", std::string(60, 'x'));
  Append("k", std::string(60, 'y'));
  EXPECT_FALSE(Append("k", std::string(60, 'x')).duplicate);
}

TEST_F(MemoryStoreTest, CountsTheMessageIdsThatItForgetsForWantOfRoom) {
  for (const char* id : {"1", "2", "3"}) Append("k", id);
  EXPECT_EQ(store_.stats().message_ids.forgotten, 0U);
  Append("k", "4");
  EXPECT_EQ(store_.stats().message_ids.forgotten, 1U);
  Append("k", std::string(99, 'x'), kStart + seconds(119));
  EXPECT_EQ(store_.stats().message_ids.forgotten, 3U) << "their bytes";
  // Its time is over, or nearly.
  Append("k", std::string(99, 'y'), kStart + seconds(119 + 121));
  EXPECT_EQ(store_.stats().message_ids.forgotten, 3U);
  store_.Tick(kStart + seconds(1000));
  EXPECT_EQ(store_.stats().message_ids.remembered, 0U);
  EXPECT_EQ(store_.stats().message_ids.forgotten, 3U);
}

TEST_F(MemoryStoreTest, RefusesWhatIsLargerThanTheWindowAndForgetsIt) {
  const std::string json(2000, '1');
  const auto refused = AppendTo(store_, {.topic = "t", .json = json}, "m");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(window_.head(), 0U);
  EXPECT_FALSE(Append("k", "m").duplicate);
}

TEST_F(MemoryStoreTest, DeletesWhatOutlivesItsTtlOnceAndOnlyIfStillTheNewest) {
  Append("short", "", kStart, kStart + seconds(1));
  Append("updated", "", kStart, kStart + seconds(1));
  Append("updated", "", kStart);
  store_.Tick(kStart + seconds(1));
  store_.Tick(kStart + seconds(2));
  EXPECT_EQ(window_.head(), 4U);
  EXPECT_EQ(store_.stats().appended, 4U) << "the deletion too";
  const auto snapshot = window::TakeSnapshot(window_, window::Filters::Everything());
  ASSERT_EQ(snapshot.frames.size(), 1U);
  EXPECT_EQ(snapshot.frames[0]->key(), "updated");
}

TEST_F(MemoryStoreTest, TickLetsTheWindowEvictByAge) {
  Append("k", "");
  store_.Tick(kStart + std::chrono::minutes(6));
  EXPECT_EQ(window_.stats().events, 0U);
}

TEST_F(MemoryStoreTest, AFullStoreRefusesEventsButNotDeletionsAndRepeats) {
  Append("k", "m1");
  store_.SetFull(true);
  const auto refused = AppendTo(store_, {.topic = "t", .key = "k", .json = "1"});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(window_.head(), 1U);
  EXPECT_TRUE(Append("k", "m1").duplicate);
  EXPECT_TRUE(AppendTo(store_, {.topic = "t", .key = "k", .deleted = true}).ok());
  store_.SetFull(false);
  EXPECT_EQ(Append("k", "").id, "e-3");
}

}  // namespace
}  // namespace ssegw::store
