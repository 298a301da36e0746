#include "internal/window/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "internal/window/snapshot_reader.h"

namespace ssegw::window {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

class WindowTest : public testing::Test {
 protected:
  static WindowLimits Small() {
    return {.max_events = 4, .max_bytes = 1 << 20, .max_age = seconds(60), .snapshot_max_keys = 3};
  }

  uint64_t Put(std::string_view topic, std::string_view key, base::TimePoint at = kStart) {
    return window_->Append(
        sse::Frame::Create({.topic = topic, .key = key, .json = "1", .received_at = at}));
  }
  uint64_t Delete(std::string_view topic, std::string_view key) {
    return window_->Append(sse::Frame::Create({.topic = topic, .key = key, .deleted = true}));
  }
  static std::vector<uint64_t> Seqs(const std::vector<sse::FramePtr>& frames) {
    std::vector<uint64_t> seqs;
    for (const auto& frame : frames) seqs.push_back(frame->seq());
    return seqs;
  }
  ReadResult Read(ReadMode mode, uint64_t cursor, uint64_t snapshot_end = 0,
                  size_t max_frames = 64) {
    return window_->Read(all_, mode, cursor, snapshot_end, max_frames);
  }
  Window::Resume ResumeFrom(ReadMode mode, uint64_t cursor) {
    return window_->ResumeFrom(all_, mode, cursor);
  }
  std::vector<uint64_t> Snapshot() { return Seqs(TakeSnapshot(*window_, all_).frames); }

  const Filters all_ = Filters::Everything();
  std::unique_ptr<Window> window_ = std::make_unique<Window>("e", Small());
};

TEST_F(WindowTest, NumbersEventsFromOne) {
  EXPECT_EQ(window_->head(), 0U);
  EXPECT_EQ(Put("a", "k"), 1U);
  EXPECT_EQ(Put("a", "k"), 2U);
  EXPECT_EQ(window_->head(), 2U);
  EXPECT_EQ(TakeSnapshot(*window_, all_).frames[0]->id(), "e-2");
}

TEST_F(WindowTest, SnapshotIsTheNewestOfEachTopicAndKeyInSeqOrder) {
  Put("a", "k");
  Put("b", "k");
  Put("a", "l");
  Put("a", "k");
  EXPECT_THAT(Snapshot(), ElementsAre(2, 3, 4));
}

TEST_F(WindowTest, EveryReadsAllThatTheWindowHoldsAndKnowsWhatItLost) {
  for (int i = 0; i < 6; ++i) Put("a", "k");
  EXPECT_EQ(window_->earliest_cursor(), 2U);
  const ReadResult read = Read(ReadMode::kEvery, 2);
  EXPECT_THAT(Seqs(read.frames), ElementsAre(3, 4, 5, 6));
  EXPECT_TRUE(read.caught_up);
  EXPECT_EQ(read.cursor, 6U);
  EXPECT_TRUE(Read(ReadMode::kEvery, 1).expired);
  EXPECT_EQ(ResumeFrom(ReadMode::kEvery, 1), Window::Resume::kExpired);
  EXPECT_EQ(ResumeFrom(ReadMode::kEvery, 2), Window::Resume::kReplay);
  EXPECT_EQ(ResumeFrom(ReadMode::kEvery, 6), Window::Resume::kNothingMissed);
}

TEST_F(WindowTest, NewestReadsPastTheWindowAndSkipsWhatIsSuperseded) {
  Put("old", "k");
  for (int i = 0; i < 6; ++i) Put("a", "k");
  EXPECT_THAT(Seqs(Read(ReadMode::kNewest, 0).frames), ElementsAre(1, 7));
  EXPECT_THAT(Seqs(Read(ReadMode::kNewest, 1).frames), ElementsAre(7));
  EXPECT_TRUE(Read(ReadMode::kNewest, 7).caught_up);
}

TEST_F(WindowTest, ReadsInSlicesFromTheCursorItGave) {
  Put("a", "1");
  Put("a", "2");
  Put("a", "3");
  for (const ReadMode mode : {ReadMode::kEvery, ReadMode::kNewest}) {
    const ReadResult first = Read(mode, 0, 0, 2);
    EXPECT_THAT(Seqs(first.frames), ElementsAre(1, 2));
    EXPECT_FALSE(first.caught_up);
    const ReadResult second = Read(mode, first.cursor, 0, 2);
    EXPECT_THAT(Seqs(second.frames), ElementsAre(3));
    EXPECT_TRUE(second.caught_up);
  }
}

TEST_F(WindowTest, PassesOverWhatTheFiltersDoNotMatch) {
  const Filters b({*Filter::Parse("b")});
  Put("a", "1");
  Put("b", "2");
  Put("a", "3");
  const ReadResult read = window_->Read(b, ReadMode::kEvery, 0, 0, 64);
  EXPECT_THAT(Seqs(read.frames), ElementsAre(2));
  EXPECT_EQ(read.cursor, 3U);
  EXPECT_TRUE(read.caught_up);
  EXPECT_EQ(window_->Count(b, 0, 3), 1U);
  EXPECT_EQ(window_->Count(all_, 1, 3), 2U);
  Put("a", "4");
  Put("a", "5");
  EXPECT_EQ(window_->Count(all_, 0, 5), std::nullopt);
}

TEST_F(WindowTest, HoldsTheLockForBoundedScansOnly) {
  WindowLimits limits;
  window_ = std::make_unique<Window>("e", limits);
  for (size_t i = 0; i < Window::kScanPerRead + 10; ++i) {
    Put(std::to_string(i % 500) + ".a", std::to_string(i));
  }
  // Which of five hundred topics these are is not looked up.
  const Filters none({*Filter::Parse("*.b")});
  for (const ReadMode mode : {ReadMode::kEvery, ReadMode::kNewest}) {
    const ReadResult read = window_->Read(none, mode, 0, 0, 64);
    EXPECT_THAT(read.frames, IsEmpty());
    EXPECT_EQ(read.cursor, Window::kScanPerRead);
    EXPECT_FALSE(read.caught_up);
  }
}

TEST_F(WindowTest, ReadingAQuietTopicPassesOverAllThatTheOthersHave) {
  window_ = std::make_unique<Window>("e", WindowLimits());
  Put("quiet.a", "k");
  for (size_t i = 0; i < 2 * Window::kScanPerRead; ++i)
    Put("busy." + std::to_string(i % 1000), "k");
  const uint64_t last = Put("quiet.b", "k");
  for (const char* text : {"quiet.>", "quiet.*"}) {
    const Filters filters({*Filter::Parse(text)});
    for (const ReadMode mode : {ReadMode::kEvery, ReadMode::kNewest}) {
      const ReadResult read = window_->Read(filters, mode, 0, 0, 64);
      EXPECT_THAT(Seqs(read.frames), ElementsAre(1, last)) << text;
      EXPECT_TRUE(read.caught_up) << text;
      const ReadResult one = window_->Read(filters, mode, 0, 0, 1);
      EXPECT_THAT(Seqs(one.frames), ElementsAre(1));
      EXPECT_EQ(one.cursor, 1U);
      EXPECT_FALSE(one.caught_up);
    }
    EXPECT_EQ(window_->Count(filters, 0, last), 2U);
    EXPECT_EQ(window_->Count(filters, 1, last - 1), 0U);
  }
}

TEST_F(WindowTest, ReadingAThousandNamedTopicsPassesOverAllThatTheOthersHave) {
  window_ = std::make_unique<Window>("e", WindowLimits());
  constexpr size_t kTopics = 5'000;
  std::vector<Filter> named;
  for (size_t i = 0; i < kTopics; ++i) {
    const std::string topic = "t." + std::to_string(i);
    Put(topic, "k");
    if (i % 5 == 0) named.push_back(*Filter::Parse(topic));
  }
  const Filters filters(std::move(named));
  ASSERT_EQ(filters.all().size(), 1'000U);
  for (const ReadMode mode : {ReadMode::kEvery, ReadMode::kNewest}) {
    const ReadResult read = window_->Read(filters, mode, 0, 0, kTopics);
    EXPECT_EQ(read.frames.size(), 1'000U);
    EXPECT_TRUE(read.caught_up) << "more than a scan, in one slice";
  }
  EXPECT_EQ(TakeSnapshot(*window_, filters).frames.size(), 1'000U);
  EXPECT_EQ(window_->Count(filters, 0, kTopics), 1'000U);
}

TEST_F(WindowTest, WhatOtherTopicsLostIsNotMissed) {
  const Filters quiet({*Filter::Parse("quiet")});
  const auto resume = [&](uint64_t cursor) {
    return window_->ResumeFrom(quiet, ReadMode::kEvery, cursor);
  };
  Put("quiet", "k");
  Put("quiet", "k");
  for (int i = 0; i < 10; ++i) Put("busy", "k");
  // The window has lost both events of the topic, and who has seen the second has all.
  EXPECT_EQ(resume(1), Window::Resume::kExpired);
  EXPECT_EQ(resume(2), Window::Resume::kNothingMissed);
  EXPECT_TRUE(window_->Read(quiet, ReadMode::kEvery, 1, 0, 64).expired);
  EXPECT_FALSE(window_->Read(quiet, ReadMode::kEvery, 2, 0, 64).expired);
  const uint64_t next = Put("quiet", "k");
  EXPECT_EQ(resume(2), Window::Resume::kReplay);
  EXPECT_THAT(Seqs(window_->Read(quiet, ReadMode::kEvery, 2, 0, 64).frames), ElementsAre(next));
  EXPECT_EQ(window_->Count(quiet, 2, next), 1U);
  EXPECT_EQ(window_->Count(quiet, 1, next), std::nullopt);
}

TEST_F(WindowTest, KeysThatOtherTopicsForgotAreNotMissed) {
  const Filters quiet({*Filter::Parse("quiet")});
  Put("quiet", "a");
  Put("quiet", "b");
  const auto resume = [&](uint64_t cursor) {
    return window_->ResumeFrom(quiet, ReadMode::kNewest, cursor);
  };
  // Room for three keys: "a" of the quiet topic is forgotten, and then those of the busy one.
  Put("busy", "1");
  Put("busy", "2");
  EXPECT_EQ(resume(0), Window::Resume::kExpired);
  EXPECT_EQ(resume(1), Window::Resume::kReplay);
  Put("quiet", "b");
  for (int i = 3; i < 5; ++i) Put("busy", std::to_string(i));
  EXPECT_EQ(Snapshot(), (std::vector<uint64_t>{5, 6, 7}));
  // Keys up to 4 are forgotten, but of this topic only that of 1.
  EXPECT_EQ(ResumeFrom(ReadMode::kNewest, 3), Window::Resume::kExpired);
  EXPECT_EQ(resume(0), Window::Resume::kExpired);
  EXPECT_EQ(resume(2), Window::Resume::kReplay);
  EXPECT_FALSE(window_->Read(quiet, ReadMode::kNewest, 2, 0, 64).expired);
  EXPECT_EQ(resume(5), Window::Resume::kNothingMissed);
}

TEST_F(WindowTest, ATopicThatIsGoneAltogetherIsKnownToHaveLostSomething) {
  const Filters gone({*Filter::Parse("gone")});
  Put("gone", "k");
  Put("gone", "k");
  for (int i = 0; i < 10; ++i) Put("busy", std::to_string(i));
  // Its key has been forgotten too, so nothing is left that would tell where its events were.
  EXPECT_EQ(window_->ResumeFrom(gone, ReadMode::kEvery, 1), Window::Resume::kExpired);
  EXPECT_EQ(window_->ResumeFrom(gone, ReadMode::kEvery, 12), Window::Resume::kNothingMissed);
  Put("gone", "k");
  EXPECT_EQ(window_->ResumeFrom(gone, ReadMode::kEvery, 1), Window::Resume::kExpired);
}

// Against a list of all events, whatever the filters: found by the index or by looking at each.
TEST_F(WindowTest, ReadsWhatMatchesWhateverTheWayItIsFound) {
  std::mt19937_64 random(7);
  const auto pick = [&](uint64_t n) {
    return std::uniform_int_distribution<uint64_t>(0, n - 1)(random);
  };
  const char* const filters[] = {">",     "a.>", "a.1",  "a.*",   "*.1", "b.2.>",
                                 "b.*.3", "c.>", "c.17", "*.*.1", "z",   "c.*.1"};
  for (int round = 0; round < 30; ++round) {
    window_ = std::make_unique<Window>("e", WindowLimits{.max_events = 50 + pick(300),
                                                         .max_bytes = 1 << 24,
                                                         .max_age = seconds(60),
                                                         .snapshot_max_keys = 1000});
    struct Event {
      std::string topic;
      std::string key;
      bool deleted;
    };
    std::vector<Event> events = {{}};
    for (size_t n = 600; n > 0; --n) {
      const uint64_t which = pick(10);
      Event event{.topic = which == 0 ? "a." + std::to_string(pick(3))
                           : which == 1
                               ? "b." + std::to_string(pick(4)) + "." + std::to_string(pick(4))
                               : "c." + std::to_string(pick(200)),
                  .key = std::to_string(pick(3)),
                  .deleted = pick(5) == 0};
      event.deleted ? Delete(event.topic, event.key) : Put(event.topic, event.key);
      events.push_back(std::move(event));
      if (pick(20) != 0) continue;

      std::vector<Filter> texts = {*Filter::Parse(filters[pick(std::size(filters))])};
      if (pick(3) == 0) texts.push_back(*Filter::Parse(filters[pick(std::size(filters))]));
      if (pick(4) == 0) {
        for (auto more = pick(150); more > 0; --more) {
          texts.push_back(*Filter::Parse("c." + std::to_string(pick(200))));
        }
      }
      const Filters wanted(std::move(texts));
      const uint64_t head = events.size() - 1;
      const uint64_t cursor = pick(head + 1);
      const uint64_t snapshot_end = pick(2) == 0 ? 0 : pick(head + 1);
      std::vector<uint64_t> every;
      std::map<std::pair<std::string, std::string>, uint64_t> newest;
      for (uint64_t seq = 1; seq <= head; ++seq) {
        if (!wanted.Matches(events[seq].topic)) continue;
        if (seq > cursor) every.push_back(seq);
        newest[{events[seq].topic, events[seq].key}] = seq;
      }
      std::vector<uint64_t> latest;
      for (const auto& [key, seq] : newest) {
        if (seq > cursor && (!events[seq].deleted || seq > snapshot_end)) latest.push_back(seq);
      }
      std::sort(latest.begin(), latest.end());

      for (const ReadMode mode : {ReadMode::kEvery, ReadMode::kNewest}) {
        SCOPED_TRACE(wanted.canonical() + " after " + std::to_string(cursor));
        std::vector<uint64_t> got;
        ReadResult read{.cursor = cursor};
        while (!read.caught_up && !read.expired) {
          read = window_->Read(wanted, mode, read.cursor, snapshot_end, 1 + pick(70));
          for (const uint64_t seq : Seqs(read.frames)) got.push_back(seq);
        }
        if (read.expired) {
          // Only where an event that it wanted is really gone, or that is not known of so many.
          ASSERT_EQ(mode, ReadMode::kEvery);
          ASSERT_LT(cursor, window_->earliest_cursor());
          continue;
        }
        ASSERT_EQ(got, mode == ReadMode::kEvery ? every : latest);
        ASSERT_EQ(read.cursor, head);
        if (mode == ReadMode::kNewest) continue;
        ASSERT_EQ(window_->Count(wanted, cursor, head), every.size());
      }
    }
  }
}

TEST_F(WindowTest, DeletionLeavesTheSnapshotAndReachesThoseWhoKnewTheKey) {
  Put("a", "k");
  Put("a", "l");
  Delete("a", "k");
  EXPECT_THAT(Snapshot(), ElementsAre(2));
  EXPECT_THAT(Seqs(Read(ReadMode::kNewest, 1).frames), ElementsAre(2, 3));
  // One who began with the snapshot of this head never had the key.
  EXPECT_THAT(Seqs(Read(ReadMode::kNewest, 0, 3).frames), ElementsAre(2));
  // But one whose snapshot began before the deletion may have.
  EXPECT_THAT(Seqs(Read(ReadMode::kNewest, 0, 2).frames), ElementsAre(2, 3));
  Put("a", "k");
  EXPECT_THAT(Snapshot(), ElementsAre(2, 4));
  EXPECT_THAT(Seqs(Read(ReadMode::kNewest, 1).frames), ElementsAre(2, 4));
}

TEST_F(WindowTest, DeletingAnUnknownKeyIsAppendedAllTheSame) {
  EXPECT_EQ(Delete("a", "never"), 1U);
  EXPECT_THAT(Seqs(Read(ReadMode::kEvery, 0).frames), ElementsAre(1));
}

TEST_F(WindowTest, EvictedKeysMakeOlderCursorsExpire) {
  for (const char* key : {"1", "2", "3", "4"}) Put("a", key);  // room for three
  EXPECT_THAT(Snapshot(), ElementsAre(2, 3, 4));
  EXPECT_EQ(ResumeFrom(ReadMode::kNewest, 0), Window::Resume::kExpired);
  EXPECT_EQ(ResumeFrom(ReadMode::kNewest, 1), Window::Resume::kReplay);
  EXPECT_TRUE(Read(ReadMode::kNewest, 0).expired);
  EXPECT_FALSE(Read(ReadMode::kNewest, 0, 4).expired) << "a new snapshot";
}

TEST_F(WindowTest, EvictionIsByLastUpdate) {
  Put("a", "1");
  Put("a", "2");
  Put("a", "1");
  Put("a", "3");
  Put("a", "4");
  EXPECT_THAT(Snapshot(), ElementsAre(3, 4, 5));
}

TEST_F(WindowTest, ForgottenTombstonesMakeOlderCursorsExpire) {
  for (const char* key : {"1", "2", "3", "4"}) Delete("a", key);  // room for three
  EXPECT_EQ(ResumeFrom(ReadMode::kNewest, 0), Window::Resume::kExpired);
  EXPECT_EQ(ResumeFrom(ReadMode::kNewest, 1), Window::Resume::kReplay);
}

TEST_F(WindowTest, BoundsTheLogAndTheSnapshotInBytes) {
  WindowLimits limits = Small();
  limits.max_events = 1000;
  limits.snapshot_max_keys = 1000;
  limits.max_bytes = 10'000;
  limits.snapshot_max_bytes = 10'000;
  window_ = std::make_unique<Window>("e", limits);
  const std::string json(1000, '1');
  for (int i = 0; i < 50; ++i) {
    window_->Append(sse::Frame::Create({.topic = "a", .key = std::to_string(i), .json = json}));
  }
  EXPECT_LE(window_->stats().bytes, 10'000U);
  EXPECT_GT(window_->stats().events, 5U);
  EXPECT_LE(Snapshot().size(), 10U);
  EXPECT_GT(Snapshot().size(), 5U);
}

TEST_F(WindowTest, CountsWhatItForgetsForWantOfRoomByTheBound) {
  WindowLimits limits = Small();
  limits.snapshot_max_bytes = 4000;
  window_ = std::make_unique<Window>("e", limits);
  const auto counts = [this] {
    const Forgotten forgotten = window_->stats().forgotten;
    return std::vector<uint64_t>{forgotten.keys, forgotten.bytes, forgotten.tombstones};
  };
  for (const char* key : {"1", "2", "3", "1", "2", "3"}) Put("a", key);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0)) << "what is superseded or leaves the log is no loss";
  Put("a", "4");
  Put("a", "5");
  EXPECT_THAT(counts(), ElementsAre(2, 0, 0));
  window_->Append(sse::Frame::Create({.topic = "a", .key = "5", .json = std::string(3900, '1')}));
  EXPECT_THAT(counts(), ElementsAre(2, 2, 0));
  for (const char* key : {"5", "6", "7"}) Delete("a", key);
  EXPECT_EQ(window_->stats().tombstones, 3U);
  EXPECT_THAT(counts(), ElementsAre(2, 2, 0)) << "what its publisher deletes is not forgotten";
  Delete("a", "8");
  EXPECT_THAT(counts(), ElementsAre(2, 2, 1));
  EXPECT_EQ(window_->stats().tombstones, 3U);
}

TEST_F(WindowTest, BoundsItsTombstonesInBytes) {
  WindowLimits limits = Small();
  limits.snapshot_max_keys = 1000;
  limits.tombstones_max_bytes = 10'000;
  window_ = std::make_unique<Window>("e", limits);
  for (int i = 0; i < 500; ++i) Delete("a", std::to_string(i));
  const WindowStats stats = window_->stats();
  EXPECT_LT(stats.tombstones, 100U);
  EXPECT_GT(stats.tombstones, 10U);
  EXPECT_EQ(stats.tombstones + stats.forgotten.tombstones, 500U);
}

// A frame that the log and the snapshot hold counts once, and until the last of them lets go.
TEST_F(WindowTest, CountsTheFramesThatItHoldsOnce) {
  WindowLimits limits = Small();
  limits.max_events = 40;
  limits.snapshot_max_keys = 20;
  window_ = std::make_unique<Window>("e", limits);
  const size_t before = sse::Frame::all_memory_bytes();
  std::mt19937 random(3);
  for (int step = 0; step < 3000; ++step) {
    const auto pick = [&](unsigned n) { return std::to_string(random() % n); };
    if (random() % 3 == 0) {
      Delete("t" + pick(3), pick(40));
    } else {
      Put("t" + pick(3), pick(40), kStart + seconds(step / 100));
    }
    if (random() % 50 == 0) window_->ExpireByAge(kStart + seconds(60 + step / 100));
    const WindowStats stats = window_->stats();
    ASSERT_EQ(stats.frame_bytes, sse::Frame::all_memory_bytes() - before) << step;
    ASSERT_GE(stats.log_memory_bytes + stats.live_memory_bytes + stats.tombstone_memory_bytes,
              stats.frame_bytes);
  }
}

TEST_F(WindowTest, TheLogShrinksToANewBoundAndGrowsAgainAndTheSnapshotStays) {
  window_ = std::make_unique<Window>("e", WindowLimits());
  for (int i = 0; i < 5000; ++i) Put("a", std::to_string(i % 100));
  const WindowStats before = window_->stats();
  EXPECT_EQ(before.events, 5000U);
  window_->SetLogMaxBytes(before.bytes / 10);
  EXPECT_LE(window_->stats().bytes, before.bytes / 10);
  EXPECT_GT(window_->stats().events, 400U);
  Put("a", "k");
  EXPECT_LE(window_->stats().bytes, before.bytes / 10);
  EXPECT_EQ(Snapshot().size(), 101U);
  window_->SetLogMaxBytes(before.bytes);
  for (int i = 0; i < 1000; ++i) Put("a", "k");
  EXPECT_GT(window_->stats().bytes, before.bytes / 10);
  window_->SetLogMaxBytes(0);
  EXPECT_EQ(window_->stats().events, 1U) << "the newest event is never evicted for its size";
}

TEST_F(WindowTest, EvictsByAgeButKeepsTheSnapshot) {
  Put("a", "1", kStart);
  Put("a", "2", kStart + seconds(30));
  window_->ExpireByAge(kStart + seconds(61));
  EXPECT_EQ(window_->stats().events, 1U);
  EXPECT_EQ(window_->earliest_cursor(), 1U);
  window_->ExpireByAge(kStart + seconds(600));
  EXPECT_EQ(window_->stats().events, 0U);
  EXPECT_EQ(window_->stats().bytes, 0U);
  EXPECT_EQ(window_->earliest_cursor(), 2U);
  EXPECT_THAT(Snapshot(), ElementsAre(1, 2));
  EXPECT_EQ(Put("a", "3"), 3U);
  EXPECT_THAT(Seqs(Read(ReadMode::kEvery, 2).frames), ElementsAre(3));
}

TEST_F(WindowTest, TellsWhatHasExpiredWhileItIsTheNewest) {
  const auto put = [&](std::string_view key, base::TimePoint expires_at) {
    return window_->Append(
        sse::Frame::Create({.topic = "a", .key = key, .json = "1", .expires_at = expires_at}));
  };
  put("1", kStart + seconds(1));
  put("2", kStart + seconds(2));
  put("3", kStart + seconds(3));
  put("1", base::TimePoint::max());  // superseded before its time
  EXPECT_THAT(Seqs(window_->Expired(kStart + seconds(2), 10)), ElementsAre(2));
  EXPECT_EQ(
      window_->AppendDeletionOf(2, sse::Frame::Create({.topic = "a", .key = "2", .deleted = true})),
      5U);
  EXPECT_THAT(Seqs(window_->Expired(kStart + seconds(9), 10)), ElementsAre(3));
  EXPECT_EQ(
      window_->AppendDeletionOf(2, sse::Frame::Create({.topic = "a", .key = "2", .deleted = true})),
      0U);
}

TEST_F(WindowTest, TellsWhatHasBeenSuperseded) {
  Put("a", "1");
  Put("a", "2");
  Put("a", "1");
  const std::vector<sse::FramePtr> frames = Read(ReadMode::kEvery, 0).frames;
  EXPECT_EQ(window_->Superseded(frames), 0b001U);
  Delete("a", "2");
  EXPECT_EQ(window_->Superseded(frames), 0b011U);
  // Room for three keys: that of the third frame is forgotten, and not superseded.
  for (const char* key : {"3", "4", "5"}) Put("a", key);
  EXPECT_EQ(window_->Superseded(frames) >> 2, 0U);
}

TEST_F(WindowTest, DistanceIsToTheHeadAndAgeThatOfTheFirstMissing) {
  Put("a", "1", kStart);
  Put("a", "2", kStart + seconds(1));
  EXPECT_EQ(window_->DistanceFrom(2).events, 0U);
  EXPECT_EQ(window_->DistanceFrom(1).events, 1U);
  EXPECT_EQ(window_->DistanceFrom(1).oldest_received_at, kStart + seconds(1));
}

class Recorder final : public LogListener {
 public:
  void OnAppend(std::span<const sse::FramePtr> frames) override {
    for (const sse::FramePtr& frame : frames) seqs.push_back(frame->seq());
  }
  void OnBreak() override { seqs.push_back(kBreak); }
  static constexpr uint64_t kBreak = 0;
  std::vector<uint64_t> seqs;
};

TEST_F(WindowTest, ALoadedLogBeginsWhereItSaysAndTheSnapshotKnowsWhatIsBefore) {
  const auto load = [&](uint64_t seq, std::string_view topic) {
    window_->AppendAt(seq, sse::Frame::Create({.topic = topic, .json = "1"}));
  };
  load(3, "a");
  load(8, "b");
  window_->LogBeginsAt(11, 2);
  EXPECT_EQ(window_->head(), 10U);
  load(11, "c");
  EXPECT_THAT(Snapshot(), ElementsAre(3, 8, 11));
  // Who wants every event can go on from the first that the log has, and not from before.
  EXPECT_THAT(Seqs(Read(ReadMode::kEvery, 10).frames), ElementsAre(11));
  EXPECT_EQ(ResumeFrom(ReadMode::kEvery, 9), Window::Resume::kExpired);
  EXPECT_EQ(window_->stats().events, 1U);
  // Who wants the newest of each key can, unless keys from there may be missing.
  EXPECT_THAT(Seqs(Read(ReadMode::kNewest, 3).frames), ElementsAre(8, 11));
  EXPECT_EQ(ResumeFrom(ReadMode::kNewest, 2), Window::Resume::kReplay);
  EXPECT_EQ(ResumeFrom(ReadMode::kNewest, 1), Window::Resume::kExpired);
}

TEST_F(WindowTest, WhileALogIsLoadedAgainNobodyResumesUntilItIsKnownWhereItBegins) {
  Put("a", "1");
  window_->BeginLoad(window_->epoch());
  EXPECT_TRUE(window_->loading());
  window_->AppendAt(3, sse::Frame::Create({.topic = "a", .json = "1"}));
  for (const ReadMode mode : {ReadMode::kEvery, ReadMode::kNewest}) {
    EXPECT_EQ(ResumeFrom(mode, 1), Window::Resume::kExpired);
    EXPECT_EQ(ResumeFrom(mode, 3), Window::Resume::kExpired);
  }
  window_->LogBeginsAt(11, 0);
  EXPECT_TRUE(window_->loading());
  window_->AppendAt(11, sse::Frame::Create({.topic = "a", .json = "1"}));
  EXPECT_EQ(ResumeFrom(ReadMode::kEvery, 3), Window::Resume::kExpired);
  EXPECT_EQ(ResumeFrom(ReadMode::kEvery, 10), Window::Resume::kReplay);
  EXPECT_EQ(ResumeFrom(ReadMode::kNewest, 3), Window::Resume::kReplay);
  window_->EndLoad();
  EXPECT_FALSE(window_->loading());
}

TEST_F(WindowTest, ListenersGetEveryFrameAfterTheSeqTheyWereTold) {
  Put("a", "1");
  Recorder recorder;
  EXPECT_EQ(window_->AddListener(recorder).seq, 1U);
  Put("a", "2");
  Put("a", "3");
  window_->RemoveListener(recorder);
  Put("a", "4");
  EXPECT_THAT(recorder.seqs, ElementsAre(2, 3));
}

TEST_F(WindowTest, OrderOfIdsIsTheOrderInEveryListenerWhoeverAppends) {
  Recorder one;
  Recorder other;
  window_->AddListener(one);
  window_->AddListener(other);
  std::vector<std::thread> publishers;
  for (int i = 0; i < 4; ++i) {
    publishers.emplace_back([&] {
      for (int n = 0; n < 500; ++n) Put("a", std::to_string(n % 5));
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  ASSERT_EQ(one.seqs.size(), 2000U);
  for (size_t i = 0; i < one.seqs.size(); ++i) ASSERT_EQ(one.seqs[i], i + 1);
  EXPECT_EQ(one.seqs, other.seqs);
}

}  // namespace
}  // namespace ssegw::window
