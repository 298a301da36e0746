// GET /debug/connections on the admin port: who is slow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/crowd/crowd.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using google::protobuf::Value;

Value Ask(const GatewayProcess& gateway, const std::string& query = "") {
  const HttpResponse response = HttpGet(gateway.admin(), base::Concat("/debug/connections", query));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Get("Content-Type"), "application/json");
  Value document = ParseJson(response.body);
  EXPECT_EQ(At(document, "unanswered_shards").list_value().values_size(), 0) << response.body;
  return document;
}
const auto& Connections(const Value& document) {
  return At(document, "connections").list_value().values();
}
std::vector<std::string> Texts(const Value& list) {
  std::vector<std::string> texts;
  for (const Value& value : list.list_value().values()) texts.push_back(value.string_value());
  return texts;
}
std::string IdOf(const SseReader& reader) { return reader.head().Get("X-Connection-Id"); }
std::vector<std::string> IdsOf(const Value& document) {
  std::vector<std::string> ids;
  for (const Value& connection : Connections(document)) ids.push_back(StringAt(connection, "id"));
  return ids;
}

class SlowReadersTest : public ::testing::Test {
 protected:
  static inline const TcpOptions kSmall = {.receive_buffer_bytes = 4096};

  void Publish(uint32_t events) {
    for (uint32_t i = 1; i <= events; ++i) {
      publisher_.MustPublish(NumberedEvent("a.1", base::Concat(i), i, 1000));
    }
    published_ += events;
  }

  const GatewayProcess gateway_{{"--threads=2"}};
  Publisher publisher_{gateway_.grpc()};
  double published_ = 0;
};

TEST_F(SlowReadersTest, AStuckOneAndASlowOneComeBeforeHealthyOnes) {
  std::vector<std::unique_ptr<SseReader>> healthy;
  for (int i = 0; i < 20; ++i) {
    healthy.push_back(
        std::make_unique<SseReader>(gateway_.http(), SseOptions{.query = "topic=b&start=live"}));
    healthy.back()->Next();
  }
  SseReader stuck(gateway_.http(),
                  {.query = "topic=c&topic=a.*&mode=all&start=live", .tcp = kSmall});
  SseReader slow(gateway_.http(), {.query = "topic=>&start=live", .tcp = kSmall});
  Publish(3000);
  ASSERT_TRUE(gateway_.WaitForMetric("lagging_connections", 2));
  // The slow one has read some of it: it is behind by less.
  slow.Events(1000);
  Value document;
  ASSERT_TRUE(WaitFor([&] {
    document = Ask(gateway_, "?k=3");
    return NumberAt(Connections(document)[0], "stalled_seconds") > 0.5;
  }));
  ASSERT_EQ(Connections(document).size(), 3);
  EXPECT_EQ(NumberAt(document, "open"), 22);
  const Value& first = Connections(document)[0];
  const Value& second = Connections(document)[1];
  const Value& third = Connections(document)[2];

  EXPECT_EQ(StringAt(first, "id"), IdOf(stuck));
  EXPECT_EQ(StringAt(first, "address"), "127.0.0.1");
  EXPECT_EQ(Texts(At(first, "filters")), (std::vector<std::string>{"a.*", "c"}));
  EXPECT_EQ(NumberAt(first, "filter_count"), 2);
  EXPECT_EQ(StringAt(first, "mode"), "all");
  EXPECT_TRUE(At(first, "max_rate").has_null_value());
  EXPECT_EQ(StringAt(first, "state"), "behind");
  EXPECT_EQ(NumberAt(first, "lag_events"), published_ - NumberAt(first, "frames_delivered"));
  EXPECT_GE(NumberAt(first, "lag_seconds"), NumberAt(first, "stalled_seconds"));
  EXPECT_GE(NumberAt(first, "age_seconds"), NumberAt(first, "lag_seconds"));
  // Its kernel has room for nothing, and so what this one has taken from the gateway waits.
  EXPECT_GT(NumberAt(first, "unacknowledged_bytes"), 0);
  EXPECT_GT(NumberAt(first, "bytes_sent"), NumberAt(first, "unacknowledged_bytes"));
  EXPECT_GT(NumberAt(first, "round_trip_seconds"), 0);

  EXPECT_EQ(StringAt(second, "id"), IdOf(slow));
  EXPECT_EQ(Texts(At(second, "filters")), (std::vector<std::string>{">"}));
  EXPECT_EQ(StringAt(second, "mode"), "latest");
  EXPECT_LT(NumberAt(second, "lag_events"), NumberAt(first, "lag_events"));
  EXPECT_GT(NumberAt(second, "frames_delivered"), 1000);

  EXPECT_EQ(StringAt(third, "state"), "live");
  EXPECT_EQ(NumberAt(third, "lag_events"), 0);
  EXPECT_EQ(NumberAt(third, "lag_seconds"), 0);
  EXPECT_EQ(NumberAt(third, "stalled_seconds"), 0);
  EXPECT_EQ(NumberAt(third, "unacknowledged_bytes"), 0);
  EXPECT_EQ(StringAt(third, "id"), IdOf(*healthy[0])) << "of those alike the oldest";
}

TEST_F(SlowReadersTest, AllTogetherAreWhatMetricsSay) {
  std::vector<std::unique_ptr<SseReader>> readers;
  for (const char* query : {"", "topic=a.*&start=live", "mode=all", "topic=b", "maxRate=50"}) {
    readers.push_back(std::make_unique<SseReader>(gateway_.http(), SseOptions{.query = query}));
  }
  Publish(5);
  ASSERT_TRUE(gateway_.WaitForMetric("frames_delivered_total", 20));
  const Value document = Ask(gateway_, "?k=1000");
  std::set<std::string> ids;
  double frames = 0;
  double bytes = 0;
  for (const Value& connection : Connections(document)) {
    ids.insert(StringAt(connection, "id"));
    frames += NumberAt(connection, "frames_delivered");
    bytes += NumberAt(connection, "bytes_sent");
  }
  std::set<std::string> expected;
  for (const auto& reader : readers) expected.insert(IdOf(*reader));
  EXPECT_EQ(ids, expected);
  const Metrics metrics = gateway_.Scrape();
  EXPECT_EQ(metrics["frames_delivered_total"], frames);
  EXPECT_EQ(metrics["bytes_sent_total"], bytes);
}

TEST_F(SlowReadersTest, OneWithARateSaysSo) {
  SseReader paced(gateway_.http(), {.query = "maxRate=0.5"});
  paced.AwaitLive();
  const Value document = Ask(gateway_);
  const Value& only = Connections(document)[0];
  EXPECT_EQ(NumberAt(only, "max_rate"), 0.5);
  EXPECT_EQ(StringAt(only, "state"), "paced");
  EXPECT_EQ(StringAt(only, "mode"), "latest");
}

TEST_F(SlowReadersTest, OneThatIsStuckInItsSnapshotSaysSo) {
  Publish(1000);
  SseReader stuck(gateway_.http(), {.tcp = kSmall});
  ASSERT_TRUE(gateway_.WaitForMetric("lagging_connections", 1));
  Publish(1);
  const Value document = Ask(gateway_);
  EXPECT_EQ(StringAt(Connections(document)[0], "state"), "snapshot");
  EXPECT_EQ(NumberAt(Connections(document)[0], "lag_events"), 1);
}

TEST_F(SlowReadersTest, ManyFiltersAreCounted) {
  std::string query = "start=live";
  for (int i = 10; i < 30; ++i) query += base::Concat("&topic=t.", i);
  SseReader reader(gateway_.http(), {.query = query});
  const Value document = Ask(gateway_);
  const Value& only = Connections(document)[0];
  EXPECT_EQ(NumberAt(only, "filter_count"), 20);
  EXPECT_EQ(Texts(At(only, "filters")), (std::vector<std::string>{"t.10", "t.11", "t.12", "t.13",
                                                                  "t.14", "t.15", "t.16", "t.17"}));
}

TEST_F(SlowReadersTest, NumberAskedForIsBounded) {
  std::vector<std::unique_ptr<SseReader>> readers;
  for (int i = 0; i < 30; ++i) {
    readers.push_back(std::make_unique<SseReader>(gateway_.http()));
    readers.back()->Next();
  }
  EXPECT_EQ(Connections(Ask(gateway_)).size(), 20);
  EXPECT_EQ(Connections(Ask(gateway_, "?k=1")).size(), 1);
  EXPECT_EQ(Connections(Ask(gateway_, "?k=1000")).size(), 30);
  for (const char* query : {"?k=0", "?k=1001", "?k=x"}) {
    const HttpResponse response =
        HttpGet(gateway_.admin(), base::Concat("/debug/connections", query));
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(response.Get("Content-Type"), "application/problem+json") << query;
  }
  EXPECT_EQ(HttpGet(gateway_.http(), "/debug/connections").status, 404) << "the public port";
}

TEST_F(SlowReadersTest, AnswersOnAConnectionThatIsKept) {
  SseReader reader(gateway_.http());
  HttpConnection connection(gateway_.admin());
  for (int i = 0; i < 3; ++i) {
    const HttpResponse response = connection.Get("/debug/connections");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(IdsOf(ParseJson(response.body)), std::vector<std::string>{IdOf(reader)});
    EXPECT_EQ(connection.Get("/healthz").status, 200);
  }
  connection.Send(RequestText("HEAD", "/debug/connections"));
  EXPECT_EQ(connection.ReadResponse(/*head_only=*/true).status, 200);
  EXPECT_EQ(connection.Get("/healthz").status, 200);
}

TEST(ForwardedTest, AddressIsThatOfTheBrowser) {
  const GatewayProcess gateway({"--trusted_proxies=127.0.0.0/8"});
  SseReader reader(gateway.http(), {.fields = {{"X-Forwarded-For", "192.0.2.7"}}});
  reader.AwaitLive();
  EXPECT_EQ(StringAt(Connections(Ask(gateway))[0], "address"), "192.0.2.7");
}

TEST(ChurnTest, TheStuckOneIsFoundWhileTwoThousandComeAndGo) {
  constexpr size_t kMembers = 2000;
  const GatewayProcess gateway({"--threads=2"});
  Publisher publisher(gateway.grpc());
  SseReader stuck(gateway.http(),
                  {.query = "topic=a&start=live", .tcp = {.receive_buffer_bytes = 4096}});
  for (uint32_t i = 1; i <= 2000; ++i) {
    publisher.MustPublish(NumberedEvent("a", base::Concat(i), i, 1000));
  }
  ASSERT_TRUE(gateway.WaitForMetric("lagging_connections", 1));
  CrowdGroup restless{.name = "restless", .mean_stay = std::chrono::seconds(2)};
  restless.members.resize(kMembers, {.query = "topic=b&start=live", .coverage = {}});
  Crowd crowd({.address = gateway.http()}, {restless});
  crowd.Start();
  // As many as there are have left and come back.
  ASSERT_TRUE(WaitFor([&] { return crowd.Report()[0].opened > kMembers; }));
  const uint64_t end = crowd.Report()[0].opened + kMembers;
  int whole = 0;
  ASSERT_TRUE(WaitFor([&] {
    const std::string query = whole % 2 == 0 ? "" : "?k=1000";
    const Value document = ParseJson(HttpGet(gateway.admin(), "/debug/connections" + query).body);
    // On a machine that is busy otherwise a shard may need longer than it is waited for.
    if (At(document, "unanswered_shards").list_value().values_size() > 0) return false;
    const std::vector<std::string> ids = IdsOf(document);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size()) << "none twice";
    EXPECT_EQ(ids.empty() ? "" : ids[0], IdOf(stuck));
    return ++whole >= 10 && crowd.Report()[0].opened >= end;
  }));
  EXPECT_EQ(crowd.Report()[0].given_up, 0U) << crowd.LastError();
}

}  // namespace
}  // namespace ssegw::testing
