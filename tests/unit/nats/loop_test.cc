#include "internal/nats/loop.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>

namespace ssegw::nats {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

class LoopTest : public testing::Test {
 protected:
  LoopTest() { loop_.RunDue(kStart); }

  Loop::Task Write(char letter) {
    return [this, letter] { written_ += letter; };
  }

  std::string written_;
  Loop loop_;
};

TEST_F(LoopTest, RunsWhatIsPostedInOrder) {
  for (const char letter : {'a', 'b', 'c'}) loop_.Post(Write(letter));
  EXPECT_EQ(written_, "");
  loop_.RunDue(kStart);
  EXPECT_EQ(written_, "abc");
}

TEST_F(LoopTest, RunsWhatTasksPostAndSetForNowInTheSameCall) {
  loop_.Post([this] {
    loop_.Post(Write('b'));
    loop_.RunAfter(seconds(0), Write('c'));
  });
  loop_.RunDue(kStart);
  EXPECT_EQ(written_.size(), 2U);
}

TEST_F(LoopTest, RunsTimersWhenTheyAreDueAndInTheirOrder) {
  loop_.RunAfter(seconds(2), Write('b'));
  loop_.RunAfter(seconds(1), Write('a'));
  loop_.RunAfter(seconds(2), Write('c'));
  EXPECT_EQ(loop_.RunDue(kStart + milliseconds(999)), kStart + seconds(1));
  EXPECT_EQ(written_, "");
  EXPECT_EQ(loop_.RunDue(kStart + seconds(1)), kStart + seconds(2));
  EXPECT_EQ(written_, "a");
  EXPECT_EQ(loop_.RunDue(kStart + seconds(5)), base::TimePoint::max());
  EXPECT_EQ(written_, "abc");
}

TEST_F(LoopTest, DoesNotRunACancelledTimer) {
  const Loop::Timer timer = loop_.RunAfter(seconds(1), Write('a'));
  loop_.RunAfter(seconds(1), Write('b'));
  loop_.Cancel(timer);
  loop_.Cancel(timer);
  loop_.RunDue(kStart + seconds(1));
  EXPECT_EQ(written_, "b");
}

TEST_F(LoopTest, ATimerMayCancelOneThatIsDueWithIt) {
  Loop::Timer second;
  loop_.RunAfter(seconds(1), [&] { loop_.Cancel(second); });
  second = loop_.RunAfter(seconds(1), Write('b'));
  loop_.RunDue(kStart + seconds(1));
  EXPECT_EQ(written_, "");
}

TEST(LoopRunTest, RunsTasksOfOtherThreadsUntilItIsStopped) {
  Loop loop;
  int ran = 0;
  std::thread thread([&] { loop.Run(); });
  for (int i = 0; i < 1000; ++i) loop.Post([&] { ++ran; });
  loop.Stop();
  thread.join();
  EXPECT_EQ(ran, 1000) << "what was posted before Stop is run";
}

TEST(LoopRunTest, RunsTimersInTimeWhileTasksKeepComing) {
  Loop loop;
  bool fired = false;
  std::function<void()> again = [&] {
    if (!fired) loop.Post(again);
  };
  loop.Post([&] {
    loop.RunAfter(milliseconds(5), [&] {
      fired = true;
      loop.Stop();
    });
    again();
  });
  loop.Run();
  EXPECT_TRUE(fired);
}

TEST(LoopRunTest, WaitsForTheNextTimer) {
  Loop loop;
  base::TimePoint set;
  base::TimePoint fired;
  loop.Post([&] {
    set = base::Now();
    loop.RunAfter(milliseconds(20), [&] {
      fired = base::Now();
      loop.Stop();
    });
  });
  loop.Run();
  EXPECT_GE(fired - set, milliseconds(15));
}

}  // namespace
}  // namespace ssegw::nats
