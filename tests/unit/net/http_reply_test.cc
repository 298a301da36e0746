// What a service may reply, over real sockets: now or later, a body first, a stream with an end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/shard_fixture.h"

namespace ssegw::net {
namespace {

using ::testing::HasSubstr;
using testing::WaitFor;

using ReplyTest = ShardThreadTest;

TEST_F(ReplyTest, AnAnswerMayComeLaterFromAnotherThread) {
  Start({});
  Client client(address_);
  for (int i = 1; i <= 3; ++i) {
    client.Get("/later");
    std::function<void()> ready;
    ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
    EXPECT_FALSE(client.IsReadableWithin(milliseconds(20)));
    ready();
    ready();  // once too often, as a late one may be
    EXPECT_TRUE(client.ReadUntil(base::Concat("answer ", i)));
  }
  EXPECT_EQ(service_.finished_, 3);
}

TEST_F(ReplyTest, AnAnswerIsNotWaitedForBeyondItsPatience) {
  Start({});
  service_.patience_ = milliseconds(50);
  Client client(address_);
  client.Get("/later");
  EXPECT_TRUE(client.ReadUntil("answer 1"));
  const auto late = service_.TakeReady();
  ASSERT_NE(late, nullptr);
  // The one after it is not taken for ready.
  service_.patience_ = milliseconds(10'000);
  client.Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  late();
  EXPECT_FALSE(client.IsReadableWithin(milliseconds(50)));
  ready();
  EXPECT_TRUE(client.ReadUntil("answer 2"));
}

TEST_F(ReplyTest, AnAnswerForOneThatHasGoneIsDropped) {
  Start({.write_stall_timeout = milliseconds(100)});
  auto client = std::make_unique<Client>(address_);
  client->Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  client.reset();
  ready();
  const auto sockets = [&] { return shards_[0]->sockets() + shards_[1]->sockets(); };
  EXPECT_TRUE(WaitFor([&] { return sockets() == 0; }));
  ready();
}

TEST_F(ReplyTest, WorkForAnAnswerGoesOnWhenItsConnectionHasGone) {
  Start({});
  auto client = std::make_unique<Client>(address_);
  client->Get("/work");
  ASSERT_TRUE(WaitFor([&] { return service_.worked_ > 0; }));
  client.reset();
  // Others have their turn meanwhile.
  Client other(address_);
  other.Get("/text");
  EXPECT_TRUE(other.ReadUntil("text"));
  EXPECT_TRUE(WaitFor([&] { return service_.worked_ == StreamService::kPiecesOfWork; }));
}

TEST_F(ReplyTest, AnswerThatIsOnItsWayIsEndedForOthersToHaveItsPlace) {
  Start({});
  Client client(address_);
  client.Get("/endable");
  ASSERT_TRUE(client.ReadUntil("xxx"));
  service_.end_->End();
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
}

TEST_F(ReplyTest, OneThatIsResetIsNotAnswered) {
  Start({});
  service_.patience_ = milliseconds(60'000);
  auto client = std::make_unique<Client>(address_);
  client->Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  client->socket().Reset();
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
  ready();
}

TEST_F(ReplyTest, WhatComesBehindARequestWaitsForItsAnswer) {
  Start({});
  Client client(address_);
  client.Get("/large");
  ASSERT_TRUE(client.ReadLargeAnswer());
  client.Get("/later");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  client.Get("/text");
  // Until each shard has told of a whole second.
  std::this_thread::sleep_for(milliseconds(2'100));
  for (const auto& shard : shards_) EXPECT_LT(shard->report().busy_ratio, 0.2);
  EXPECT_FALSE(client.IsReadableWithin(milliseconds(0)));
  ready();
  EXPECT_TRUE(client.ReadUntil("\r\n\r\ntext"));
  EXPECT_LT(client.received().find("answer 1"), client.received().find("text"));
}

TEST_F(ReplyTest, LaterAnswerMayBeAStream) {
  Start({});
  Client client(address_);
  client.Get("/later_stream");
  std::function<void()> ready;
  ASSERT_TRUE(WaitFor([&] { return (ready = service_.TakeReady()) != nullptr; }));
  ready();
  ASSERT_TRUE(client.ReadUntil(kLive));
  EXPECT_THAT(client.received(), HasSubstr("X-Connection-Id: later\r\n"));
  Publish("1");
  EXPECT_TRUE(client.ReadUntil("data: 1\n"));
}

TEST_F(ReplyTest, StreamEndsWhenItsTimeIsUp) {
  Start({});
  const auto client = Subscribe("/ends");
  for (const ConnectionInfo& info : Slowest(1)) EXPECT_EQ(info.identity, "somebody");
  EXPECT_TRUE(client->ReadUntil("{\"reason\":\"auth_expired\""));
  EXPECT_TRUE(client->ReadUntil("0\r\n\r\n"));
  EXPECT_FALSE(client->ReadSome());
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kAuthExpired) == 1; }));
}

class BodyTest : public ShardThreadTest {
 protected:
  // Sends the bytes one way or the other, and reads until that has come.
  void ExpectAnswer(std::string_view request, std::string_view answer) {
    Client whole(address_);
    whole.Send(request);
    EXPECT_TRUE(whole.ReadUntil(answer)) << request << "\n" << whole.received();
    Client one_by_one(address_);
    for (const char& byte : request) one_by_one.Send({&byte, 1});
    EXPECT_TRUE(one_by_one.ReadUntil(answer)) << request << "\n" << one_by_one.received();
  }
  static std::string Post(std::string_view target, std::string_view rest) {
    return base::Concat("POST ", target, " HTTP/1.1\r\nHost: test\r\n", rest);
  }
};

TEST_F(BodyTest, IsReadWholeAndTheNextRequestFollows) {
  Start({});
  ExpectAnswer(Post("/body", "Content-Length: 10\r\n\r\n0123456789"), "[0123456789]");
  ExpectAnswer(Post("/body", "Content-Length: 0\r\n\r\n"), "[]");
  ExpectAnswer(Post("/body", "\r\n"), "[]");
  ExpectAnswer(Post("/body",
                    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n7;x=y\r\ndefghij\r\n"
                    "0\r\nTrailer: t\r\n\r\n"),
               "[abcdefghij]");
  const std::string twice = Post("/body", "Content-Length: 2\r\n\r\nab");
  ExpectAnswer(base::Concat(twice, twice, "GET /text HTTP/1.1\r\nHost: test\r\n\r\n"), "text");
}

TEST_F(BodyTest, MayBecomeAStream) {
  Start({});
  Client client(address_);
  client.Send(Post("/body_stream", "Content-Length: 2\r\n\r\nid"));
  ASSERT_TRUE(client.ReadUntil(kLive));
  EXPECT_THAT(client.received(), HasSubstr("X-Connection-Id: id\r\n"));
}

TEST_F(BodyTest, IsRefusedIfItIsTooLongOrMalformed) {
  Start({});
  const auto refused = [&](std::string_view rest, std::string_view status) {
    Client client(address_);
    client.Send(Post("/body", rest));
    EXPECT_TRUE(client.ReadUntil(status)) << rest << "\n" << client.received();
    EXPECT_TRUE(client.ReadUntil("Connection: close\r\n"));
  };
  // Told at once: nothing of the body has come.
  refused("Content-Length: 11\r\n\r\n", "HTTP/1.1 413 ");
  refused("Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n", "HTTP/1.1 413 ");
  refused("Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n", "HTTP/1.1 413 ");
  refused("Transfer-Encoding: chunked\r\n\r\nnot a length\r\n", "HTTP/1.1 400 ");
}

TEST_F(BodyTest, ThatDoesNotComeIsRefusedAfterTheTimeForARequest) {
  Start({.request_header_timeout = milliseconds(100)});
  Client client(address_);
  client.Send(Post("/body", "Content-Length: 3\r\n\r\nab"));
  EXPECT_TRUE(client.ReadUntil("HTTP/1.1 408 "));
}

TEST_F(BodyTest, IsAskedForIfTheClientWaitsForThat) {
  Start({});
  Client client(address_);
  client.Send(Post("/body", "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  ASSERT_TRUE(client.ReadUntil("HTTP/1.1 100 Continue\r\n\r\n"));
  client.Send("ab");
  EXPECT_TRUE(client.ReadUntil("[ab]"));
}

TEST_F(BodyTest, OfAPeerThatLeavesIsForgotten) {
  Start({});
  for (int i = 0; i < 20; ++i) {
    Client client(address_);
    client.Send(Post("/body", "Content-Length: 3\r\n\r\nab"));
  }
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
  EXPECT_EQ(shards_[0]->stats().head_bytes.value() + shards_[1]->stats().head_bytes.value(), 0U);
}

TEST_F(BodyTest, ThatNobodyWantsIsNotRead) {
  Start({});
  ExpectAnswer(Post("/text", "Content-Length: 2\r\n\r\nab"), "Connection: close\r\n");
}

}  // namespace
}  // namespace ssegw::net
