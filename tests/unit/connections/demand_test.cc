#include "gateway/connections/demand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace ssegw::connections {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::_;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr base::Duration kNoRate{0};

std::vector<window::Filter> Parse(const std::vector<std::string>& texts) {
  std::vector<window::Filter> filters;
  for (const std::string& text : texts) filters.push_back(*window::Filter::Parse(text));
  return filters;
}

base::Duration IntervalOf(double rate) {
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(1 / rate));
}

class DemandTest : public ::testing::Test {
 protected:
  void Come(const std::vector<std::string>& filters, base::Duration min_interval = kNoRate,
            int64_t by = 1) {
    demand_.Change(window::Filters(Parse(filters)), min_interval, by);
  }
  void Go(const std::vector<std::string>& filters, base::Duration min_interval = kNoRate) {
    Come(filters, min_interval, -1);
  }
  std::unique_ptr<Demand::Watch> Watch(const std::vector<std::string>& filters) {
    auto watch = demand_.Begin(Parse(filters), [this] { ++wakes_; });
    EXPECT_TRUE(watch.ok()) << watch.status();
    return *std::move(watch);
  }
  void Pass(base::Duration time) {
    for (; time > milliseconds(100); time -= milliseconds(100)) Tick(milliseconds(100));
    Tick(time);
  }
  std::vector<DemandLevel> Told(Demand::Watch& watch) {
    std::vector<DemandLevel> told;
    while (auto level = watch.Next(now_)) told.push_back(*std::move(level));
    return told;
  }

  void Tick(base::Duration time) {
    now_ += time;
    demand_.Tick(now_);
  }

  Demand demand_;
  base::TimePoint now_{seconds(1000)};
  int wakes_ = 0;
};

DemandLevel Level(const std::string& filter, uint64_t connections, double max_rate = 0) {
  return {.filter = filter, .connections = connections, .max_rate = max_rate};
}

TEST_F(DemandTest, TellsTheStateAtOnceAndThenWhatChanges) {
  Come({"a.1"});
  Come({"a.>", "b"});
  auto watch = Watch({"a.1", "a.2", "c"});
  Tick(milliseconds(1));
  EXPECT_THAT(Told(*watch), ElementsAre(Level("a.1", 2), Level("a.2", 1), Level("c", 0)));
  Tick(milliseconds(100));
  EXPECT_THAT(Told(*watch), IsEmpty());
  Come({"c"});
  Go({"a.1"});
  Tick(milliseconds(100));
  EXPECT_THAT(Told(*watch), ElementsAre(Level("c", 1), Level("a.1", 1)));
}

TEST_F(DemandTest, AConnectionCountsOnceForAFilter) {
  Come({"a.1", "a.2", "a.*"});
  auto watch = Watch({"a.>"});
  Tick(milliseconds(1));
  EXPECT_THAT(Told(*watch), ElementsAre(Level("a.>", 1)));
}

TEST_F(DemandTest, TheSameFilterTwiceIsToldOnce) {
  auto watch = Watch({"a", "a"});
  Tick(milliseconds(1));
  EXPECT_THAT(Told(*watch), ElementsAre(Level("a", 0)));
}

TEST_F(DemandTest, TheLargestRateCountsUnlessOneHasNone) {
  struct Step {
    int64_t by;
    double rate;  // 0: none
    double max_rate;
  };
  auto watch = Watch({"a"});
  Tick(milliseconds(1));
  Told(*watch);
  for (const Step& step : std::vector<Step>{{1, 3, 3},
                                            {1, 0.5, 3},
                                            {1, 60, 60},
                                            {1, 0, 0},
                                            {-1, 0, 60},
                                            {-1, 60, 3},
                                            {-1, 3, 0.5},
                                            {-1, 0.5, 0}}) {
    SCOPED_TRACE(step.rate);
    Come({"a"}, step.rate > 0 ? IntervalOf(step.rate) : kNoRate, step.by);
    Pass(seconds(1));
    const auto told = Told(*watch);
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(told[0].max_rate, step.max_rate);
  }
}

TEST_F(DemandTest, WhatChangesBackIsNotTold) {
  auto watch = Watch({"a"});
  Tick(milliseconds(1));
  Told(*watch);
  Come({"a"});
  Go({"a"});
  Tick(milliseconds(100));
  EXPECT_THAT(Told(*watch), IsEmpty());
}

std::vector<std::string> Topics(size_t count, const std::string& prefix = "t") {
  std::vector<std::string> topics;
  for (size_t i = 0; i < count; ++i) topics.push_back(prefix + std::to_string(i));
  return topics;
}

TEST_F(DemandTest, AThousandFiltersThatChangeAreToldWithinASecond) {
  const auto topics = Topics(1000, std::string(45, 'x'));
  auto watch = Watch(topics);
  Tick(milliseconds(1));
  EXPECT_THAT(Told(*watch), SizeIs(1000));
  for (int i = 0; i < 3; ++i) {
    for (const std::string& topic : topics) Come({topic});
    Tick(milliseconds(1));
    EXPECT_THAT(Told(*watch), SizeIs(1000));
    Pass(seconds(1));
    EXPECT_THAT(Told(*watch), IsEmpty());
  }
}

TEST_F(DemandTest, ChangesAreBoundedInBytes) {
  const auto topics = Topics(2500);
  auto watch = Watch(topics);
  Tick(milliseconds(1));
  EXPECT_THAT(Told(*watch), SizeIs(2500));
  constexpr size_t kSeconds = 3;
  size_t bytes = 0;
  std::map<std::string, uint64_t> last;
  for (size_t i = 0; i < 10 * kSeconds; ++i) {
    for (const std::string& topic : topics) Come({topic});
    Tick(milliseconds(100));
    for (const DemandLevel& level : Told(*watch)) {
      bytes += level.filter.size() + Demand::kBytesPerAnswer;
      last[level.filter] = level.connections;
    }
  }
  // What was saved up in a second of rest comes at once.
  EXPECT_LE(bytes, (kSeconds + 1) * Demand::kBytesPerSecond);
  EXPECT_GE(bytes, kSeconds * Demand::kBytesPerSecond);
  // At rest the newest state of each comes, in its turn.
  for (int i = 0; i < 20; ++i) {
    Tick(milliseconds(100));
    for (const DemandLevel& level : Told(*watch)) last[level.filter] = level.connections;
  }
  EXPECT_THAT(last, SizeIs(2500));
  EXPECT_THAT(last, Each(Pair(_, 10 * kSeconds)));
}

TEST_F(DemandTest, WhoComesToAnEmptyFilterGoesFirst) {
  std::vector<std::string> topics = Topics(40);
  for (const std::string& topic : topics) Come({topic});
  topics.emplace_back("empty");
  auto watch = Watch(topics);
  Tick(milliseconds(1));
  EXPECT_THAT(Told(*watch), SizeIs(41));
  for (const std::string& topic : topics) Come({topic});
  Tick(milliseconds(100));
  const auto told = Told(*watch);
  ASSERT_THAT(told, SizeIs(41));
  EXPECT_TRUE(std::find(told.begin(), told.begin() + 2, Level("empty", 1)) != told.begin() + 2);
}

TEST_F(DemandTest, WakesOnceWhenThereIsSomethingToTell) {
  auto watch = Watch({"a"});
  EXPECT_FALSE(watch->Next(now_).has_value());
  Tick(milliseconds(1));
  EXPECT_EQ(wakes_, 1);
  Told(*watch);
  Pass(seconds(1));
  EXPECT_EQ(wakes_, 1);
  Come({"a"});
  Pass(seconds(1));
  EXPECT_EQ(wakes_, 2);
  // Without the watch nobody is woken.
  Told(*watch);
  watch = nullptr;
  Go({"a"});
  Pass(seconds(1));
  EXPECT_EQ(wakes_, 2);
}

TEST_F(DemandTest, WatchesComeAndGo) {
  Come({"a"});
  for (int i = 0; i < 3; ++i) {
    auto first = Watch({"a", "b"});
    Tick(milliseconds(1));
    EXPECT_THAT(Told(*first), ElementsAre(Level("a", 1), Level("b", 0)));
    auto second = Watch({"b", "c"});
    Come({"b"});
    Tick(milliseconds(100));
    EXPECT_THAT(Told(*first), ElementsAre(Level("b", 1)));
    EXPECT_THAT(Told(*second), ElementsAre(Level("b", 1), Level("c", 0)));
    first = nullptr;
    Go({"b"});
    Pass(seconds(1));
    EXPECT_THAT(Told(*second), ElementsAre(Level("b", 0)));
  }
  EXPECT_EQ(demand_.watches(), 0U);
}

TEST_F(DemandTest, TooManyFiltersAreRefused) {
  std::vector<window::Filter> many;
  for (size_t i = 0; i < Demand::kMaxWatched; ++i) {
    many.push_back(*window::Filter::Parse("t" + std::to_string(i)));
  }
  const auto all = demand_.Begin(many, [] {});
  ASSERT_TRUE(all.ok());
  const auto more = demand_.Begin(Parse({"more"}), [] {});
  EXPECT_EQ(more.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(demand_.watches(), 1U);
}

TEST_F(DemandTest, RowsOfThoseThatAreGoneTakeNoMemory) {
  const auto come_and_go = [this] {
    for (int i = 0; i < 1000; ++i) Come({"t" + std::to_string(i)});
    for (int i = 0; i < 1000; ++i) Go({"t" + std::to_string(i)});
  };
  come_and_go();
  const size_t once = demand_.memory_bytes();
  for (int i = 0; i < 20; ++i) come_and_go();
  EXPECT_LE(demand_.memory_bytes(), once);
  auto watch = Watch({"t1"});
  for (int i = 0; i < 20; ++i) {
    come_and_go();
    Tick(milliseconds(100));
  }
  EXPECT_LE(demand_.memory_bytes(), 2 * once);
}

// A thousand topics, and browsers that follow one or all of them.
TEST_F(DemandTest, ATickIsBounded) {
  auto watch = Watch(Topics(1000, "a.t"));
  Tick(milliseconds(1));
  Told(*watch);
  // Each of these rows goes to every filter: more than a tick's steps.
  for (int i = 1; i <= 500; ++i) Come({"a.>"}, milliseconds(i));
  Tick(milliseconds(100));
  const auto first = Told(*watch);
  ASSERT_THAT(first, SizeIs(1000));
  EXPECT_LT(first[0].connections, 500U);
  Pass(seconds(1));
  const auto later = Told(*watch);
  ASSERT_THAT(later, SizeIs(1000));
  EXPECT_EQ(later[999].connections, 500U);
}

}  // namespace
}  // namespace ssegw::connections
