#include "gateway/app/memory_guard.h"

#include <gtest/gtest.h>

#include <vector>

namespace ssegw::app {
namespace {

using Level = MemoryGuard::Level;

constexpr size_t kLimit = 1000;
constexpr size_t kWindow = 320;

TEST(MemoryGuardTest, WithoutALimitNothingGivesWay) {
  MemoryGuard guard(0, kWindow);
  const auto verdict = guard.Look(size_t{1} << 60, kWindow);
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
    EXPECT_EQ(guard.Look(step.in_use, kWindow).level, step.level) << step.in_use;
  }
}

TEST(MemoryGuardTest, TheWindowGivesWhatIsOverTheTarget) {
  MemoryGuard guard(kLimit, kWindow);
  const auto verdict = guard.Look(800, 300);
  EXPECT_EQ(verdict.window_max_bytes, 200U);  // 100 over the target of 700
  EXPECT_TRUE(verdict.release);
  // It held already what it may: what it gave back is not asked for again as long as that holds.
  EXPECT_EQ(guard.Look(745, 200).window_max_bytes, 200U);
}

TEST(MemoryGuardTest, TheWindowKeepsItsFloorHoweverBadItIs) {
  MemoryGuard guard(kLimit, kWindow);
  EXPECT_EQ(guard.Look(5000, kWindow).window_max_bytes, kWindow / 16);
  const auto again = guard.Look(5000, kWindow / 16);
  EXPECT_EQ(again.window_max_bytes, kWindow / 16);
  EXPECT_FALSE(again.release) << "there is nothing to return";
}

TEST(MemoryGuardTest, TheWindowGrowsBackInSteps) {
  MemoryGuard guard(kLimit, kWindow);
  size_t before = guard.Look(900, kWindow).window_max_bytes;
  for (int i = 0; i < 100; ++i) {
    const size_t now = guard.Look(500, before).window_max_bytes;
    EXPECT_LE(now - before, kWindow / 50 + 1);
    before = now;
  }
  EXPECT_EQ(before, kWindow);
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
