#include "internal/fanout/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace ssegw::fanout {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

struct Entry final : WheelEntry {
  void OnDeadline(base::TimePoint now) override {
    calls.push_back(now);
    if (then) then();
  }
  std::vector<base::TimePoint> calls;
  std::function<void()> then;
};

TEST(TimerWheelTest, CallsOnceAtTheFirstTickThatIsNotBeforeTheDeadline) {
  TimerWheel wheel(kStart);
  Entry entry;
  wheel.Schedule(entry, kStart + milliseconds(50));
  wheel.Advance(kStart + milliseconds(49));
  EXPECT_TRUE(entry.calls.empty());
  wheel.Advance(kStart + milliseconds(60));
  EXPECT_EQ(entry.calls.size(), 1U);
  wheel.Advance(kStart + seconds(60));
  EXPECT_EQ(entry.calls.size(), 1U);
}

TEST(TimerWheelTest, KnowsDeadlinesBeyondATurn) {
  TimerWheel wheel(kStart);
  Entry entry;
  wheel.Schedule(entry, kStart + seconds(60));
  for (int ms = 0; ms < 60'000; ms += 20) wheel.Advance(kStart + milliseconds(ms));
  EXPECT_TRUE(entry.calls.empty());
  wheel.Advance(kStart + seconds(60));
  EXPECT_EQ(entry.calls.size(), 1U);
}

TEST(TimerWheelTest, TellsWhenItHasSomethingToDo) {
  TimerWheel wheel(kStart);
  const base::TimePoint limit = kStart + seconds(1);
  EXPECT_EQ(wheel.NextAt(limit), limit);
  Entry late, early;
  wheel.Schedule(late, kStart + milliseconds(999));
  EXPECT_EQ(wheel.NextAt(limit), limit);
  wheel.Schedule(early, kStart + milliseconds(50));
  EXPECT_EQ(wheel.NextAt(limit), kStart + milliseconds(60));
  EXPECT_EQ(wheel.NextAt(kStart + milliseconds(55)), kStart + milliseconds(55));
  wheel.Advance(kStart + milliseconds(60));
  EXPECT_EQ(early.calls.size(), 1U);
  EXPECT_EQ(wheel.NextAt(limit), limit);
  EXPECT_EQ(wheel.NextAt(kStart + seconds(2)), limit);
  wheel.Cancel(late);
  EXPECT_EQ(wheel.NextAt(kStart + seconds(2)), kStart + seconds(2));
}

TEST(TimerWheelTest, AfterAPauseCallsEachOnce) {
  TimerWheel wheel(kStart);
  Entry early, late, later;
  wheel.Schedule(early, kStart + seconds(1));
  wheel.Schedule(late, kStart + seconds(50));
  wheel.Schedule(later, kStart + seconds(500));
  wheel.Advance(kStart + seconds(100));
  EXPECT_EQ(early.calls.size(), 1U);
  EXPECT_EQ(late.calls.size(), 1U);
  EXPECT_TRUE(later.calls.empty());
  wheel.Advance(kStart + seconds(500));
  EXPECT_EQ(later.calls.size(), 1U);
}

TEST(TimerWheelTest, SchedulingAgainReplacesTheDeadline) {
  TimerWheel wheel(kStart);
  Entry entry;
  wheel.Schedule(entry, kStart + milliseconds(100));
  wheel.Schedule(entry, kStart + milliseconds(500));
  wheel.Advance(kStart + milliseconds(400));
  EXPECT_TRUE(entry.calls.empty());
  wheel.Cancel(entry);
  wheel.Advance(kStart + milliseconds(900));
  EXPECT_TRUE(entry.calls.empty());
}

TEST(TimerWheelTest, CallbacksMayScheduleCancelAndDestroy) {
  TimerWheel wheel(kStart);
  Entry again, cancels, cancelled;
  auto dies = std::make_unique<Entry>();
  for (Entry* entry : {&again, &cancels, &cancelled, dies.get()}) {
    wheel.Schedule(*entry, kStart + milliseconds(20));
  }
  again.then = [&] { wheel.Schedule(again, kStart); };  // at the next tick, not in this one
  cancels.then = [&] { wheel.Cancel(cancelled); };
  dies->then = [&] { dies.reset(); };
  wheel.Advance(kStart + milliseconds(20));
  EXPECT_EQ(again.calls.size(), 1U);
  EXPECT_TRUE(cancelled.calls.empty());
  EXPECT_EQ(dies, nullptr);
  wheel.Advance(kStart + milliseconds(40));
  EXPECT_EQ(again.calls.size(), 2U);
}

TEST(TimerWheelTest, NeverCallsEarlyNorMoreThanATickLate) {
  std::mt19937 random(3);
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Entry>> entries;
  std::vector<base::TimePoint> deadlines;
  for (int i = 0; i < 2000; ++i) {
    const base::Duration after =
        std::chrono::microseconds(std::uniform_int_distribution<int>(0, 90'000'000)(random));
    entries.push_back(std::make_unique<Entry>());
    deadlines.push_back(kStart + after);
    wheel.Schedule(*entries.back(), deadlines.back());
  }
  // At no other time than when it says.
  for (base::TimePoint now = kStart; now <= kStart + seconds(91);) {
    wheel.Advance(now);
    now = wheel.NextAt(now + seconds(1));
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    ASSERT_EQ(entries[i]->calls.size(), 1U);
    EXPECT_GE(entries[i]->calls[0], deadlines[i]);
    EXPECT_LE(entries[i]->calls[0], deadlines[i] + 2 * TimerWheel::kTick);
  }
}

}  // namespace
}  // namespace ssegw::fanout
