// How connections end: told beforehand, in order, and not while somebody may wait for an answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kBusy[] = R"({"reason":"busy"})";

double SecondsSince(base::TimePoint begin) { return base::ToSeconds(base::Now() - begin); }

// Reads to the end, and returns how long that took.
double SecondsToEnd(SseReader& reader) {
  const base::TimePoint begin = base::Now();
  while (reader.Next()) {
  }
  return SecondsSince(begin);
}

TEST(KeepAliveTest, OutlivesTheTimeForAHeadAndEndsInOrder) {
  const GatewayProcess gateway({"--request_header_timeout=300ms", "--keepalive_timeout=1500ms"});
  HttpConnection connection(gateway.http());
  EXPECT_EQ(connection.Get("/v1/snapshot").status, 200);
  EXPECT_FALSE(connection.socket().ReceiveWithin(milliseconds(700))) << "closed too early";
  EXPECT_EQ(connection.Get("/v1/snapshot").status, 200);
  const base::TimePoint begin = base::Now();
  EXPECT_TRUE(connection.IsClosed());
  EXPECT_GT(SecondsSince(begin), 1.4);
  EXPECT_FALSE(connection.socket().was_reset());
}

TEST(KeepAliveTest, HalfOfALaterHeadHasTheTimeForAHead) {
  const GatewayProcess gateway({"--request_header_timeout=300ms", "--keepalive_timeout=1h"});
  HttpConnection connection(gateway.http());
  EXPECT_EQ(connection.Get("/v1/snapshot").status, 200);
  connection.Send("GET /v1/snapshot HTTP/1.1\r\nHost:");
  EXPECT_EQ(connection.ReadResponse().status, 408);
  EXPECT_TRUE(connection.IsClosed());
}

TEST(ShedHoldTest, SaysByeAtOnceAndEndsLater) {
  const GatewayProcess gateway({"--max_connections=1", "--shed_hold=1s"});
  const SseReader only(gateway.http());
  for (const bool http_1_0 : {false, true}) {
    const base::TimePoint begin = base::Now();
    SseReader shed(gateway.http(), {.http_1_0 = http_1_0});
    EXPECT_EQ(shed.head().Get("Connection"), "close");
    EXPECT_EQ(shed.Event().data, kBusy);
    EXPECT_LT(SecondsSince(begin), 0.5);
    EXPECT_THAT(SecondsToEnd(shed), Ge(0.5));
    EXPECT_TRUE(shed.ended_well());
  }
}

TEST(ShedHoldTest, OfZeroEndsAtOnce) {
  const GatewayProcess gateway({"--max_connections=1", "--shed_hold=0"});
  const SseReader only(gateway.http());
  SseReader shed(gateway.http());
  EXPECT_EQ(shed.Event().data, kBusy);
  EXPECT_LT(SecondsToEnd(shed), 0.5);
  EXPECT_TRUE(shed.ended_well());
}

TEST(ShedHoldTest, EndsForTheLongestHeldWhereThereAreTooMany) {
  // 128 files: 64 sockets of the public port, of which two may be held, one by each shard.
  const GatewayProcess gateway({"--max_connections=1", "--shed_hold=1m", "--threads=2"}, {}, 128);
  const SseReader only(gateway.http());
  std::vector<std::unique_ptr<SseReader>> shed;
  for (int i = 0; i < 12; ++i) {
    shed.push_back(std::make_unique<SseReader>(gateway.http()));
    EXPECT_EQ(shed.back()->Event().data, kBusy);
  }
  // All but the last of each shard.
  for (int i = 0; i < 8; ++i) EXPECT_LT(SecondsToEnd(*shed[static_cast<size_t>(i)]), 5) << i;
  EXPECT_FALSE(shed.back()->socket().ReceiveWithin(milliseconds(300))) << "ended too early";
}

TEST(ShedHoldTest, DoesNotHoldUpWhoeverLeaves) {
  GatewayProcess gateway(
      {"--max_connections=1", "--shed_hold=1m", "--drain_delay=0s", "--drain_window=1s"});
  auto only = std::make_unique<SseReader>(gateway.http());
  SseReader shed(gateway.http());
  EXPECT_EQ(shed.Event().data, kBusy);
  gateway.Terminate();
  while (only->Next()) {
  }
  only.reset();
  EXPECT_LT(SecondsToEnd(shed), 5);
  EXPECT_TRUE(shed.ended_well());
  shed.socket().Close();
  EXPECT_EQ(gateway.WaitExit(), 0);
}

TEST(LeavingTest, EveryAnswerSaysThatItIsTheLast) {
  GatewayProcess gateway({"--drain_delay=1h", "--drain_window=1s"});
  HttpConnection connection(gateway.http());
  EXPECT_FALSE(connection.Get("/v1/snapshot").Find("Connection"));
  gateway.Terminate();
  ASSERT_TRUE(WaitFor([&] { return HttpGet(gateway.admin(), "/readyz").status == 503; }));
  const HttpResponse last = connection.Get("/v1/snapshot");
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.Get("Connection"), "close");
  EXPECT_TRUE(connection.IsClosed());
}

// What was sent while the process could not answer: each must be answered, though it leaves.
TEST(LeavingTest, WhatIsOnItsWayIsAnswered) {
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=3s"});
  std::vector<std::unique_ptr<HttpConnection>> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(std::make_unique<HttpConnection>(gateway.http()));
    EXPECT_EQ(idle.back()->Get("/v1/snapshot").status, 200);
  }
  gateway.Signal(SIGSTOP);
  for (const auto& connection : idle) connection->Send(RequestText("GET", "/v1/snapshot"));
  std::vector<std::unique_ptr<HttpConnection>> in_backlog;
  for (int i = 0; i < 20; ++i) {
    in_backlog.push_back(std::make_unique<HttpConnection>(gateway.http()));
    in_backlog.back()->Send(RequestText("GET", "/v1/events"));
  }
  gateway.Terminate();
  gateway.Signal(SIGCONT);
  for (const auto& connection : idle) {
    EXPECT_EQ(connection->ReadResponse().status, 200);
  }
  for (const auto& connection : in_backlog) {
    EXPECT_EQ(connection->ReadHead().status, 200);
    std::string stream;
    for (std::string some; !(some = connection->ReadSome()).empty();) stream += some;
    EXPECT_THAT(stream, HasSubstr("event: gateway.bye\n"));
    EXPECT_FALSE(connection->socket().was_reset());
  }
  EXPECT_EQ(gateway.WaitExit(), 0);
}

TEST(OtherProtocolTest, IsNamedInTheLog) {
  const GatewayProcess gateway;
  struct Case {
    const char* name;
    std::string begins;
    const char* logged;
  };
  const Case cases[] = {
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
       "TLS came to a port that speaks plain HTTP"},
      {"PROXY 1", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n",
       "the PROXY protocol is not spoken here"},
      {"PROXY 2", std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", 16),
       "the PROXY protocol (version 2) is not spoken here"},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 came to a port that speaks HTTP/1.1"},
  };
  for (const std::string& address : {gateway.http(), gateway.admin()}) {
    for (const Case& c : cases) {
      SCOPED_TRACE(c.name);
      // It is spoken there.
      if (c.begins.starts_with("PRI") && address == gateway.http()) continue;
      HttpConnection connection(address);
      connection.Send(c.begins);
      const HttpResponse response = connection.ReadResponse();
      EXPECT_EQ(response.status, 400);
      EXPECT_THAT(response.body, HasSubstr(c.logged));
      EXPECT_THAT(gateway.Log(), HasSubstr(c.logged));
    }
  }
}

TEST(UnixSocketTest, ServesStreamsAndProbes) {
  const std::string directory = ::testing::TempDir();
  const std::string http = base::Concat("unix:", directory, "ssegw-", ::getpid(), "-http");
  const std::string admin = base::Concat("unix:", directory, "ssegw-", ::getpid(), "-admin");
  const GatewayProcess gateway(
      {base::Concat("--http_listen=", http), base::Concat("--admin_listen=", admin)});
  EXPECT_EQ(gateway.http(), http);
  SseReader reader(gateway.http());
  EXPECT_EQ(reader.head().status, 200);
  EXPECT_THAT(HttpGet(gateway.admin(), "/metrics").body,
              HasSubstr("\nsse_gateway_connections 1\n"));
  const RunResult probe =
      RunGateway({"--probe=readyz", base::Concat("--admin_listen=", gateway.admin())});
  EXPECT_EQ(probe.exit_code, 0);
  EXPECT_THAT(probe.out, StartsWith(admin));
}

}  // namespace
}  // namespace ssegw::testing
