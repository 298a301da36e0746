#include "internal/nats/loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <future>
#include <optional>
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

// The reading end of a pipe.
class Pipe final : public Loop::Socket {
 public:
  explicit Pipe(Loop& loop) : loop_(loop) {
    EXPECT_EQ(pipe(ends_.data()), 0);
    loop_.Watch(ends_[0], *this);
  }
  ~Pipe() {
    loop_.Unwatch(*this);
    for (const int end : ends_) close(end);
  }

  void Write() { EXPECT_EQ(write(ends_[1], "x", 1), 1); }
  int ready() const { return ready_; }
  std::function<void()> on_ready;
  std::function<void()> on_turn_end;

 private:
  void OnReady(bool readable, bool /*writable*/) override {
    char letter = 0;
    if (readable) {
      EXPECT_EQ(read(ends_[0], &letter, 1), 1);
    }
    ++ready_;
    if (on_ready) on_ready();
  }
  bool wants_to_write() const override { return false; }
  void OnTurnEnd() override {
    if (on_turn_end) on_turn_end();
  }

  Loop& loop_;
  std::array<int, 2> ends_ = {};
  int ready_ = 0;
};

TEST_F(LoopTest, ATurnHasSocketsThenTasksThenTimersThenItsEnd) {
  Pipe pipe(loop_);
  loop_.RunAfter(seconds(1), Write('t'));
  loop_.Post(Write('p'));
  pipe.on_ready = [&] { written_ += 's'; };
  pipe.on_turn_end = [&] { written_ += '.'; };
  pipe.Write();
  EXPECT_EQ(loop_.RunDue(kStart + seconds(1)), base::TimePoint::max());
  EXPECT_EQ(written_, "spt..") << "the last turn has nothing";
}

// On it depends the order of events that one publisher sends one after the other.
TEST_F(LoopTest, WhatOthersPostWhileSocketsAreReadComesAfterWhatWasPostedBefore) {
  Pipe pipe(loop_);
  loop_.Post(Write('1'));
  pipe.on_ready = [&] { std::thread([&] { loop_.Post(Write('2')); }).join(); };
  pipe.Write();
  loop_.RunDue(kStart);
  EXPECT_EQ(written_, "12");
}

TEST_F(LoopTest, ASocketMayStopWatchingAnotherThatIsReady) {
  Pipe first(loop_);
  std::optional<Pipe> second(loop_);
  first.on_ready = [&] { loop_.Unwatch(*second); };
  first.Write();
  second->Write();
  loop_.RunDue(kStart);
  EXPECT_EQ(first.ready(), 1);
  EXPECT_EQ(second->ready(), 0);
  second.reset();
  first.Write();
  loop_.RunDue(kStart);
  EXPECT_EQ(first.ready(), 2);
}

TEST(LoopRunTest, WaitsForSocketsAndTasksAlike) {
  Loop loop;
  Pipe pipe(loop);
  pipe.on_ready = [&] {
    if (pipe.ready() == 100) loop.Stop();
  };
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      std::promise<void> ran;
      loop.Post([&] { ran.set_value(); });
      ran.get_future().wait();
      pipe.Write();
    }
  });
  loop.Run();
  other.join();
  EXPECT_EQ(pipe.ready(), 100);
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
