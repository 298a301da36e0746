// What a connection may not exceed: the number of them, their age, their idleness.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

constexpr char kBusy[] = R"({"reason":"busy"})";

std::string Shed(const std::string& reason) {
  return base::Concat("connections_shed_total{reason=\"", reason, "\"}");
}
std::string Closed(const std::string& reason) {
  return base::Concat("connections_closed_total{reason=\"", reason, "\"}");
}

bool IsAdmitted(const GatewayProcess& gateway, const TcpOptions& tcp = {}) {
  SseReader reader(gateway.http(), {.tcp = tcp});
  return reader.IsAdmitted();
}

TEST(OverloadTest, ConnectionOverTheLimitIsTurnedAwayWithoutKillingTheBrowser) {
  const GatewayProcess gateway(
      {"--max_connections=2", "--retry=2s", "--drain_window=20s", "--shed_hold=0"});
  const SseReader first(gateway.http());
  auto second = std::make_unique<SseReader>(gateway.http());
  std::set<std::string> retries;
  for (int i = 0; i < 10; ++i) {
    SseReader third(gateway.http());
    EXPECT_EQ(third.head().Get("Content-Type"), "text/event-stream; charset=utf-8");
    EXPECT_EQ(third.head().Get("Access-Control-Allow-Origin"), "*");
    EXPECT_FALSE(third.IsAdmitted());
    const SseBlock bye = third.Event();
    EXPECT_EQ(bye.event, "gateway.bye");
    EXPECT_EQ(bye.data, kBusy);
    // Over the window, so that they do not come back all at once.
    EXPECT_THAT(std::stoi(*bye.retry), AllOf(Ge(1000), Le(23'000)));
    retries.insert(*bye.retry);
    EXPECT_FALSE(third.Next());
    EXPECT_TRUE(third.ended_well());
  }
  EXPECT_GT(retries.size(), 5u);
  EXPECT_EQ(gateway.Scrape()[Shed("max_connections")], 10);
  EXPECT_EQ(gateway.Scrape()["connections"], 2);
  EXPECT_EQ(gateway.Scrape()["max_connections"], 2);

  second.reset();
  ASSERT_TRUE(gateway.WaitForMetric("connections", 1));
  EXPECT_TRUE(IsAdmitted(gateway));
}

TEST(OverloadTest, LimitPerAddressConcernsOnlyThatAddress) {
  const GatewayProcess gateway({"--max_connections_per_ip=1"});
  const SseReader first(gateway.http(), {.tcp = {.local_address = "127.0.0.2"}});
  EXPECT_FALSE(IsAdmitted(gateway, {.local_address = "127.0.0.2"}));
  EXPECT_TRUE(IsAdmitted(gateway, {.local_address = "127.0.0.3"}));
  EXPECT_EQ(gateway.Scrape()[Shed("max_connections_per_ip")], 1);
}

TEST(OverloadTest, ConnectRateLetsABurstThroughAndRecovers) {
  const GatewayProcess gateway({"--connect_rate=5"});
  const base::TimePoint begin = base::Now();
  int admitted = 0;
  int shed = 0;
  while (shed == 0) IsAdmitted(gateway) ? ++admitted : ++shed;
  const double seconds = base::ToSeconds(base::Now() - begin);
  EXPECT_THAT(admitted, AllOf(Ge(5), Le(static_cast<int>(5 + 5 * seconds))));
  EXPECT_EQ(gateway.Scrape()[Shed("connect_rate")], 1);
  EXPECT_TRUE(WaitFor([&] { return IsAdmitted(gateway); }));
}

TEST(OverloadTest, RequestRateIsOfEachAddressAndOfAllThatItAsks) {
  const GatewayProcess gateway({"--request_rate=5", "--shed_hold=0"});
  const auto status = [&](const std::string& target, const char* local) {
    HttpConnection connection(gateway.http(), {.local_address = local});
    return connection.Get(target).status;
  };
  HttpResponse refused;
  for (int i = 0; i < 100 && refused.status != 429; ++i) {
    HttpConnection connection(gateway.http(), {.local_address = "127.0.0.2"});
    refused = connection.Get(i % 2 ? "/v1/snapshot" : "/nothing");
  }
  ASSERT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Get("Retry-After"), "1");
  EXPECT_EQ(refused.Get("Content-Type"), "application/problem+json");
  EXPECT_EQ(status("/v1/snapshot", "127.0.0.3"), 200) << "another address";
  // A browser is told when to come back, with the status that does not make it give up.
  int shed = 0;
  for (int i = 0; i < 100 && shed == 0; ++i) {
    SseReader reader(gateway.http(), {.tcp = {.local_address = "127.0.0.2"}});
    if (reader.IsAdmitted()) continue;
    ++shed;
    EXPECT_EQ(reader.head().status, 200);
    const SseBlock bye = reader.Event();
    EXPECT_EQ(bye.data, kBusy);
    EXPECT_TRUE(bye.retry);
  }
  EXPECT_EQ(gateway.Scrape()[Shed("request_rate")], 1);
  EXPECT_TRUE(WaitFor([&] { return IsAdmitted(gateway, {.local_address = "127.0.0.2"}); }));
}

TEST(OverloadTest, OtherRequestsAreNotShed) {
  const GatewayProcess gateway({"--max_connections=1"});
  const SseReader only(gateway.http());
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot").status, 200);
  EXPECT_EQ(HttpGet(gateway.admin(), "/healthz").status, 200);
}

TEST(AgeTest, ConnectionOverItsAgeIsAskedToReconnect) {
  const GatewayProcess gateway({"--max_connection_age=500ms", "--retry=2s"});
  const base::TimePoint begin = base::Now();
  SseReader reader(gateway.http());
  const SseBlock bye = reader.Event();
  EXPECT_GT(base::Now() - begin, std::chrono::milliseconds(350)) << "20 % of jitter";
  EXPECT_EQ(bye.event, "gateway.bye");
  EXPECT_EQ(bye.data, R"({"reason":"max_age"})");
  EXPECT_THAT(std::stoi(bye.retry.value_or("0")), AllOf(Ge(1000), Le(3000)));
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ended_well());
  reader.socket().Close();
  EXPECT_TRUE(gateway.WaitForMetric(Closed("max_age"), 1));
  EXPECT_EQ(gateway.Scrape()["connections"], 0);
}

TEST(AgeTest, NothingIsLostOverReconnects) {
  const GatewayProcess gateway({"--max_connection_age=200ms"});
  Publisher publisher(gateway.grpc());
  std::string last_id;
  uint32_t published = 0;
  uint32_t received = 0;
  for (int connections = 0; connections < 5; ++connections) {
    SseReader reader(gateway.http(), {.query = "mode=all&lastEventId=" + last_id});
    for (;;) {
      publisher.MustPublish(NumberedEvent("a", "k", ++published));
      const SseBlock event = reader.Event();
      if (event.event == "gateway.bye") break;
      ASSERT_EQ(NumberOf(event), ++received);
      last_id = *event.id;
    }
  }
}

TEST(StallTest, ConnectionThatTakesNoByteIsReset) {
  const GatewayProcess gateway({"--write_stall_timeout=1s"});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.tcp = {.receive_buffer_bytes = 4096}});
  std::vector<ssegateway::v1::Event> events;
  for (uint32_t i = 1; i <= 2000; ++i) {
    events.push_back(NumberedEvent("a", base::Concat(i), i, 1000));
  }
  publisher.MustPublish(events);
  EXPECT_TRUE(gateway.WaitForMetric(Closed("write_stall"), 1));
  EXPECT_EQ(gateway.Scrape()["connections"], 0);
  EXPECT_EQ(gateway.Scrape()["lagging_connections"], 0);
  reader.EventsToEnd();
  EXPECT_TRUE(reader.socket().was_reset());
}

TEST(StallTest, ConnectionThatTakesALittleIsKept) {
  constexpr base::Duration kStall = std::chrono::seconds(1);
  const GatewayProcess gateway({"--write_stall_timeout=1s"});
  SseReader reader(gateway.http(), {.query = "mode=all", .tcp = {.receive_buffer_bytes = 4096}});
  const auto publishing = std::async(std::launch::async, [&] {
    std::vector<ssegateway::v1::Event> events;
    for (uint32_t i = 1; i <= 20'000; ++i) events.push_back(NumberedEvent("a", "k", i, 1000));
    Publisher(gateway.grpc()).MustPublish(events);
  });
  const base::TimePoint begin = base::Now();
  size_t taken = 0;
  // Some kilobytes each time it looks.
  EXPECT_TRUE(WaitFor([&] {
    const std::string bytes = reader.socket().Receive();
    taken += bytes.size();
    return bytes.empty() || base::Now() - begin > 3 * kStall;
  }));
  const Metrics metrics = gateway.Scrape();
  EXPECT_EQ(metrics[Closed("write_stall")], 0) << "after " << taken << " bytes";
  EXPECT_EQ(metrics["connections"], 1);
  EXPECT_EQ(metrics["lagging_connections"], 1) << "otherwise this was no test";
}

// Its window is closed most of the time, and each time that the kernel probes it.
TEST(StallTest, SlowReaderIsKeptThoughItsWindowIsMostlyClosed) {
  const GatewayProcess gateway({"--write_stall_timeout=2s"});
  SseReader reader(gateway.http(), {.tcp = {.receive_buffer_bytes = 4096}});
  const auto publishing = std::async(std::launch::async, [&] {
    std::vector<ssegateway::v1::Event> events;
    for (uint32_t i = 1; i <= 2000; ++i) {
      events.push_back(NumberedEvent("a", base::Concat(i), i, 1000));
    }
    Publisher(gateway.grpc()).MustPublish(events);
  });
  const base::TimePoint begin = base::Now();
  while (base::Now() - begin < std::chrono::seconds(10)) {
    ASSERT_NE(reader.socket().Receive(), "") << "closed";
    // What it waits for is time itself.
    std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  }
  publishing.wait();
  EXPECT_EQ(gateway.Scrape()["connections"], 1);
  EXPECT_EQ(gateway.Scrape()["lagging_connections"], 1) << "otherwise this was no test";
}

TEST(LeavingTest, ConnectionsThatGoAreFreedHoweverTheyGo) {
  struct Case {
    const char* name;
    void (*leave)(TcpSocket& socket);
  };
  const Case cases[] = {
      {"closes", [](TcpSocket& socket) { socket.Close(); }},
      {"resets", [](TcpSocket& socket) { socket.Reset(); }},
      {"half-closes, then closes",
       [](TcpSocket& socket) {
         socket.ShutdownSend();
         socket.Close();
       }},
  };
  const GatewayProcess gateway;
  const double files = gateway.Scrape()["process_open_fds"];
  for (const Case& c : cases) {
    std::vector<std::unique_ptr<SseReader>> readers;
    for (int i = 0; i < 50; ++i) readers.push_back(std::make_unique<SseReader>(gateway.http()));
    ASSERT_EQ(gateway.Scrape()["connections"], 50) << c.name;
    for (const auto& reader : readers) c.leave(reader->socket());
    // Without an event that would find them gone.
    EXPECT_TRUE(gateway.WaitForMetric("connections", 0)) << c.name;
  }
  EXPECT_TRUE(gateway.WaitForMetric("process_open_fds", files));
  const Metrics metrics = gateway.Scrape();
  EXPECT_EQ(metrics["connections_opened_total"], 150);
  EXPECT_EQ(metrics[Closed("peer_closed")] + metrics[Closed("peer_reset")], 150);
}

// With heartbeats there is something to be acknowledged.
TEST(LeavingTest, PeerThatVanishedIsFoundAndFreed) {
  const GatewayProcess gateway({"--heartbeat_interval=200ms", "--write_stall_timeout=1s"});
  SseReader there(gateway.http());
  SseReader gone(gateway.http());
  ASSERT_EQ(gateway.Scrape()["connections"], 2);
  gone.socket().Vanish();
  EXPECT_TRUE(gateway.WaitForMetric(Closed("peer_reset"), 1));
  EXPECT_EQ(gateway.Scrape()["connections"], 1);
}

TEST(LeavingTest, HalfClosedConnectionIsServedOnOrClosed) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  while (reader.Next().value().event != "gateway.live") {
  }
  reader.socket().ShutdownSend();
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  const std::optional<SseBlock> next = reader.Next();
  EXPECT_TRUE(!next || NumberOf(*next) == 1);
}

TEST(LeavingTest, RequestThatIsHalfClosedIsAnswered) {
  const GatewayProcess gateway;
  HttpConnection connection(gateway.http());
  connection.Send(RequestText("GET", "/v1/snapshot"));
  connection.socket().ShutdownSend();
  EXPECT_EQ(connection.ReadResponse().status, 200);
}

TEST(LeavingTest, FloodOnAStreamEndsIt) {
  const GatewayProcess gateway;
  SseReader reader(gateway.http());
  reader.AwaitLive();
  const std::string bytes(64 * 1024, 'x');
  EXPECT_TRUE(WaitFor([&] {
    reader.socket().Send(bytes);
    return gateway.Scrape()[Closed("peer_flood")] == 1;
  }));
}

}  // namespace
}  // namespace ssegw::testing
