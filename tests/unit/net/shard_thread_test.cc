// The shards with real sockets and real threads, and no gRPC: what ThreadSanitizer is to look at.
#include "internal/net/shard_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "internal/net/transport/send_buffer.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/shard_fixture.h"

namespace ssegw::net {
namespace {

using ::testing::HasSubstr;
using testing::WaitFor;

using SlowestTest = ShardThreadTest;

TEST_F(ShardThreadTest, DeliversToConnectionsOfEveryShardWhilePublishersAppend) {
  Start({});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(Subscribe("/all"));
  EXPECT_EQ(shards_[0]->sockets(), 4U);
  EXPECT_EQ(shards_[1]->sockets(), 4U);
  std::vector<std::thread> publishers;
  for (int p = 0; p < 3; ++p) {
    publishers.emplace_back([&] {
      for (int i = 0; i < 300; ++i) Publish("\"some data\"");
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  for (auto& client : clients) {
    ASSERT_TRUE(client->ReadUntil("id: e-900\n"));
    size_t events = 0;
    for (size_t at = 0; (at = client->received().find("some data", at)) != std::string::npos;
         ++at) {
      ++events;
    }
    EXPECT_EQ(events, 900U);
  }
}

TEST_F(ShardThreadTest, ConnectionsHaveTheOptionsThatAreSetOnTheListenerAlone) {
  Start({});
  const auto client = Subscribe();
  const int fd = client->OtherEnd();
  ASSERT_GE(fd, 0);
  const auto option = [fd](int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16 * 1024);
  // Linux tells twice what was set.
  EXPECT_EQ(option(SOL_SOCKET, SO_SNDBUF), int{2 * SendBuffer::kFirstBytes});
}

TEST_F(ShardThreadTest, OptionsAndLimitsChangeWhileEventsFlow) {
  Start({});
  auto open = Subscribe();
  std::atomic<bool> done = false;
  std::thread publisher([&] {
    while (!done) Publish("\"some data\"");
  });
  for (int i = 1; i <= 200; ++i) {
    for (auto& shard : shards_) {
      shard->SetOptions({.heartbeat_interval = seconds(i), .max_connection_age = seconds(i)});
    }
    admission_->SetLimits({.max_connections = static_cast<size_t>(i)});
    if (i % 10 == 0) Subscribe();
  }
  for (auto& shard : shards_) shard->SetOptions({.request_header_timeout = milliseconds(50)});
  done = true;
  publisher.join();
  Client slow(address_);
  slow.Send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(slow.ReadUntil("HTTP/1.1 408 "));
  Publish("\"the last\"");
  EXPECT_TRUE(open->ReadUntil("the last")) << "it was let in, and stays";
}

TEST_F(ShardThreadTest, ConnectionsComeAndGoWhileEventsFlow) {
  Start({});
  std::atomic<bool> done = false;
  std::thread publisher([&] {
    while (!done) Publish("\"" + std::string(2000, 'x') + "\"");
  });
  std::vector<std::thread> browsers;
  for (int b = 0; b < 3; ++b) {
    browsers.emplace_back([&] {
      for (int i = 0; i < 30; ++i) {
        Client client(address_);
        client.Get(i % 2 == 0 ? "/all" : "/sse");
        client.ReadUntil("data: \"x");
      }
    });
  }
  for (std::thread& browser : browsers) browser.join();
  done = true;
  publisher.join();
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
}

TEST_F(ShardThreadTest, AnswersPipelinedRequestsInOrderAndThenStreams) {
  Start({});
  Client client(address_);
  client.Get("/text");
  client.Get("/text");
  client.Get("/sse");
  ASSERT_TRUE(client.ReadUntil(kLive));
  const size_t first = client.received().find("\r\n\r\ntext");
  EXPECT_NE(client.received().find("\r\n\r\ntext", first + 1), std::string::npos);
}

TEST_F(ShardThreadTest, AnswersRequestsThatComeWhileOthersAreAnswered) {
  Start({});
  constexpr size_t kRequests = 2000;
  Client client(address_);
  // Each in a packet of its own.
  for (size_t i = 0; i < kRequests; ++i) client.Get("/text");
  client.Get("/sse");
  ASSERT_TRUE(client.ReadUntil(kLive));
  size_t answers = 0;
  for (size_t at = 0; (at = client.received().find("\r\n\r\ntext", at)) != std::string::npos;
       ++at) {
    ++answers;
  }
  EXPECT_EQ(answers, kRequests);
}

TEST_F(ShardThreadTest, ALargeAnswerIsWrittenAsTheSocketTakesIt) {
  Start({});
  Client client(address_);
  client.Get("/large");
  ASSERT_TRUE(client.ReadLargeAnswer());
  client.Get("/text");
  EXPECT_TRUE(client.ReadUntil("text"));
}

TEST_F(ShardThreadTest, AnAnswerThatIsTakenTooSlowlyIsGivenUp) {
  // So that what has been taken earns no time.
  Start({.write_stall_timeout = milliseconds(300), .min_answer_bytes_per_second = 1 << 30});
  Client client(address_);
  client.Get("/large");
  base::TimePoint next = base::Now();
  // It never stalls: 3 MB a second, where there is more to be had.
  while (client.ReadSome()) {
    next += milliseconds(20);
    while (base::Now() < next) std::this_thread::yield();
  }
  EXPECT_LT(client.received().size(), 3U << 20);
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
}

TEST_F(ShardThreadTest, PeersThatSaySomethingFindRoomAmongThoseThatDoNot) {
  Start({}, {}, /*max_sockets=*/8);
  auto stream = Subscribe();
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(std::make_unique<Client>(address_));
    if (i % 2 == 0) silent.back()->Send("GET /sse HTTP/1.1\r\nHo");
    if (i % 10 != 0) continue;
    Client speaks(address_);
    speaks.Get("/text");
    EXPECT_TRUE(speaks.ReadUntil("text")) << i;
  }
  EXPECT_LE(shards_[0]->sockets() + shards_[1]->sockets(), 8U);
  EXPECT_TRUE(WaitFor([&] {
    return shards_[0]->stats().idle_closed.value() + shards_[1]->stats().idle_closed.value() >= 30;
  }));
  EXPECT_FALSE(silent[0]->ReadSome()) << "closed: it has waited longest";
  Publish("1");
  EXPECT_TRUE(stream->ReadUntil("data: 1\n")) << "a stream is not idle";
}

TEST_F(ShardThreadTest, WithoutIdleOnesNewConnectionsWaitInTheBacklog) {
  Start({}, {}, /*max_sockets=*/2);
  auto first = Subscribe();
  auto second = Subscribe();
  Client third(address_);
  third.Get("/text");
  EXPECT_FALSE(third.IsReadableWithin(milliseconds(100)));
  first.reset();
  EXPECT_TRUE(third.ReadUntil("text"));
}

TEST_F(ShardThreadTest, TheLastSocketIsNotTakenFromWhoGotIt) {
  Start({}, {}, /*max_sockets=*/2);
  auto stream = Subscribe();
  Client last(address_);
  ASSERT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 2; }));
  EXPECT_FALSE(last.IsReadableWithin(milliseconds(100))) << "nobody waits for its place";
  last.Get("/text");
  EXPECT_TRUE(last.ReadUntil("text"));
  EXPECT_EQ(shards_[0]->stats().idle_closed.value() + shards_[1]->stats().idle_closed.value(), 0U);
}

TEST_F(ShardThreadTest, HeartbeatsComeWhenNothingElseDoes) {
  Start({.heartbeat_interval = milliseconds(100)});
  auto client = Subscribe();
  EXPECT_TRUE(client->ReadUntil("2\r\n:\n\r\n2\r\n:\n\r\n"));
}

TEST_F(ShardThreadTest, GreetsWithTheConnectionsIdAndSaysThatItWillClose) {
  Start({});
  const auto client = Subscribe();
  const std::string& got = client->received();
  const std::string_view name = "\r\nX-Connection-Id: ";
  const size_t at = got.find(name);
  ASSERT_NE(at, std::string::npos) << got;
  const size_t begin = at + name.size();
  const std::string id = got.substr(begin, got.find('\r', begin) - begin);
  EXPECT_THAT(got,
              HasSubstr(base::Concat("data: {\"connection\":\"", id, "\",\"resumed\":null}\n")));
  EXPECT_THAT(got, HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(ShardThreadTest, EveryConnectionHearsThatTheLogIsAwayAndThatItIsBack) {
  Start({});
  const auto set_stale = [&](std::optional<base::WallTime> since) {
    for (const auto& shard : shards_) shard->SetStale(since);
  };
  constexpr size_t kClients = 20;
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < kClients; ++i) clients.push_back(Subscribe());
  set_stale(base::WallTime());
  for (size_t i = 0; i < kClients; i += 3) clients[i] = nullptr;
  for (size_t i = 0; i < 4; ++i) clients.push_back(Subscribe());
  Publish("1");
  for (const auto& client : clients) {
    if (client == nullptr) continue;
    EXPECT_TRUE(client->ReadUntil("event: gateway.stale\ndata: {\"since\":\"1970-"));
    EXPECT_TRUE(client->ReadUntil("data: 1\n")) << "events go on";
  }
  set_stale(std::nullopt);
  for (const auto& client : clients) {
    if (client == nullptr) continue;
    EXPECT_TRUE(client->ReadUntil("event: gateway.fresh\ndata: {}\n\n"));
    const std::string_view text = client->received();
    EXPECT_EQ(text.find("gateway.stale"), text.rfind("gateway.stale")) << "once";
  }
}

TEST_F(ShardThreadTest, ARequestThatDoesNotArriveIsRefusedInTime) {
  Start({.request_header_timeout = milliseconds(100)});
  Client slow(address_);
  slow.Send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(slow.ReadUntil("HTTP/1.1 408 "));
  EXPECT_FALSE(slow.ReadUntil("never"));
}

TEST_F(ShardThreadTest, APeerThatTakesNothingIsClosed) {
  Start({.write_stall_timeout = milliseconds(300)});
  auto stuck = Subscribe("/all");
  const std::string json = "\"" + std::string(60'000, 'x') + "\"";
  EXPECT_TRUE(WaitFor([&] {
    Publish(json);
    return Closed(CloseReason::kWriteStall) == 1;
  }));
}

TEST_F(ShardThreadTest, APeerThatFloodsIsClosed) {
  Start({});
  auto client = Subscribe();
  const std::string garbage(30'000, 'x');
  for (int i = 0; i < 4; ++i) client->Send(garbage);
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kPeerFlood) == 1; }));
}

TEST_F(ShardThreadTest, OldConnectionsAreToldToLeave) {
  Start({.max_connection_age = milliseconds(200)});
  auto client = Subscribe();
  EXPECT_TRUE(client->ReadUntil("{\"reason\":\"max_age\"}\n\n\r\n0\r\n\r\n"));
  EXPECT_FALSE(client->ReadSome());
}

TEST_F(ShardThreadTest, DrainTellsEveryConnectionWithinTheWindow) {
  Start({});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(Subscribe());
  for (auto& shard : shards_) shard->Drain(milliseconds(300), 0.5);
  for (auto& client : clients) {
    EXPECT_TRUE(client->ReadUntil("event: gateway.bye\nretry: "));
    EXPECT_TRUE(client->ReadUntil("{\"reason\":\"drain\"}\n\n\r\n0\r\n\r\n"));
  }
  clients.clear();
  EXPECT_TRUE(WaitFor([&] { return shards_[0]->sockets() + shards_[1]->sockets() == 0; }));
  EXPECT_EQ(Closed(CloseReason::kDrain), 10U);
}

TEST_F(ShardThreadTest, WhatIsTooManyIsTurnedAwayKindly) {
  Start({}, {.max_connections = 1});
  auto first = Subscribe();
  Client second(address_);
  second.Get("/sse");
  EXPECT_TRUE(second.ReadUntil("{\"reason\":\"busy\"}\n\n"));
  EXPECT_THAT(second.received(), HasSubstr("\r\n:\nevent: gateway.cut\ndata: {}\n\n"));
  EXPECT_THAT(second.received(), HasSubstr("HTTP/1.1 200 OK\r\n"));
  // It is held for a while, and then ends in order.
  EXPECT_FALSE(second.IsReadableWithin(milliseconds(200)));
  EXPECT_TRUE(second.ReadUntil("\r\n0\r\n\r\n"));
  EXPECT_FALSE(second.ReadSome());
}

TEST_F(SlowestTest, AreThoseThatTakeNothing) {
  Start({});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(Subscribe());
  EXPECT_EQ(Slowest(100).size(), 40U);
  EXPECT_EQ(Slowest(1).size(), 2U) << "one of each shard";
  // None of them reads, and all are equally behind; those of one shard in order of age.
  const std::string large(100'000, 'x');
  for (int i = 0; i < 100; ++i) Publish(base::Concat("\"", large, "\""));
  ASSERT_TRUE(WaitFor([&] {
    size_t stalled = 0;
    for (const ConnectionInfo& info : Slowest(100)) stalled += info.rank.lag.events > 0 ? 1 : 0;
    return stalled == 40;
  }));
  for (const ConnectionInfo& info : Slowest(5)) {
    EXPECT_EQ(info.progress, fanout::Progress::kBehind);
    EXPECT_EQ(info.address, "127.0.0.1");
    EXPECT_GT(info.rank.lag.age.count(), 0);
    ASSERT_TRUE(info.link);
    EXPECT_GT(info.link->unacknowledged_bytes, 0U);
  }
}

TEST_F(SlowestTest, AreFoundWhileOthersComeAndGo) {
  Start({});
  std::atomic<bool> stop = false;
  std::thread restless([&] {
    while (!stop) {
      std::vector<std::unique_ptr<Client>> clients;
      for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<Client>(address_));
        clients.back()->Get("/sse");
      }
    }
  });
  auto steady = Subscribe();
  for (int i = 0; i < 200; ++i) {
    std::set<std::string> ids;
    const std::vector<ConnectionInfo> found = Slowest(1000);
    for (const ConnectionInfo& info : found) ids.insert(info.id);
    ASSERT_EQ(ids.size(), found.size()) << "none twice";
    ASSERT_FALSE(ids.empty());
  }
  stop = true;
  restless.join();
}

}  // namespace
}  // namespace ssegw::net
