// More than the gateway has sockets, places or memory for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

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

constexpr size_t kMiB = 1024 * 1024;
// The gateway has some twenty open before anybody connects.
constexpr size_t kFewFiles = 160;

// Far below the ten seconds that a peer has for its request; with air for a sanitizer on a busy
// machine.
constexpr base::Duration kSoon = std::chrono::seconds(4);

// Whether a browser is let in that connects now.
bool IsAdmitted(const GatewayProcess& gateway, const SseOptions& options = {}) {
  const base::TimePoint begin = base::Now();
  SseReader reader(gateway.http(), options);
  const bool is_admitted = reader.IsAdmitted();
  EXPECT_LT(base::Now() - begin, kSoon);
  return is_admitted;
}
SseOptions Resuming(const std::string& id) { return {.fields = {{"Last-Event-ID", id}}}; }
SseOptions Through(const std::string& proxy, const std::string& address) {
  return {.fields = {{"X-Forwarded-For", address}}, .tcp = {.local_address = proxy}};
}

std::vector<std::unique_ptr<TcpSocket>> Flood(const std::string& address, size_t sockets) {
  std::vector<std::unique_ptr<TcpSocket>> flood;
  for (size_t i = 0; i < sockets; ++i) flood.push_back(std::make_unique<TcpSocket>(address));
  return flood;
}

TEST(FilesTest, PeersThatSayNothingKeepNobodyOut) {
  const GatewayProcess gateway({}, {}, kFewFiles);
  const auto flood = Flood(gateway.http(), 500);
  for (size_t i = 0; i < flood.size(); i += 2) flood[i]->Send("GET /v1/events HTTP/1.1\r\nHo");
  Publisher publisher(gateway.grpc());
  for (uint32_t i = 1; i <= 5; ++i) {
    const base::TimePoint begin = base::Now();
    SseReader reader(gateway.http(), {.query = "start=live"});
    reader.AwaitLive();
    EXPECT_LT(base::Now() - begin, kSoon);
    publisher.MustPublish(NumberedEvent("a", "k", i));
    EXPECT_EQ(NumberOf(reader.Event()), i);
    EXPECT_EQ(HttpGet(gateway.admin(), "/readyz").status, 200);
  }
  const Metrics metrics = gateway.Scrape();
  EXPECT_GT(metrics["idle_connections_closed_total"], 300);
  EXPECT_LT(metrics["process_open_fds"], kFewFiles);
}

TEST(FilesTest, ThereIsASocketLeftToTurnABrowserAwayOn) {
  const GatewayProcess gateway({}, {}, kFewFiles);
  std::vector<std::unique_ptr<SseReader>> streams;
  do {
    streams.push_back(std::make_unique<SseReader>(gateway.http()));
  } while (streams.back()->IsAdmitted() && streams.size() < kFewFiles);
  EXPECT_FALSE(streams.back()->IsAdmitted());
  EXPECT_GT(streams.size(), kFewFiles / 3);
  // And while others sit on those that are left.
  const auto flood = Flood(gateway.http(), 100);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(IsAdmitted(gateway));
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot").status, 200);
  Publisher(gateway.grpc()).MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(NumberOf(streams.front()->Event()), 1u);
  const Metrics metrics = gateway.Scrape();
  EXPECT_EQ(metrics["connections"], static_cast<double>(streams.size() - 1));
  EXPECT_EQ(metrics["max_connections"], metrics["connections"]);
}

// gRPC's own accept loop would end here, for ever.
TEST(FilesTest, FloodOnThePublishersPortLeavesTheOthersAloneAndEnds) {
  const GatewayProcess gateway({}, {}, kFewFiles);
  auto flood = Flood(gateway.grpc(), 400);
  EXPECT_TRUE(IsAdmitted(gateway));
  EXPECT_EQ(HttpGet(gateway.admin(), "/readyz").status, 200);
  EXPECT_LT(gateway.Scrape()["process_open_fds"], kFewFiles / 2);
  flood.clear();
  Publisher(gateway.grpc()).MustPublish(NumberedEvent("a", "k", 1));
}

TEST(ProxyTest, AddressOfATrustedProxyIsNotThatOfTheConnection) {
  const GatewayProcess gateway({"--max_connections_per_ip=1", "--trusted_proxies=127.0.0.2"});
  const SseReader first(gateway.http(), Through("127.0.0.2", "6.6.6.6"));
  EXPECT_FALSE(IsAdmitted(gateway, Through("127.0.0.2", "1.1.1.1, 6.6.6.6")));
  EXPECT_TRUE(IsAdmitted(gateway, Through("127.0.0.2", "6.6.6.6, 7.7.7.7")));
  // Nobody else is believed.
  const SseReader other(gateway.http(), Through("127.0.0.3", "8.8.8.8"));
  EXPECT_FALSE(IsAdmitted(gateway, Through("127.0.0.3", "9.9.9.9")));
}

TEST(PriorityTest, WhoResumesGoesBeforeAColdOne) {
  const GatewayProcess gateway({"--max_connections=1", "--retry=2s", "--drain_window=20s"});
  const std::string id = Publisher(gateway.grpc()).MustPublish(NumberedEvent("a", "k", 1));
  auto only = std::make_unique<SseReader>(gateway.http());
  for (int i = 0; i < 5; ++i) {
    SseReader resuming(gateway.http(), Resuming(id));
    EXPECT_FALSE(resuming.IsAdmitted());
    const SseBlock bye = resuming.Event();
    EXPECT_EQ(bye.event, "gateway.bye");
    // Sooner than a cold one, which may be told to wait for 23 s.
    EXPECT_THAT(std::stoi(*bye.retry), AllOf(Ge(1000), Le(8000)));
  }
  only.reset();
  ASSERT_TRUE(gateway.WaitForMetric("connections", 0));
  // Ids of another log, from the future or of no log are those of cold ones.
  EXPECT_FALSE(IsAdmitted(gateway));
  EXPECT_FALSE(IsAdmitted(gateway, Resuming("other-1")));
  EXPECT_FALSE(IsAdmitted(gateway, Resuming(gateway.epoch() + "-99")));
  EXPECT_FALSE(IsAdmitted(gateway, Resuming("x")));
  EXPECT_TRUE(IsAdmitted(gateway, Resuming(id)));
}

TEST(AnswersTest, DocumentsThatNobodyReadsAreBounded) {
  constexpr uint32_t kKeys = 300;
  const GatewayProcess gateway({"--window_max_bytes=8388608", "--threads=2"},
                               {{"ASAN_OPTIONS", "quarantine_size_mb=1"}});
  Publisher publisher(gateway.grpc());
  std::vector<ssegateway::v1::Event> events;
  for (uint32_t i = 1; i <= kKeys; ++i) {
    events.push_back(NumberedEvent("a", base::Concat(i), i, 10'000));
  }
  publisher.MustPublish(events);
  ASSERT_GT(HttpGet(gateway.http(), "/v1/snapshot").body.size(), 3'000'000u);
  const size_t before = gateway.RssBytes();
  std::vector<std::unique_ptr<HttpConnection>> stuck;
  int put_off = 0;
  for (uint32_t i = 1; i <= 40; ++i) {
    // Of other filters each, so that no two documents are the same, and of other addresses, each of
    // which may have one.
    auto connection = std::make_unique<HttpConnection>(
        gateway.http(),
        TcpOptions{.receive_buffer_bytes = 4096, .local_address = base::Concat("127.0.1.", i)});
    connection->Send(RequestText("GET", base::Concat("/v1/snapshot?topic=a&topic=b", i)));
    const HttpResponse head = connection->ReadHead();
    if (head.status == 429) {
      ++put_off;
      EXPECT_EQ(head.Get("Retry-After"), "1");
      EXPECT_EQ(head.Get("Content-Type"), "application/problem+json");
    } else {
      EXPECT_EQ(head.status, 200);
      stuck.push_back(std::move(connection));
    }
  }
  // Two of 3 MB have room in 8.
  EXPECT_EQ(stuck.size(), 2u);
  EXPECT_LT(gateway.RssBytes(), before + 30 * kMiB) << "40 documents would be 120 MB";
  EXPECT_EQ(gateway.Scrape()["requests_rejected_total{code=\"429\"}"], put_off);
  EXPECT_TRUE(IsAdmitted(gateway, {.query = "start=live"})) << "streams are not concerned";
  stuck.clear();
  EXPECT_TRUE(WaitFor([&] { return HttpGet(gateway.http(), "/v1/snapshot").status == 200; }));
  // Of the same filters, while the log moves on: who finds no room gets the last one.
  std::set<std::string> ids;
  for (uint32_t i = 1; i <= 40; ++i) {
    publisher.MustPublish(NumberedEvent("b", "k", i));
    stuck.push_back(
        std::make_unique<HttpConnection>(gateway.http(), TcpOptions{.receive_buffer_bytes = 4096}));
    stuck.back()->Send(RequestText("GET", "/v1/snapshot"));
    const HttpResponse head = stuck.back()->ReadHead();
    EXPECT_EQ(head.status, 200) << i;
    ids.insert(head.Get("ETag"));
  }
  EXPECT_LE(ids.size(), 2U);
  EXPECT_LT(gateway.RssBytes(), before + 30 * kMiB);
  stuck.clear();
  EXPECT_TRUE(WaitFor([&] { return HttpGet(gateway.http(), "/v1/snapshot").status == 200; }));
}

TEST(AnswersTest, EqualDocumentsAreOne) {
  const GatewayProcess gateway({"--window_max_bytes=8388608"});
  std::vector<ssegateway::v1::Event> events;
  for (uint32_t i = 1; i <= 300; ++i) {
    events.push_back(NumberedEvent("a", base::Concat(i), i, 10'000));
  }
  Publisher(gateway.grpc()).MustPublish(events);
  std::vector<std::unique_ptr<HttpConnection>> stuck;
  for (int i = 0; i < 40; ++i) {
    stuck.push_back(
        std::make_unique<HttpConnection>(gateway.http(), TcpOptions{.receive_buffer_bytes = 4096}));
    stuck.back()->Send(RequestText("GET", "/v1/snapshot"));
    EXPECT_EQ(stuck.back()->ReadHead().status, 200);
  }
}

}  // namespace
}  // namespace ssegw::testing
