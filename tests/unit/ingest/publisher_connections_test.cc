#include "gateway/ingest/publisher_connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>

#include "internal/base/concat.h"
#include "internal/log/capture_for_test.h"

namespace ssegw::ingest {
namespace {

using std::chrono::seconds;

// The far ends of connections, each with the side that the gateway would have.
class PublisherConnectionsTest : public testing::Test {
 protected:
  ~PublisherConnectionsTest() override {
    for (const auto& pair : pairs_) {
      for (const int fd : pair) {
        if (fd >= 0) ::close(fd);
      }
    }
  }
  size_t Open() {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
    pairs_.push_back(pair);
    return pairs_.size() - 1;
  }
  bool Admit(const std::string& peer) { return connections_.Admit(pairs_[Open()][0], peer, now_); }
  void Close(size_t i) {
    ::close(pairs_[i][0]);
    pairs_[i][0] = -1;
  }
  bool IsShutDown(size_t i) const {
    char byte = 0;
    return ::recv(pairs_[i][1], &byte, 1, MSG_DONTWAIT) == 0;
  }

  log::CaptureForTest log_;
  IngestStats stats_;
  PublisherConnections connections_{3, {}, &stats_};
  base::TimePoint now_ = base::Now();
  std::deque<std::array<int, 2>> pairs_;
};

TEST_F(PublisherConnectionsTest, TheOneTooManyIsRefusedWhereAllHaveMadeACall) {
  for (const char* peer : {"192.0.2.1:1", "192.0.2.2:1", "[2001:db8::7]:1"}) {
    EXPECT_TRUE(Admit(peer));
    connections_.Called(peer, now_);
  }
  EXPECT_EQ(stats_.connections.value(), 3U);
  EXPECT_FALSE(Admit("192.0.2.4:1"));
  EXPECT_EQ(stats_.connections_refused.value(), 1U);
  for (size_t i = 0; i < 3; ++i) EXPECT_FALSE(IsShutDown(i)) << i;
}

TEST_F(PublisherConnectionsTest, TheOneThatHasBeenSilentForLongestMakesPlace) {
  EXPECT_TRUE(Admit("192.0.2.1:1"));
  connections_.Called("192.0.2.1:1", now_);
  EXPECT_TRUE(Admit("192.0.2.2:1"));
  EXPECT_TRUE(Admit("192.0.2.3:1"));
  EXPECT_TRUE(Admit("192.0.2.4:1"));
  EXPECT_TRUE(IsShutDown(1));
  EXPECT_FALSE(IsShutDown(2));
  EXPECT_EQ(stats_.connections.value(), 3U);
  EXPECT_EQ(stats_.connections_evicted.value(), 1U);
}

TEST_F(PublisherConnectionsTest, SilentOnesOfAddressesThatHavePublishedGoLast) {
  connections_.Published("192.0.2.1:9");
  EXPECT_TRUE(Admit("192.0.2.1:1"));
  EXPECT_TRUE(Admit("192.0.2.2:1"));
  EXPECT_TRUE(Admit("192.0.2.3:1"));
  EXPECT_TRUE(Admit("192.0.2.4:1"));
  EXPECT_TRUE(IsShutDown(1));
  EXPECT_TRUE(Admit("192.0.2.5:1"));
  EXPECT_TRUE(IsShutDown(2));
  connections_.Called("192.0.2.4:1", now_);
  connections_.Called("192.0.2.5:1", now_);
  EXPECT_TRUE(Admit("192.0.2.6:1"));
  EXPECT_TRUE(IsShutDown(0)) << "no other has made no call";
}

TEST_F(PublisherConnectionsTest, ThereIsRoomForAnAddressThatHasPublishedWhateverOthersHold) {
  connections_.Published("192.0.2.1:9");
  for (const char* peer : {"192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"}) {
    EXPECT_TRUE(Admit(peer));
    connections_.Called(peer, now_);
  }
  EXPECT_FALSE(Admit("192.0.2.4:1"));
  EXPECT_TRUE(Admit("192.0.2.1:2"));
  EXPECT_TRUE(IsShutDown(1)) << "the oldest of those that have not";
  connections_.Called("192.0.2.1:2", now_);
  EXPECT_TRUE(Admit("192.0.2.1:3"));
  EXPECT_TRUE(IsShutDown(2));
  connections_.Called("192.0.2.1:3", now_);
  EXPECT_FALSE(Admit("192.0.2.1:4")) << "none makes place for its like";
}

TEST_F(PublisherConnectionsTest, ThoseThatAreGoneAreForgottenAndTold) {
  for (const char* peer : {"192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"}) {
    EXPECT_TRUE(Admit(peer));
    connections_.Called(peer, now_);
  }
  Close(1);
  now_ += seconds(1);
  connections_.Sweep(now_);
  EXPECT_EQ(stats_.connections.value(), 2U);
  EXPECT_NE(log_.lines().back().find(R"(msg="publisher gone" peer=192.0.2.2:1)"), std::string::npos)
      << log_.lines().back();
  EXPECT_TRUE(Admit("192.0.2.4:1"));
  EXPECT_EQ(stats_.connections_refused.value(), 0U);
}

TEST_F(PublisherConnectionsTest, WhatFillsUpIsTold) {
  const auto nearly = [&] {
    size_t lines = 0;
    for (const std::string& line : log_.lines()) {
      lines += line.find("publishers nearly at their limit") != std::string::npos ? 1 : 0;
    }
    return lines;
  };
  EXPECT_TRUE(Admit("192.0.2.1:1"));
  EXPECT_TRUE(Admit("192.0.2.2:1"));
  EXPECT_EQ(nearly(), 0U);
  EXPECT_TRUE(Admit("192.0.2.3:1"));
  EXPECT_EQ(nearly(), 1U);
}

TEST_F(PublisherConnectionsTest, AgesAreSpread) {
  PublisherConnections connections(1000, seconds(1000), &stats_);
  base::TimePoint first = base::TimePoint::max();
  base::TimePoint last = base::TimePoint::min();
  for (int i = 0; i < 200; ++i) {
    const std::string peer = base::Concat("192.0.2.1:", i);
    ASSERT_TRUE(connections.Admit(pairs_[Open()][0], peer, now_));
    const base::TimePoint end = connections.Called(peer, now_ + seconds(5));
    first = std::min(first, end);
    last = std::max(last, end);
    EXPECT_EQ(connections.Called(peer, now_ + seconds(6)), end);
  }
  EXPECT_GE(first - now_, seconds(850));
  EXPECT_LT(first - now_, seconds(900));
  EXPECT_LE(last - now_, seconds(1150));
  EXPECT_GT(last - now_, seconds(1100));
  EXPECT_EQ(connections_.Called("192.0.2.1:1", now_), base::TimePoint::max()) << "without a limit";
}

}  // namespace
}  // namespace ssegw::ingest
