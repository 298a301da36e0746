// GET /v1/snapshot: for those who poll, or go on with SSE from its id.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

TEST(SnapshotDocumentTest, HasTheSnapshotOfTheStream) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const auto now = [] {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  };
  const base::WallTime before = now();
  Event alert = NumberedEvent("a.b", "k \"2\"", 2);
  alert.set_type("alert");
  publisher.MustPublish(
      {NumberedEvent("a", "k1", 1), alert, NumberedEvent("c", "gone", 3), Deletion("c", "gone")});
  const base::WallTime after = now();
  const HttpResponse response = HttpGet(gateway.http(), "/v1/snapshot");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Get("Content-Type"), "application/json");
  const auto document = ParseJson(response.body);
  std::vector<std::string> times;
  for (const auto& event : At(document, "events").list_value().values()) {
    EXPECT_THAT(TimeAt(event, "time"), AllOf(Ge(before), Le(after)));
    times.push_back(StringAt(event, "time"));
  }
  ASSERT_EQ(times.size(), 2u);
  const std::string epoch = gateway.epoch();
  EXPECT_EQ(response.Get("ETag"), base::Concat('"', epoch, "-4\""));
  EXPECT_TRUE(SameJson(response.body,
                       base::Concat(R"({"id":")", epoch, R"(-4","events":[)", R"({"id":")", epoch,
                                    R"(-1","topic":"a","key":"k1","type":"","time":")", times[0],
                                    R"(","data":{"id":"k1","user":1}},)", R"({"id":")", epoch,
                                    R"(-2","topic":"a.b","key":"k \"2\"","type":"alert","time":")",
                                    times[1], R"(","data":{"id":"k \"2\"","user":2}}]})")))
      << response.body;
}

TEST(SnapshotDocumentTest, HasOnlyWhatTheFiltersMatch) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  publisher.MustPublish({NumberedEvent("a.b", "k", 1), NumberedEvent("c", "k", 2)});
  const auto document = ParseJson(HttpGet(gateway.http(), "/v1/snapshot?topic=a.*").body);
  EXPECT_EQ(At(document, "events").list_value().values_size(), 1);
  EXPECT_EQ(StringAt(document, "id"), gateway.epoch() + "-2");
}

TEST(SnapshotDocumentTest, EmptyLogHasAnIdToGoOnFrom) {
  const GatewayProcess gateway;
  const auto document = ParseJson(HttpGet(gateway.http(), "/v1/snapshot").body);
  const std::string id = StringAt(document, "id");
  EXPECT_EQ(id, gateway.epoch() + "-0");
  SseReader reader(gateway.http(), {.query = "lastEventId=" + id});
  Publisher(gateway.grpc()).MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(NumberOf(reader.Event()), 1u) << "and no gateway.reset";
}

TEST(SnapshotDocumentTest, BadTopicIs400) {
  const GatewayProcess gateway;
  const HttpResponse response = HttpGet(gateway.http(), "/v1/snapshot?topic=a..b");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(StringAt(ParseJson(response.body), "parameter"), "topic");
}

TEST(SnapshotDocumentTest, IsSentAgainOnlyWhenItHasChanged) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  // One connection for all, kept alive.
  HttpConnection connection(gateway.http());
  const HttpResponse first = connection.Get("/v1/snapshot");
  const std::string etag = first.Get("ETag");
  const HttpResponse same = connection.Get("/v1/snapshot", {{"If-None-Match", etag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.Get("ETag"), etag);
  publisher.MustPublish(NumberedEvent("a", "k", 2));
  const HttpResponse changed = connection.Get("/v1/snapshot", {{"If-None-Match", etag}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_NE(changed.Get("ETag"), etag);
}

TEST(SnapshotDocumentTest, StreamGoesOnFromItsIdWithoutAGap) {
  constexpr uint32_t kEvents = 10'000;
  constexpr uint32_t kKeys = 20;
  const GatewayProcess gateway;
  const auto publishing = std::async(std::launch::async, [&] {
    std::vector<Event> events;
    for (uint32_t i = 1; i <= kEvents; ++i) {
      events.push_back(NumberedEvent("a", base::Concat(i % kKeys), i));
    }
    Publisher(gateway.grpc()).MustPublish(events);
  });
  int seams = 0;
  while (publishing.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    const auto document = ParseJson(HttpGet(gateway.http(), "/v1/snapshot").body);
    SseBlock block;
    block.id = StringAt(document, "id");
    if (block.seq() == 0 || block.seq() + 10 > kEvents) continue;
    const auto& events = At(document, "events").list_value().values();
    EXPECT_EQ(StringAt(events.at(events.size() - 1), "id"), block.id);
    SseReader reader(gateway.http(),
                     {.query = "mode=all", .fields = {{"Last-Event-ID", *block.id}}});
    EXPECT_EQ(reader.Event().seq(), block.seq() + 1);
    ++seams;
  }
  EXPECT_GT(seams, 3) << "too few for a test";
}

TEST(SnapshotDocumentTest, EventsOfOtherTopicsDoNotChangeIt) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  HttpConnection connection(gateway.http());
  const std::string etag = connection.Get("/v1/snapshot?topic=a").Get("ETag");
  publisher.MustPublish(NumberedEvent("b", "k", 2));
  const HttpResponse same = connection.Get("/v1/snapshot?topic=a", {{"If-None-Match", etag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.Get("ETag"), etag);
  EXPECT_EQ(connection.Get("/v1/snapshot", {{"If-None-Match", etag}}).status, 200);
  // With several tags, in several lines.
  EXPECT_EQ(connection
                .Get("/v1/snapshot?topic=a",
                     {{"If-None-Match", "\"x-1\", W/\"y\""}, {"If-None-Match", "W/" + etag}})
                .status,
            304);
}

TEST(SnapshotDocumentTest, SlowReadersKeepNobodyFromTheirs) {
  const GatewayProcess gateway({"--window_max_bytes=3000000"});
  Publisher publisher(gateway.grpc());
  const auto publish_all = [&](uint32_t number) {
    std::vector<Event> events;
    for (uint32_t i = 0; i < 100; ++i) {
      events.push_back(NumberedEvent("a", base::Concat(i), number, 10'000));
    }
    publisher.MustPublish(events);
  };
  std::vector<std::unique_ptr<HttpConnection>> slow;
  for (uint32_t i = 1; i <= 2; ++i) {
    publish_all(i);
    slow.push_back(std::make_unique<HttpConnection>(
        gateway.http(),
        TcpOptions{.receive_buffer_bytes = 4096, .local_address = base::Concat("127.0.1.", i)}));
    slow.back()->Send(RequestText("GET", "/v1/snapshot"));
    EXPECT_EQ(slow.back()->ReadHead().status, 200);
  }
  for (uint32_t i = 3; i < 23; ++i) {
    publish_all(i);
    HttpConnection connection(gateway.http(), {.local_address = base::Concat("127.0.2.", i)});
    const HttpResponse response = connection.Get("/v1/snapshot");
    ASSERT_EQ(response.status, 200) << i << response.body;
    EXPECT_EQ(At(ParseJson(response.body), "events").list_value().values_size(), 100) << i;
  }
}

// Filters that no index helps with, over many keys: matched under the window's lock they held up
// every publisher for as long as that took.
TEST(SnapshotDocumentTest, PublishingGoesOnWhileDocumentsAreMade) {
  constexpr uint32_t kTopics = 60'000;
  constexpr int kDocuments = 5;
  const GatewayProcess gateway({"--threads=2"});
  Publisher publisher(gateway.grpc());
  std::vector<Event> events;
  for (uint32_t i = 0; i < kTopics; ++i) {
    events.push_back(NumberedEvent(base::Concat("a.b.c.y", i), "k", i));
  }
  publisher.MustPublish(events);
  std::atomic<bool> done = false;
  std::atomic<int> documents = 0;
  const auto polling = std::async(std::launch::async, [&] {
    HttpConnection connection(gateway.http());
    for (int round = 0; !done; ++round) {
      // Others each time: none is shared.
      std::string target = "/v1/snapshot?topic=*.*.*.x";
      for (int i = 0; i < 63; ++i) target += base::Concat("&topic=*.*.*.x", round, '-', i);
      if (connection.Get(target).status == 200) ++documents;
    }
  });
  ASSERT_TRUE(WaitFor([&] { return documents > 0; }));
  const int begin = documents;
  int published = 0;
  const base::TimePoint deadline = base::Now() + kPatience;
  for (; documents < begin + kDocuments && base::Now() < deadline; ++published) {
    publisher.MustPublish(NumberedEvent("other", "k", 1));
  }
  done = true;
  polling.wait();
  EXPECT_GE(documents, begin + kDocuments);
  // When each waited for the lock there were ten at most for each document.
  EXPECT_GT(published, 20 * kDocuments);
}

TEST(SnapshotDocumentTest, Http10ConnectionEndsAfterIt) {
  const GatewayProcess gateway;
  HttpConnection connection(gateway.http());
  connection.Send(RequestText("GET", "/v1/snapshot", {}, "HTTP/1.0"));
  EXPECT_EQ(connection.ReadResponse().status, 200);
  EXPECT_TRUE(connection.IsClosed());
}

}  // namespace
}  // namespace ssegw::testing
