// What an event stream looks like on the wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;
using ::testing::UnorderedElementsAre;

std::vector<std::string> NamesOf(const HttpResponse& head) {
  std::vector<std::string> names;
  for (const auto& [name, value] : head.fields) names.push_back(name);
  return names;
}

TEST(StreamFormatTest, HeadHasExactlyTheseFields) {
  const GatewayProcess gateway;
  for (const char* path : {"/v1/events", "/sse"}) {
    SseReader reader(gateway.http(), {.path = path});
    const HttpResponse& head = reader.head();
    EXPECT_THAT(NamesOf(head),
                UnorderedElementsAre("Date", "Content-Type", "Cache-Control", "X-Accel-Buffering",
                                     "X-Connection-Id", "X-Content-Type-Options",
                                     "Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
                                     "Transfer-Encoding"))
        << path;
    EXPECT_EQ(head.Get("Content-Type"), "text/event-stream");
    EXPECT_EQ(head.Get("Cache-Control"), "no-cache, no-transform");
    EXPECT_EQ(head.Get("X-Accel-Buffering"), "no");
    EXPECT_EQ(head.Get("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(head.Get("Transfer-Encoding"), "chunked");
  }
}

TEST(StreamFormatTest, ConnectionIdsDiffer) {
  const GatewayProcess gateway;
  std::set<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    ids.insert(SseReader(gateway.http()).head().Get("X-Connection-Id"));
  }
  EXPECT_EQ(ids.size(), 10u);
  EXPECT_FALSE(ids.contains(""));
}

TEST(StreamFormatTest, FirstBytesAreRetryAndCommentAtOnce) {
  const GatewayProcess gateway({"--retry=2s", "--heartbeat_interval=1h"});
  std::set<int> retries;
  for (int i = 0; i < 20; ++i) {
    SseReader reader(gateway.http());
    const SseBlock first = reader.Next().value();
    EXPECT_FALSE(first.data);
    EXPECT_EQ(first.comments.size(), 1u);
    const int retry = std::stoi(first.retry.value_or("0"));
    EXPECT_THAT(retry, AllOf(Ge(1000), Le(3000)));
    retries.insert(retry);
  }
  EXPECT_GT(retries.size(), 10u) << "each connection gets a value of its own";
}

TEST(StreamFormatTest, FrameIsIdThenTypeThenDataThenBlankLine) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  auto alert = NumberedEvent("a", "k", 2);
  alert.set_type("alert");
  publisher.MustPublish(alert);
  EXPECT_EQ(reader.Event().text,
            base::Concat("id: ", gateway.epoch(), "-1\ndata: {\"id\":\"k\",\"user\":1}\n\n"));
  EXPECT_EQ(reader.Event().text,
            base::Concat("id: ", gateway.epoch(),
                         "-2\nevent: alert\ndata: {\"id\":\"k\",\"user\":2}\n\n"));
}

TEST(StreamFormatTest, IdsNeedNoPreflight) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const std::string id = publisher.MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "._~-"),
            std::string::npos);
}

TEST(StreamFormatTest, EnvelopeNamesTopicAndKey) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(NumberedEvent("a.b", "k \"1\"", 1));
  SseReader enveloped(gateway.http(), {.query = "envelope=1"});
  SseReader plain(gateway.http(), {.query = "envelope=0"});
  const std::string dashboard = R"({"id":"k \"1\"","user":1})";
  EXPECT_TRUE(SameJson(*plain.Event().data, dashboard));
  EXPECT_TRUE(SameJson(*enveloped.Event().data,
                       base::Concat(R"({"topic":"a.b","key":"k \"1\"","data":)", dashboard, "}")));
  publisher.MustPublish(NumberedEvent("a.b", "live", 2));
  EXPECT_EQ(StringAt(ParseJson(*enveloped.Event().data), "key"), "live");
}

TEST(StreamFormatTest, Http10GetsTheBareStreamUntilTheConnectionEnds) {
  const GatewayProcess gateway({"--drain_delay=0s", "--drain_window=0s"});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.http_1_0 = true});
  EXPECT_FALSE(reader.head().Find("Transfer-Encoding"));
  EXPECT_EQ(reader.head().Get("Connection"), "close");
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(NumberOf(reader.Event()), 1u);
  gateway.Terminate();
  EXPECT_EQ(reader.Event().event, "gateway.bye");
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ended_well());
}

TEST(StreamFormatTest, HeartbeatComesWhenNothingElseWasWritten) {
  constexpr base::Duration kInterval = std::chrono::milliseconds(400);
  const GatewayProcess gateway({"--heartbeat_interval=400ms"});
  SseReader reader(gateway.http());
  reader.Next();
  for (int i = 0; i < 3; ++i) {
    const base::TimePoint before = base::Now();
    const SseBlock heartbeat = reader.Next().value();
    EXPECT_EQ(heartbeat.text, ":\n\n");
    // The first of a connection may be a little early, so that not all come at the same time.
    EXPECT_GT(base::Now() - before, kInterval / 2);
  }
  EXPECT_EQ(gateway.Scrape()["heartbeats_sent_total"], 3);
}

TEST(StreamFormatTest, HeartbeatDoesNotComeWhileEventsFlow) {
  constexpr base::Duration kInterval = std::chrono::milliseconds(500);
  const GatewayProcess gateway({"--heartbeat_interval=500ms"});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  const base::TimePoint end = base::Now() + 4 * kInterval;
  size_t idle_gaps = 0;  // where the machine held up this test
  for (uint32_t i = 1; base::Now() < end; ++i) {
    const base::TimePoint before = base::Now();
    publisher.MustPublish(NumberedEvent("a", "k", i));
    reader.Event();
    if (base::Now() - before > kInterval / 2) ++idle_gaps;
  }
  EXPECT_LE(reader.heartbeats(), idle_gaps);
}

}  // namespace
}  // namespace ssegw::testing
