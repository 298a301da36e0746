#include "gateway/app/memory_guard.h"

#include <gtest/gtest.h>

#include <vector>

namespace ssegw::app {
namespace {

using Level = MemoryGuard::Level;

constexpr size_t kLimit = 1000;
constexpr size_t kWindow = 320;
constexpr base::TimePoint kNow{std::chrono::hours(1)};

TEST(MemoryGuardTest, WithoutALimitNothingGivesWay) {
  MemoryGuard guard(0, kWindow);
  const auto verdict = guard.Assess(size_t{1} << 60, kWindow, kNow);
  EXPECT_EQ(verdict.level, Level::kNone);
  EXPECT_EQ(verdict.window_max_bytes, kWindow);
  EXPECT_FALSE(verdict.release);
}

TEST(MemoryGuardTest, TheCheapestGivesWayFirstAndIsTakenBackLast) {
  struct Step {
    size_t in_use;
    Level level;
  };
  const std::vector<Step> steps = {
      {750, Level::kNone},   {751, Level::kWindow}, {801, Level::kCold},   {881, Level::kAll},
      {941, Level::kEvents}, {900, Level::kEvents}, {890, Level::kAll},    {831, Level::kAll},
      {830, Level::kCold},   {751, Level::kCold},   {750, Level::kWindow}, {701, Level::kWindow},
      {700, Level::kNone},   {750, Level::kNone},
  };
  MemoryGuard guard(kLimit, kWindow);
  for (const Step& step : steps) {
    EXPECT_EQ(guard.Assess(step.in_use, kWindow, kNow).level, step.level) << step.in_use;
  }
}

TEST(MemoryGuardTest, TheWindowGivesWhatIsOverTheTarget) {
  MemoryGuard guard(kLimit, kWindow);
  const auto verdict = guard.Assess(800, 300, kNow);
  EXPECT_EQ(verdict.window_max_bytes, 200U);  // 100 over the target of 700
  EXPECT_TRUE(verdict.release);
  // It held already what it may: what it gave back is not asked for again as long as that holds.
  EXPECT_EQ(guard.Assess(745, 200, kNow).window_max_bytes, 200U);
}

TEST(MemoryGuardTest, TheWindowKeepsItsFloorHoweverBadItIs) {
  MemoryGuard guard(kLimit, kWindow);
  EXPECT_EQ(guard.Assess(5000, kWindow, kNow).window_max_bytes, kWindow / 16);
  const auto again = guard.Assess(5000, kWindow / 16, kNow);
  EXPECT_EQ(again.window_max_bytes, kWindow / 16);
  EXPECT_FALSE(again.release) << "there is nothing to return";
}

TEST(MemoryGuardTest, TheWindowGrowsBackInSteps) {
  MemoryGuard guard(kLimit, kWindow);
  size_t before = guard.Assess(900, kWindow, kNow).window_max_bytes;
  for (int i = 0; i < 100; ++i) {
    const size_t now = guard.Assess(500, before, kNow).window_max_bytes;
    EXPECT_LE(now - before, kWindow / 50 + 1);
    before = now;
  }
  EXPECT_EQ(before, kWindow);
}

TEST(MemoryGuardTest, StarvesWhereEventsAreRefusedForLong) {
  MemoryGuard guard(kLimit, kWindow);
  const auto starves = [&](size_t in_use, base::Duration after) {
    return guard.Assess(in_use, kWindow, kNow + after).starves;
  };
  EXPECT_FALSE(starves(950, std::chrono::seconds(0)));
  EXPECT_FALSE(starves(950, std::chrono::seconds(29)));
  EXPECT_TRUE(starves(950, std::chrono::seconds(30)));
  EXPECT_TRUE(starves(900, std::chrono::seconds(31))) << "not below the hysteresis yet";
  EXPECT_FALSE(starves(500, std::chrono::seconds(32)));
  EXPECT_FALSE(starves(950, std::chrono::seconds(33))) << "from the beginning";
  EXPECT_TRUE(starves(950, std::chrono::seconds(63)));
}

class MemoryReleaserTest : public testing::Test {
 protected:
  static constexpr size_t kMiB = 1024 * 1024;

  bool IsTime(size_t in_use, size_t ledger, int second) {
    return releaser_.IsTime(in_use * kMiB, ledger * kMiB, false,
                            kNow + std::chrono::seconds(second));
  }

  MemoryReleaser releaser_{100 * kMiB};
};

TEST_F(MemoryReleaserTest, ReturnsWhatTheLedgerSaysHasBeenFreed) {
  EXPECT_FALSE(IsTime(90, 80, 0));
  EXPECT_FALSE(IsTime(90, 75, 1)) << "little";
  EXPECT_TRUE(IsTime(90, 40, 2));
  releaser_.Released(50 * kMiB);
  EXPECT_FALSE(IsTime(50, 40, 3));
}

TEST_F(MemoryReleaserTest, MakesHasteOnlyWhereItMatters) {
  EXPECT_TRUE(releaser_.IsTime(90 * kMiB, 40 * kMiB, true, kNow));
  EXPECT_FALSE(releaser_.IsTime(90 * kMiB, 40 * kMiB, true, kNow));
  EXPECT_TRUE(releaser_.IsTime(90 * kMiB, 40 * kMiB, true, kNow + std::chrono::seconds(1)));
  EXPECT_FALSE(releaser_.IsTime(40 * kMiB, 40 * kMiB, true, kNow + std::chrono::seconds(3)));
  EXPECT_TRUE(releaser_.IsTime(40 * kMiB, 40 * kMiB, true, kNow + std::chrono::seconds(11)));
}

TEST_F(MemoryReleaserTest, TriesSeldomWhereTheLedgerKnowsOfNothingAndItDoesNotHelp) {
  EXPECT_TRUE(IsTime(90, 10, 0));
  releaser_.Released(89 * kMiB);
  EXPECT_FALSE(IsTime(90, 10, 5));
  EXPECT_TRUE(IsTime(90, 10, 10));
  releaser_.Released(60 * kMiB);
  EXPECT_FALSE(IsTime(60, 10, 20)) << "that is not much";
}

TEST(MemoryGuardTest, LevelsSayWhatTheyMean) {
  EXPECT_EQ(PressureAt(Level::kNone), net::Pressure::kNone);
  EXPECT_EQ(PressureAt(Level::kWindow), net::Pressure::kNone);
  EXPECT_EQ(PressureAt(Level::kCold), net::Pressure::kShedCold);
  EXPECT_EQ(PressureAt(Level::kAll), net::Pressure::kShedAll);
  EXPECT_EQ(PressureAt(Level::kEvents), net::Pressure::kShedAll);
  EXPECT_FALSE(RefusesEvents(Level::kAll));
  EXPECT_TRUE(RefusesEvents(Level::kEvents));
}

}  // namespace
}  // namespace ssegw::app
