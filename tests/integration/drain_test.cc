// SIGTERM: the gateway leaves in order, in time, and so that browsers come back spread out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <set>
#include <thread>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kDrain[] = R"({"reason":"drain"})";

int Readiness(const GatewayProcess& gateway) { return HttpGet(gateway.admin(), "/readyz").status; }

bool WaitUntilNotReady(const GatewayProcess& gateway) {
  return WaitFor([&] { return Readiness(gateway) == 503; });
}

TEST(DrainTest, EndsAtOnceAfterTheDelayWhenNobodyIsConnected) {
  for (const int signal : {SIGTERM, SIGINT}) {
    GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1h"});
    gateway.Signal(signal);
    EXPECT_EQ(gateway.WaitExit(), 0) << signal;
  }
}

TEST(DrainTest, DelayIsKeptThoughNobodyIsConnected) {
  constexpr base::Duration kDelay = milliseconds(1500);
  GatewayProcess gateway({"--drain_delay=1500ms", "--drain_window=1h"});
  const base::TimePoint begin = base::Now();
  gateway.Terminate();
  ASSERT_TRUE(WaitUntilNotReady(gateway));
  // Who was told of this address a moment ago comes now, and is served.
  Publisher late(gateway.grpc());
  late.MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot").status, 200);
  EXPECT_EQ(gateway.WaitExit(), 0);
  EXPECT_GE(base::Now() - begin, kDelay);
  EXPECT_LT(base::Now() - begin, kDelay + seconds(8));
}

TEST(DrainTest, PublisherInTheMiddleOfAStreamIsServedThroughTheDelayWithoutBrowsers) {
  constexpr base::Duration kDelay = milliseconds(1500);
  GatewayProcess gateway({"--drain_delay=1500ms", "--drain_window=1h"});
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  ASSERT_TRUE(call->Write(1, NumberedEvent("a", "k", 1)));
  ASSERT_FALSE(call->Read().value().has_error());
  const base::TimePoint begin = base::Now();
  gateway.Terminate();
  base::TimePoint last_taken = begin;
  uint32_t n = 2;
  for (; call->Write(n, NumberedEvent("a", "k", n)); ++n) {
    const auto answer = call->Read();
    if (!answer || answer->has_error()) break;
    last_taken = base::Now();
  }
  EXPECT_GE(last_taken - begin, kDelay - milliseconds(500)) << n << " events";
  EXPECT_EQ(call->Finish().code, kUnavailable);
  EXPECT_EQ(gateway.WaitExit(), 0);
}

TEST(DrainTest, SecondSignalEndsTheDelayThoughNobodyIsConnected) {
  GatewayProcess gateway({"--drain_delay=1h", "--drain_window=1h"});
  gateway.Terminate();
  ASSERT_TRUE(WaitUntilNotReady(gateway));
  gateway.Terminate();
  EXPECT_EQ(gateway.WaitExit(), 0);
}

TEST(DrainTest, OpenPublisherDoesNotHoldItUpBeyondTheDelay) {
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1h"});
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  ASSERT_TRUE(gateway.WaitForMetric("publishers", 1));
  // As a publisher does that waits for an answer: gRPC sees the end of a call only in one.
  const auto reading = std::async(std::launch::async, [&] { return call->Read().has_value(); });
  gateway.Terminate();
  const base::TimePoint begin = base::Now();
  EXPECT_EQ(gateway.WaitExit(), 0);
  EXPECT_LT(base::Now() - begin, seconds(5));
  EXPECT_EQ(reading.wait_for(seconds(10)), std::future_status::ready);
}

TEST(DrainTest, EverythingGoesOnDuringTheDelayExceptReadiness) {
  GatewayProcess gateway({"--drain_delay=1h"});
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  SseReader reader(gateway.http());
  gateway.Terminate();
  ASSERT_TRUE(WaitUntilNotReady(gateway));
  EXPECT_EQ(HttpGet(gateway.admin(), "/healthz").status, 200);
  EXPECT_EQ(publisher.Health(), "NOT_SERVING");
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(NumberOf(reader.Event()), 1u);
  ASSERT_TRUE(call->Write(1, NumberedEvent("a", "k", 2)));
  EXPECT_FALSE(call->Read().value().has_error());
  EXPECT_EQ(NumberOf(reader.Event()), 2u);
  SseReader late(gateway.http());
  EXPECT_EQ(NumberOf(late.Event()), 2u);
}

TEST(DrainTest, ConnectionGetsByeWithRetryAndAWholeStream) {
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1s", "--retry=2s"});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  gateway.Terminate();
  EXPECT_EQ(NumberOf(reader.Event()), 1u);
  const SseBlock bye = reader.Event();
  EXPECT_EQ(bye.event, "gateway.bye");
  EXPECT_EQ(bye.data, kDrain);
  EXPECT_THAT(std::stoi(bye.retry.value_or("0")), AllOf(Ge(1000), Le(4000)));
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ended_well());
  // As a browser does: it closes when the stream has ended.
  reader.socket().Close();
  EXPECT_EQ(gateway.WaitExit(), 0);
}

TEST(DrainTest, ConnectionsLeaveOverTheWindowAndComeBackSpread) {
  constexpr size_t kConnections = 20;
  constexpr base::Duration kWindow = seconds(2);
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=2s", "--retry=100ms"});
  std::vector<std::unique_ptr<SseReader>> readers;
  for (size_t i = 0; i < kConnections; ++i) {
    readers.push_back(std::make_unique<SseReader>(gateway.http()));
    readers.back()->AwaitLive();
  }
  gateway.Terminate();
  const base::TimePoint begin = base::Now();
  std::vector<base::Duration> left;
  std::set<std::string> retries;
  const auto collect = [&] {
    std::erase_if(readers, [&](const std::unique_ptr<SseReader>& reader) {
      const std::optional<std::string> bytes = reader->socket().ReceiveWithin({});
      if (!bytes) return false;
      left.push_back(base::Now() - begin);
      const size_t retry = bytes->find("retry: ") + 7;
      retries.insert(bytes->substr(retry, bytes->find('\n', retry) - retry));
      return true;
    });
    return readers.empty();
  };
  ASSERT_TRUE(WaitFor(collect));
  // Evenly: a fifth of the window apart at the least, where the machine holds nobody up.
  EXPECT_LT(left.front(), kWindow / 2);
  EXPECT_GT(left.back(), kWindow * 3 / 4);
  EXPECT_GT(left[kConnections * 3 / 4] - left[kConnections / 4], kWindow / 4);
  EXPECT_GT(retries.size(), kConnections / 2);
  EXPECT_EQ(gateway.WaitExit(), 0);
}

TEST(DrainTest, ConnectionsOfDifferentShardsDoNotLeaveTogether) {
  constexpr size_t kConnections = 4;
  constexpr base::Duration kWindow = seconds(2);
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=2s", "--threads=4"});
  std::vector<std::future<base::TimePoint>> ends;
  for (size_t i = 0; i < kConnections; ++i) {
    ends.push_back(std::async(std::launch::async, [&] {
      SseReader reader(gateway.http());
      reader.Event();
      return base::Now();
    }));
  }
  ASSERT_TRUE(gateway.WaitForMetric("connections", kConnections));
  gateway.Terminate();
  std::vector<base::TimePoint> left;
  for (auto& end : ends) left.push_back(end.get());
  EXPECT_EQ(gateway.WaitExit(), 0);
  const auto [first, last] = std::minmax_element(left.begin(), left.end());
  EXPECT_GT(*last - *first, kWindow / 4) << "evenly over the window: at 0, 1/4, 1/2 and 3/4 of it";
}

TEST(DrainTest, NothingNewIsTakenOnceTheDelayIsOver) {
  // One shard: the first of its two connections leaves at once, the other much later.
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1h", "--threads=1"});
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  ASSERT_TRUE(gateway.WaitForMetric("publishers", 1));
  SseReader one(gateway.http());
  SseReader other(gateway.http());
  ASSERT_TRUE(gateway.WaitForMetric("connections", 2));
  gateway.Terminate();
  EXPECT_TRUE(WaitFor([&] { return !TcpSocket::CanConnect(gateway.http()); }));
  EXPECT_TRUE(
      WaitFor([&] { return publisher.Publish(NumberedEvent("a", "k", 1)).code == kUnavailable; }));
  ASSERT_TRUE(call->Write(7, NumberedEvent("a", "k", 1)));
  const auto answer = call->Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->request_id(), 7u);
  EXPECT_EQ(answer->error().code(), kUnavailable);
  EXPECT_EQ(call->Finish().code, kUnavailable);
  EXPECT_EQ(gateway.Scrape()["window_events"], 0);
  EXPECT_EQ(Readiness(gateway), 503) << "the admin port stays to the end";
  gateway.Terminate();
  EXPECT_EQ(gateway.WaitExit(seconds(10)), 0);
}

// The type of an HTTP/2 frame is the fourth byte of its nine (RFC 9113 section 4.1); 7: GOAWAY.
bool GetsGoAway(TcpSocket& socket) {
  std::string received;
  size_t next = 0;
  for (;;) {
    while (received.size() >= next + 9) {
      const auto byte = [&](size_t i) { return static_cast<unsigned char>(received[next + i]); };
      if (byte(3) == 7) return true;
      next += 9 + (size_t{byte(0)} << 16 | size_t{byte(1)} << 8 | byte(2));
    }
    const std::string bytes = socket.Receive();
    if (bytes.empty()) return false;
    received += bytes;
  }
}

TEST(DrainTest, SilentPublishersAreToldToGoWhileBrowsersStillLeave) {
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1h", "--threads=1"});
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  ASSERT_TRUE(call->Write(1, NumberedEvent("a", "k", 1)));
  EXPECT_FALSE(call->Read().value().has_error());
  TcpSocket idle(gateway.grpc());
  idle.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9));
  SseReader one(gateway.http());
  SseReader other(gateway.http());
  ASSERT_TRUE(gateway.WaitForMetric("connections", 2));
  gateway.Terminate();
  EXPECT_FALSE(call->Read()) << "nothing but the end";
  EXPECT_EQ(call->Finish().code, kUnavailable);
  EXPECT_TRUE(GetsGoAway(idle));
  EXPECT_TRUE(WaitFor([&] { return !TcpSocket::CanConnect(gateway.grpc()); }));
  EXPECT_TRUE(
      WaitFor([&] { return publisher.Publish(NumberedEvent("a", "k", 2)).code == kUnavailable; }));
  EXPECT_EQ(gateway.Scrape()["publishers"], 0);
  EXPECT_GE(gateway.Scrape()["connections"], 1) << "the other leaves much later";
  EXPECT_EQ(Readiness(gateway), 503);
  gateway.Terminate();
  EXPECT_EQ(gateway.WaitExit(seconds(10)), 0);
}

TEST(DrainTest, SecondSignalEndsItAtOnce) {
  struct Case {
    const char* name;
    const char* delay;
  };
  for (const Case& c : {Case{"in the delay", "1h"}, Case{"in the window", "0s"}}) {
    GatewayProcess gateway({base::Concat("--drain_delay=", c.delay), "--drain_window=1h"});
    std::vector<std::unique_ptr<SseReader>> readers;
    for (int i = 0; i < 4; ++i) readers.push_back(std::make_unique<SseReader>(gateway.http()));
    gateway.Terminate();
    ASSERT_TRUE(WaitUntilNotReady(gateway)) << c.name;
    const base::TimePoint begin = base::Now();
    gateway.Terminate();
    EXPECT_EQ(gateway.WaitExit(), 0) << c.name;
    EXPECT_LT(base::Now() - begin, seconds(5)) << c.name;
  }
}

TEST(DrainTest, ConnectionThatNeverReadsDoesNotExtendIt) {
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1s"});
  Publisher publisher(gateway.grpc());
  const SseReader stuck(gateway.http(), {.tcp = {.receive_buffer_bytes = 4096}});
  std::vector<ssegateway::v1::Event> events;
  for (uint32_t i = 1; i <= 2000; ++i) {
    events.push_back(NumberedEvent("a", base::Concat(i), i, 1000));
  }
  publisher.MustPublish(events);
  ASSERT_TRUE(gateway.WaitForMetric("lagging_connections", 1));
  const base::TimePoint begin = base::Now();
  gateway.Terminate();
  EXPECT_EQ(gateway.WaitExit(), 0);
  // The window, and some seconds for last words.
  EXPECT_LT(base::Now() - begin, seconds(1 + 8 + 3));
}

TEST(DrainTest, AnswerInProgressIsReadToItsEndWithinTheWindow) {
  for (const char* threads : {"--threads=1", "--threads=2"}) {
    GatewayProcess gateway({"--drain_delay=0s", "--drain_window=20s", threads});
    Publisher publisher(gateway.grpc());
    std::vector<ssegateway::v1::Event> events;
    for (uint32_t i = 1; i <= 200; ++i) {
      events.push_back(NumberedEvent("a", base::Concat(i), i, 1000));
    }
    publisher.MustPublish(events);
    const size_t bytes = HttpGet(gateway.http(), "/v1/snapshot").body.size();
    ASSERT_GT(bytes, 200'000U);
    HttpConnection slow(gateway.http(), {.receive_buffer_bytes = 4096});
    slow.Send(RequestText("GET", "/v1/snapshot"));
    const HttpResponse head = slow.ReadHead();
    EXPECT_EQ(head.status, 200);
    gateway.Terminate();
    ASSERT_TRUE(WaitUntilNotReady(gateway));
    // As a phone on a bad link: over a second, while the others have left.
    size_t read = 0;
    while (read < bytes) {
      const std::string some = slow.ReadSome();
      ASSERT_FALSE(some.empty()) << "cut after " << read << " of " << bytes;
      read += some.size();
      std::this_thread::sleep_for(milliseconds(20));
    }
    EXPECT_EQ(read, bytes);
    slow.socket().Close();
    EXPECT_EQ(gateway.WaitExit(), 0);
  }
}

// The gateway has written all of it, but if it were gone with its network, as a pod is, the rest
// would be too.
TEST(DrainTest, AnswerThatTheKernelStillHasIsWaitedFor) {
  for (const char* version : {"HTTP/1.1", "HTTP/1.0"}) {
    GatewayProcess gateway({"--drain_delay=0s", "--drain_window=20s"});
    Publisher publisher(gateway.grpc());
    std::vector<ssegateway::v1::Event> events;
    for (uint32_t i = 1; i <= 14; ++i) {
      events.push_back(NumberedEvent("a", base::Concat(i), i, 1000));
    }
    publisher.MustPublish(events);
    HttpConnection slow(gateway.http(), {.receive_buffer_bytes = 4096});
    slow.Send(RequestText("GET", "/v1/snapshot", {}, version));
    const size_t bytes = std::stoul(slow.ReadHead().Get("Content-Length"));
    gateway.Terminate();
    // Longer than a connection lingers whose peer has taken everything.
    EXPECT_EQ(gateway.WaitExit(seconds(4)), std::nullopt) << version;
    size_t read = slow.ReadSome().size();
    while (read < bytes) {
      const std::string some = slow.ReadSome();
      ASSERT_FALSE(some.empty()) << "cut after " << read << " of " << bytes;
      read += some.size();
    }
    slow.socket().Close();
    EXPECT_EQ(gateway.WaitExit(), 0) << version;
  }
}

TEST(DrainTest, ConnectionsWithoutARequestDoNotExtendIt) {
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=500ms"});
  HttpConnection silent(gateway.http());
  HttpConnection half_a_head(gateway.http());
  half_a_head.Send("GET / HT");
  HttpConnection kept_alive(gateway.http());
  kept_alive.Get("/v1/snapshot");
  gateway.Terminate();
  EXPECT_EQ(gateway.WaitExit(seconds(5)), 0);
}

TEST(DrainTest, BrowserThatComesBackToTheNextGatewayIsToldThatItIsAnother) {
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=0s"});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  const std::string id = publisher.MustPublish(NumberedEvent("a", "k", 1));
  reader.Event();
  gateway.Terminate();
  reader.EventsToEnd();
  reader.socket().Close();
  ASSERT_EQ(gateway.WaitExit(), 0);
  const GatewayProcess next;
  SseReader again(next.http(), {.fields = {{"Last-Event-ID", id}}});
  EXPECT_EQ(again.Event().event, "gateway.reset");
}

}  // namespace
}  // namespace ssegw::testing
