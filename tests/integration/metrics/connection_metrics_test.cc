// What /metrics counts of connections, beside what was done to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "internal/base/concat.h"
#include "tests/integration/metrics/driven_series.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

std::string Closed(std::string_view reason) {
  return base::Concat("connections_closed_total{reason=\"", reason, "\"}");
}
std::string Shed(std::string_view reason) {
  return base::Concat("connections_shed_total{reason=\"", reason, "\"}");
}

std::vector<std::unique_ptr<SseReader>> Readers(const GatewayProcess& gateway, size_t count,
                                                const SseOptions& options = {}) {
  std::vector<std::unique_ptr<SseReader>> readers;
  for (size_t i = 0; i < count; ++i) {
    readers.push_back(std::make_unique<SseReader>(gateway.http(), options));
    readers.back()->Next();
  }
  return readers;
}

void ExpectClosed(const GatewayProcess& gateway, std::string_view reason, double count) {
  EXPECT_TRUE(gateway.WaitForMetric(Closed(reason), count)) << reason;
  ExpectSeries(gateway.Scrape(), Closed(reason), count);
}

TEST(ConnectionMetricsTest, OpenedAndClosedAreThoseThatPeersOpenedAndClosed) {
  const GatewayProcess gateway;
  const auto stay = Readers(gateway, 2);
  auto leave = Readers(gateway, 3);
  auto reset = Readers(gateway, 4);
  auto flood = Readers(gateway, 1);
  ExpectSeries(gateway.Scrape(), "connections", 10);
  for (auto& reader : leave) reader->socket().Close();
  for (auto& reader : reset) reader->socket().Reset();
  flood[0]->socket().Send(std::string(256 * 1024, 'x'));
  ExpectClosed(gateway, "peer_closed", 3);
  ExpectClosed(gateway, "peer_reset", 4);
  ExpectClosed(gateway, "peer_flood", 1);
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, "connections", 2);
  ExpectSeries(metrics, "connections_opened_total", 10);
}

TEST(ConnectionMetricsTest, StalledAreThoseThatDoNotRead) {
  const GatewayProcess gateway({"--write_stall_timeout=1s"});
  Publisher publisher(gateway.grpc());
  const auto healthy = Readers(gateway, 1, {.query = "topic=other"});
  const auto stuck = Readers(gateway, 2, {.tcp = {.receive_buffer_bytes = 4096}});
  for (uint32_t i = 1; i <= 2000; ++i) {
    publisher.MustPublish(NumberedEvent("a", base::Concat(i), i, 1000));
  }
  ExpectClosed(gateway, "write_stall", 2);
  ExpectSeries(gateway.Scrape(), "connections", 1);
}

TEST(ConnectionMetricsTest, AgedAreThoseThatWereAskedToComeBack) {
  const GatewayProcess gateway({"--max_connection_age=500ms"});
  for (auto& reader : Readers(gateway, 3)) {
    EXPECT_EQ(reader->EventsToEnd().back().data, R"({"reason":"max_age"})");
  }
  ExpectClosed(gateway, "max_age", 3);
}

// One shard: the first of its two connections leaves at once, the other much later.
TEST(ConnectionMetricsTest, DrainedAreThoseThatWereToldAndEventsComeTooLate) {
  const GatewayProcess gateway({"--drain_delay=0s", "--drain_window=1h", "--threads=1"});
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  ASSERT_TRUE(gateway.WaitForMetric("publishers", 1));
  ExpectSeries(gateway.Scrape(), "publishers", 1);
  const auto readers = Readers(gateway, 2);
  gateway.Terminate();
  double late = 0;
  ASSERT_TRUE(WaitFor([&] {
    if (!call->Write(1, NumberedEvent("a", "k", 1))) return false;
    const auto answer = call->Read();
    if (answer && answer->error().code() == kUnavailable) ++late;
    return late > 0;
  }));
  ExpectSeries(gateway.Scrape(), R"(events_received_total{result="unavailable"})", late);

  std::atomic<int> told{0};
  std::atomic<int> cut{0};
  std::vector<std::thread> threads;
  for (const auto& reader : readers) {
    threads.emplace_back([&told, &cut, &reader] {
      try {
        while (const auto block = reader->Next()) told += block->event == "gateway.bye" ? 1 : 0;
        reader->socket().Close();
      } catch (const Failure&) {
        ++cut;
      }
    });
  }
  EXPECT_TRUE(WaitFor([&] { return told == 1; }));
  ExpectClosed(gateway, "drain", 1);
  ExpectSeries(gateway.Scrape(), "connections", 1);
  gateway.Signal(SIGINT);
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cut, 1) << "the other one, by the second signal";
}

TEST(ConnectionMetricsTest, ShedAreThoseThatWereTurnedAwayByTheLimitReached) {
  struct Case {
    std::string reason;
    std::string flag;
    size_t let_in;
  };
  const Case cases[] = {
      {"max_connections", "--max_connections=2", 2},
      {"max_connections_per_ip", "--max_connections_per_ip=1", 1},
      {"memory", "--memory_limit=1048576", 0},
  };
  for (const Case& c : cases) {
    const GatewayProcess gateway({c.flag});
    if (c.reason == "memory") {
      ASSERT_TRUE(gateway.WaitForMetric("memory_pressure", 4));
    }
    const auto let_in = Readers(gateway, c.let_in);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(SseReader(gateway.http()).Event().data, R"({"reason":"busy"})") << c.reason;
    }
    const Metrics metrics = gateway.Scrape();
    ExpectSeries(metrics, Shed(c.reason), 3);
    if (c.reason == "max_connections") ExpectSeries(metrics, "max_connections", 2);
    EXPECT_EQ(metrics["connections_opened_total"], static_cast<double>(c.let_in)) << c.reason;
  }
}

TEST(ConnectionMetricsTest, ShedByTheConnectRateAreThoseThatWereTurnedAway) {
  const GatewayProcess gateway({"--connect_rate=1"});
  std::vector<std::unique_ptr<SseReader>> readers;
  double shed = 0;
  double let_in = 0;
  for (int i = 0; i < 6; ++i) {
    readers.push_back(std::make_unique<SseReader>(gateway.http()));
    readers.back()->IsAdmitted() ? ++let_in : ++shed;
  }
  ASSERT_GE(shed, 1) << "six in less than five seconds";
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, Shed("connect_rate"), shed);
  EXPECT_EQ(metrics["connections_opened_total"], let_in);
}

TEST(ConnectionMetricsTest, ShedByTheRequestRateAreThoseThatWereTurnedAway) {
  const GatewayProcess gateway({"--request_rate=1"});
  double shed = 0;
  double refused = 0;
  for (int i = 0; i < 6; ++i) {
    if (!SseReader(gateway.http()).IsAdmitted()) ++shed;
    if (HttpGet(gateway.http(), "/v1/snapshot").status == 429) ++refused;
  }
  ASSERT_GE(shed + refused, 2) << "twelve in less than ten seconds";
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, Shed("request_rate"), shed);
  ExpectSeries(metrics, R"(requests_rejected_total{code="429"})", refused);
}

TEST(ConnectionMetricsTest, IdleOnesThatWereClosedAreThoseThatSawItsEnd) {
  const GatewayProcess gateway({}, {}, /*max_open_files=*/160);
  std::vector<std::unique_ptr<TcpSocket>> idle;
  for (int i = 0; i < 300; ++i) idle.push_back(std::make_unique<TcpSocket>(gateway.http()));
  // The last has its place: all who had to go for others have gone.
  HttpConnection last(gateway.http());
  EXPECT_EQ(last.Get("/v1/snapshot").status, 200);
  const auto gone = [&] {
    double count = 0;
    for (auto& socket : idle) {
      if (socket && socket->ReceiveWithin(base::Duration(0))) socket.reset();
      if (!socket) ++count;
    }
    return count;
  };
  EXPECT_TRUE(WaitFor([&] {
    const double count = gone();
    return count > 100 && gateway.Scrape()["idle_connections_closed_total"] == count;
  }));
  ExpectSeries(gateway.Scrape(), "idle_connections_closed_total", gone());
}

TEST(ConnectionMetricsTest, RejectedAreThoseThatWereRefused) {
  const GatewayProcess gateway({"--allow_origins=https://app.example.com",
                                "--request_header_timeout=500ms", "--window_max_bytes=100000",
                                "--max_event_bytes=100000"});
  struct Case {
    int code;
    std::string request;
  };
  const Case cases[] = {
      {400, RequestText("GET", "/v1/events?topic=")},
      {403, RequestText("GET", "/v1/events", {{"Origin", "https://other.example.com"}})},
      {404, RequestText("GET", "/nothing/here")},
      {405, RequestText("DELETE", "/v1/events")},
      {406, RequestText("GET", "/v1/events", {{"Accept", "text/html"}})},
      {408, "GET /v1/events HTTP/1.1\r\nHo"},
      {413, RequestText("GET", "/v1/events", {{"Content-Length", "5"}})},
      {421, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
      {431, RequestText("GET", "/v1/events", {{"A", std::string(40'000, 'a')}})},
  };
  std::map<int, double> refused;
  for (size_t i = 0; i < std::size(cases); ++i) {
    // Each another number of times.
    for (size_t n = 0; n <= i % 3; ++n) {
      EXPECT_EQ(HttpExchange(gateway.http(), cases[i].request).status, cases[i].code);
      ++refused[cases[i].code];
    }
  }
  // Documents that nobody reads have a bound, and are all different.
  Publisher publisher(gateway.grpc());
  std::vector<std::unique_ptr<HttpConnection>> stuck;
  for (uint32_t i = 1; i <= 10; ++i) {
    publisher.MustPublish(NumberedEvent("a", "k", i, 60'000));
    stuck.push_back(
        std::make_unique<HttpConnection>(gateway.http(), TcpOptions{.receive_buffer_bytes = 4096}));
    stuck.back()->Send(RequestText("GET", "/v1/snapshot"));
    if (stuck.back()->ReadHead().status == 429) ++refused[429];
  }
  const Metrics metrics = gateway.Scrape();
  for (const auto& [code, count] : refused) {
    ExpectSeries(metrics, base::Concat("requests_rejected_total{code=\"", code, "\"}"), count);
  }
}

}  // namespace
}  // namespace ssegw::testing
