#include "internal/nats/socket_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::nats {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A server that a test plays at the other end of a socket, in a time of its own.
class SocketLinkTest : public ::testing::Test, public LinkListener {
 protected:
  SocketLinkTest() {
    std::array<int, 2> ends = {};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    server_ = base::FileDescriptor(ends[1]);
    loop_.RunDue(now_);
    link_.emplace(base::FileDescriptor(ends[0]), ServerInfo{.address = "s", .max_payload = 100'000},
                  *this);
    link_->Start(loop_);
  }

  void Run(base::Duration time = {}) {
    now_ += time;
    loop_.RunDue(now_);
  }
  void Say(std::string_view text) {
    ASSERT_EQ(send(server_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // What has come to the server.
  std::string Sent() {
    std::string sent;
    std::array<char, 65536> buffer;
    for (ssize_t got = 0; (got = recv(server_.get(), buffer.data(), buffer.size(), 0)) > 0;) {
      sent.append(buffer.data(), static_cast<size_t>(got));
    }
    return sent;
  }

  base::TimePoint now_{std::chrono::hours(1)};
  Loop loop_;
  base::FileDescriptor server_;
  std::vector<std::string> heard_;
  std::optional<SocketLink> link_;

 private:
  void OnMessage(SubscriptionId subscription, Message message) override {
    heard_.push_back(base::Concat(subscription, " ", message.data()));
  }
  void OnRefused(std::string_view text) override {
    heard_.push_back(base::Concat("refused ", text));
  }
  void OnClosed(std::string_view reason) override {
    heard_.push_back(base::Concat("closed: ", reason));
  }
};

TEST_F(SocketLinkTest, WhatATurnSendsGoesOutAtItsEnd) {
  loop_.Post([&] {
    EXPECT_TRUE(link_->Subscribe(2, "a").ok());
    EXPECT_TRUE(link_->Publish({.subject = "a", .data = "x"}).ok());
    EXPECT_EQ(Sent(), "");
  });
  loop_.Post([&] { link_->Unsubscribe(2); });
  Run();
  EXPECT_EQ(Sent(), "SUB a 2\r\nPUB a 1\r\nx\r\nUNSUB 2\r\n");
}

TEST_F(SocketLinkTest, TellsWhatTheServerSaysAndAnswersItsPings) {
  Say("MSG a 2 1\r\nx\r\nPING\r\n-ERR 'Permissions Violation for Publish to \"b\"'\r\n");
  Run();
  EXPECT_THAT(heard_, ElementsAre("2 x", "refused Permissions Violation for Publish to \"b\""));
  EXPECT_EQ(Sent(), "PONG\r\n");
  EXPECT_TRUE(link_->Publish({.subject = "a"}).ok()) << "it goes on";
}

TEST_F(SocketLinkTest, IsOverAfterWhatEndsAConnection) {
  struct Case {
    const char* says;
    const char* reason;
  };
  for (const Case& c :
       {Case{"", "closed the connection"}, Case{"-ERR 'Stale Connection'\r\n", "Stale Connection"},
        Case{"INFO {\"server_name\":\"x\",\"ldm\":true}\r\n", "lame duck"},
        Case{"nonsense\r\n", "protocol"}}) {
    heard_.clear();
    std::array<int, 2> ends = {};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    server_ = base::FileDescriptor(ends[1]);
    link_.emplace(base::FileDescriptor(ends[0]), ServerInfo{.address = "s", .max_payload = 100},
                  *this);
    link_->Start(loop_);
    if (*c.says == '\0') {
      server_.Close();
    } else {
      Say(base::Concat(c.says, "MSG a 1 1\r\nx\r\n"));
    }
    Run();
    ASSERT_EQ(heard_.size(), 1U) << c.says;
    EXPECT_THAT(heard_[0], ::testing::AllOf(HasSubstr("closed: "), HasSubstr(c.reason)));
    EXPECT_EQ(link_->Publish({.subject = "a"}).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(link_->Subscribe(1, "a").code(), absl::StatusCode::kUnavailable);
  }
}

TEST_F(SocketLinkTest, AsksAServerThatIsQuietAndLeavesOneThatIsSilent) {
  // Nothing is asked of one that speaks.
  for (int i = 0; i < 10; ++i) {
    Say("MSG a 2 1\r\nx\r\n");
    Run(SocketLink::kTick);
  }
  EXPECT_EQ(Sent(), "");
  heard_.clear();
  for (int i = 0; i < 10; ++i) {
    Say("PONG\r\n");
    Run(SocketLink::kTick);
    EXPECT_EQ(Sent(), "") << i;
    Run(SocketLink::kTick);
    EXPECT_EQ(Sent(), "PING\r\n") << i;
  }
  EXPECT_THAT(heard_, ElementsAre());
  const base::TimePoint silent = now_;
  while (heard_.empty() && now_ - silent < seconds(10)) Run(milliseconds(100));
  EXPECT_THAT(heard_, ElementsAre(HasSubstr("says nothing")));
  EXPECT_GE(now_ - silent, milliseconds(1500));
  EXPECT_LE(now_ - silent, seconds(3));
}

TEST_F(SocketLinkTest, AProcessThatWasStoppedKeepsItsConnection) {
  Run(SocketLink::kTick);
  Run(SocketLink::kTick);
  Run(seconds(60));
  EXPECT_THAT(heard_, ElementsAre());
  EXPECT_TRUE(link_->Publish({.subject = "a"}).ok());
}

TEST_F(SocketLinkTest, SendsTheRestWhenThereIsRoomAgain) {
  const std::string data(90'000, 'x');
  std::string sent;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(link_->Publish({.subject = "a", .data = data}).ok());
  for (int i = 0; i < 1000 && sent.size() < 50 * data.size(); ++i) {
    Run();
    sent += Sent();
  }
  EXPECT_EQ(sent.size(), 50 * (data.size() + std::string_view("PUB a 90000\r\n\r\n").size()));
}

TEST_F(SocketLinkTest, LeavesAServerThatSpeaksButDoesNotRead) {
  const std::string data(90'000, 'x');
  const base::TimePoint begun = now_;
  while (heard_.empty() && now_ - begun < seconds(10)) {
    EXPECT_TRUE(link_->Publish({.subject = "a", .data = data}).ok());
    Say("PONG\r\n");
    Run(milliseconds(100));
  }
  EXPECT_THAT(heard_, ElementsAre(HasSubstr("does not read")));
  EXPECT_LE(now_ - begun, seconds(4));
}

TEST_F(SocketLinkTest, WhatWaitsIsBounded) {
  const std::string data(100'000, 'x');
  size_t taken = 0;
  while (link_->Publish({.subject = "a", .data = data}).ok()) taken += data.size();
  EXPECT_GE(taken, SocketLink::kMaxUnsentBytes - data.size());
  EXPECT_LE(taken, SocketLink::kMaxUnsentBytes + 2 * 1024 * 1024);
  EXPECT_THAT(heard_, ElementsAre(HasSubstr("does not read")));
}

TEST_F(SocketLinkTest, RefusesWhatTheServerWouldNotTake) {
  EXPECT_EQ(link_->Publish({.subject = "a", .data = std::string(100'001, 'x')}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(link_->Publish({.subject = "a\r\nPING"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(link_->Publish({.subject = ""}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(link_->Publish({.subject = "a", .reply = "b c"}).code(),
            absl::StatusCode::kInvalidArgument);
  Run();
  EXPECT_EQ(Sent(), "");
}

TEST_F(SocketLinkTest, SendsWhatIsLeftWhenItGoes) {
  EXPECT_TRUE(link_->Publish({.subject = "a", .data = "gone"}).ok());
  link_.reset();
  EXPECT_EQ(Sent(), "PUB a 4\r\ngone\r\n");
  EXPECT_THAT(heard_, ElementsAre()) << "nobody is told";
}

}  // namespace
}  // namespace ssegw::nats
