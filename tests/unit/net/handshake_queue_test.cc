#include "internal/net/shard/handshake_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ssegw::net {
namespace {

// Writes down what happens to it.
class Handshake final : public Handshaking, public std::enable_shared_from_this<Handshake> {
 public:
  Handshake(HandshakeQueue& queue, std::vector<std::string>& happened, std::string name)
      : queue_(queue), happened_(happened), name_(std::move(name)) {}
  ~Handshake() override { queue_.Remove(*this); }

  void Step() override { happened_.push_back(name_); }
  void GiveUp() override {
    happened_.push_back(name_ + " gives up");
    queue_.Remove(*this);
  }

 private:
  HandshakeQueue& queue_;
  std::vector<std::string>& happened_;
  const std::string name_;
};

class HandshakeQueueTest : public ::testing::Test {
 protected:
  std::shared_ptr<Handshake> Make(std::string name) {
    return std::make_shared<Handshake>(queue_, happened_, std::move(name));
  }
  // One turn of the shard. False: there is no more.
  bool Turn() {
    if (!work_) return false;
    if (!work_()) work_ = nullptr;
    return work_ != nullptr;
  }
  void RunAll() {
    while (Turn()) {
    }
  }

  std::function<bool()> work_;
  std::vector<std::string> happened_;
  HandshakeQueue queue_{[this](std::function<bool()> work) {
    EXPECT_FALSE(work_) << "it is at work already";
    work_ = std::move(work);
  }};
};

TEST_F(HandshakeQueueTest, DoesOneStepATurn) {
  const auto a = Make("a");
  const auto b = Make("b");
  queue_.Add(a);
  queue_.Add(b);
  EXPECT_TRUE(happened_.empty());
  EXPECT_TRUE(Turn());
  EXPECT_EQ(happened_, (std::vector<std::string>{"a"}));
  EXPECT_FALSE(Turn());
  EXPECT_EQ(happened_, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(queue_.under_way(), 2U);
}

TEST_F(HandshakeQueueTest, ThoseThatHaveBegunGoFirst) {
  const auto begun = Make("begun");
  const auto fresh = Make("fresh");
  queue_.Add(begun);
  RunAll();
  queue_.Add(fresh);
  queue_.Add(begun);
  RunAll();
  EXPECT_EQ(happened_, (std::vector<std::string>{"begun", "begun", "fresh"}));
}

TEST_F(HandshakeQueueTest, OneThatIsGoneIsPassedOver) {
  auto gone = Make("gone");
  const auto there = Make("there");
  queue_.Add(gone);
  queue_.Add(there);
  gone = nullptr;
  RunAll();
  EXPECT_EQ(happened_, (std::vector<std::string>{"there"}));
  EXPECT_EQ(queue_.under_way(), 1U);
}

TEST_F(HandshakeQueueTest, TheOldestGivesUpWhereTooManyAreUnderWay) {
  std::vector<std::shared_ptr<Handshake>> all;
  for (size_t i = 0; i < HandshakeQueue::kMaxUnderWay + 2; ++i) {
    all.push_back(Make(std::to_string(i)));
    queue_.Add(all.back());
  }
  RunAll();
  EXPECT_EQ(queue_.under_way(), HandshakeQueue::kMaxUnderWay);
  EXPECT_EQ(std::ranges::count(happened_, "0 gives up"), 1);
  EXPECT_EQ(std::ranges::count(happened_, "1 gives up"), 1);
  EXPECT_EQ(happened_.size(), HandshakeQueue::kMaxUnderWay + 4);
}

TEST_F(HandshakeQueueTest, WorksAgainAfterItWasEmpty) {
  const auto a = Make("a");
  queue_.Add(a);
  RunAll();
  queue_.Add(a);
  RunAll();
  EXPECT_EQ(happened_, (std::vector<std::string>{"a", "a"}));
}

}  // namespace
}  // namespace ssegw::net
