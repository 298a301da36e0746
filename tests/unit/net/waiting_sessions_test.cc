#include "internal/net/shard/waiting_sessions.h"

#include <gtest/gtest.h>

#include <memory>

namespace ssegw::net {
namespace {

class FakeSession final : public Session {
 public:
  void OnEvents(uint32_t) override {}
  void LeaveAt(base::TimePoint) override {}
  bool carries_connections() const override { return false; }
  GaveWay GiveWay() override { return GaveWay::kYes; }
  void OnDeadline() override {}
  void RefuseHalfRequest() override {}
  void EndHold() override {}
  void Close(CloseReason) override {}
};

class WaitingSessionsTest : public ::testing::Test {
 protected:
  ~WaitingSessionsTest() override {
    for (WaitingSession* const each : {&a_, &b_, &c_}) waiting_.Remove(*each);
  }

  FakeSession sessions_[3];
  WaitingSession a_{sessions_[0]};
  WaitingSession b_{sessions_[1]};
  WaitingSession c_{sessions_[2]};
  WaitingSessions waiting_;
};

TEST_F(WaitingSessionsTest, BeginsEmpty) {
  EXPECT_EQ(waiting_.longest_idle(), nullptr);
  EXPECT_EQ(waiting_.longest_half(), nullptr);
  EXPECT_EQ(waiting_.longest_held(), nullptr);
}

TEST_F(WaitingSessionsTest, HalfRequestKeepsItsPlaceAmongTheIdle) {
  waiting_.AddIdle(a_);
  waiting_.AddIdle(b_);
  waiting_.AddHalf(a_);
  EXPECT_EQ(waiting_.longest_idle(), &a_.session);
  waiting_.Remove(a_);
  EXPECT_EQ(waiting_.longest_idle(), &b_.session);
}

TEST_F(WaitingSessionsTest, BecomingIdleAgainIsANewBeginning) {
  waiting_.AddIdle(a_);
  waiting_.AddIdle(b_);
  waiting_.AddIdle(a_);
  EXPECT_EQ(waiting_.longest_idle(), &b_.session);
}

TEST_F(WaitingSessionsTest, OnlyHalfRequestIsNobodysToRefuse) {
  waiting_.AddIdle(a_);
  waiting_.AddIdle(b_);
  waiting_.AddHalf(b_);
  EXPECT_EQ(waiting_.longest_half(), nullptr);
  waiting_.AddHalf(a_);
  EXPECT_EQ(waiting_.longest_half(), &b_.session) << "its request began first";
}

TEST_F(WaitingSessionsTest, HeldOnesAreCountedAndAreNotIdle) {
  waiting_.AddHeld(a_);
  waiting_.AddHeld(b_);
  EXPECT_EQ(waiting_.held(), 2U);
  EXPECT_EQ(waiting_.longest_held(), &a_.session);
  EXPECT_EQ(waiting_.longest_idle(), nullptr);
  waiting_.Remove(a_);
  waiting_.Remove(a_);
  EXPECT_EQ(waiting_.held(), 1U);
  EXPECT_EQ(waiting_.longest_held(), &b_.session);
}

}  // namespace
}  // namespace ssegw::net
