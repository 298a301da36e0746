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
                                     "Transfer-Encoding", "Connection"))
        << path;
    EXPECT_EQ(head.Get("Content-Type"), "text/event-stream; charset=utf-8");
    EXPECT_EQ(head.Get("Cache-Control"), "no-cache, no-transform");
    EXPECT_EQ(head.Get("X-Accel-Buffering"), "no");
    EXPECT_EQ(head.Get("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(head.Get("Transfer-Encoding"), "chunked");
    // It closes after the stream, and a proxy that pools connections must know.
    EXPECT_EQ(head.Get("Connection"), "close");
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

TEST(StreamFormatTest, EachConnectionIsToldAReconnectionTimeOfItsOwn) {
  const GatewayProcess gateway({"--retry=2s", "--heartbeat_interval=1h"});
  std::set<int> retries;
  for (int i = 0; i < 20; ++i) {
    SseReader reader(gateway.http());
    EXPECT_THAT(reader.Hello().retry_ms, AllOf(Ge(1000), Le(3000)));
    retries.insert(reader.Hello().retry_ms);
  }
  EXPECT_GT(retries.size(), 10u);
}

// The blocks of a stream up to gateway.live, as they are on the wire.
std::string TextUntilLive(SseReader& reader) {
  std::string text;
  for (;;) {
    const SseBlock block = reader.Next().value();
    text += block.text;
    if (block.event == "gateway.live") return text;
  }
}

TEST(StreamFormatTest, BeginsAtOnceAsTheContractSays) {
  const GatewayProcess gateway({"--heartbeat_interval=1h"});
  Publisher publisher(gateway.grpc());
  const std::string id = publisher.MustPublish(NumberedEvent("a", "k", 1));
  const std::string event = base::Concat("data: {\"id\":\"k\",\"user\":1}\nid: ", id, "\n\n");
  const std::string head = base::Concat(gateway.epoch(), "-1");
  struct Case {
    const char* name;
    std::string query;
    std::string presented;  // as the header
    std::string cut;        // its id line
    std::string resumed;
    std::string hello;  // its id line
    std::string then;   // what comes before gateway.live
  };
  const auto line = [](const std::string& value) { return base::Concat("id: ", value, "\n"); };
  const auto reset = [](const std::string& reason) {
    return base::Concat("event: gateway.reset\ndata: {\"reason\":\"", reason,
                        "\",\"missed\":null}\n\n");
  };
  const std::string before = gateway.epoch() + "-0";
  const std::string future = gateway.epoch() + "-9";
  const Case cases[] = {
      {"the snapshot", "", "", "", "null", "", event},
      {"an empty snapshot", "topic=none", "", "", "null", "", ""},
      {"live", "start=live", "", "", "null", line(head), ""},
      {"earliest", "start=earliest", "", "", "null", "", event},
      {"an empty id", "lastEventId=", "", "", "null", "", event},
      {"nothing missed", "", id, line(id), "true", line(id), ""},
      {"nothing missed, by the query", "lastEventId=" + id, "", line(id), "true", line(id), ""},
      {"one missed", "", before, line(before), "true", line(before), event},
      {"one missed, mode=all", "mode=all", before, line(before), "true", line(before), event},
      {"another epoch", "", "abcdefgh-1", line("abcdefgh-1"), "false", "",
       reset("other_epoch") + event},
      {"the future", "", future, line(future), "false", "", reset("unknown_id") + event},
      {"no id at all", "", "hello", "", "false", "", reset("unknown_id") + event},
      {"lines in the id", "lastEventId=e-1%0Adata:%20x%0A%0A", "", "", "false", "",
       reset("unknown_id") + event},
  };
  for (const Case& c : cases) {
    HttpFields fields;
    if (!c.presented.empty()) fields.emplace_back("Last-Event-ID", c.presented);
    SseReader reader(gateway.http(), {.query = c.query, .fields = fields});
    const std::string connection = reader.head().Get("X-Connection-Id");
    const std::string retry = base::Concat(reader.Hello().retry_ms);
    EXPECT_EQ(TextUntilLive(reader),
              base::Concat(":\nevent: gateway.cut\ndata: {}\n", c.cut,
                           "\nevent: gateway.hello\nretry: ", retry, "\ndata: {\"connection\":\"",
                           connection, "\",\"resumed\":", c.resumed, "}\n", c.hello, "\n", c.then,
                           "event: gateway.live\ndata: {}\n\n"))
        << c.name;
  }
}

TEST(StreamFormatTest, LiveComesOnceAfterAllThatWasThere) {
  constexpr uint32_t kKeys = 1000;
  const GatewayProcess gateway({"--heartbeat_interval=1h"});
  Publisher publisher(gateway.grpc());
  std::vector<ssegateway::v1::Event> events;
  for (uint32_t i = 1; i <= kKeys; ++i) events.push_back(NumberedEvent("a", base::Concat(i), i));
  publisher.MustPublish(events);
  // The first one gets every event of the window, and nothing has been superseded yet.
  for (const char* query : {"start=earliest", "", "mode=all", "maxRate=1"}) {
    SseReader reader(gateway.http(), {.query = query});
    uint32_t before = 0;
    for (std::string event; event != "gateway.live";) {
      const SseBlock block = reader.Next().value();
      event = block.event;
      if (event.empty() && !block.is_comment()) ++before;
    }
    EXPECT_EQ(before, kKeys) << query;
    const std::string id = publisher.MustPublish(NumberedEvent("a", "1", 1));
    EXPECT_EQ(reader.Next().value().id, id) << query;  // which refuses a second one
  }
}

TEST(StreamFormatTest, AnAnswerThatTurnsAwayBeginsLikeAStream) {
  const GatewayProcess gateway({"--max_connections=1", "--retry=2s", "--shed_hold=0"});
  SseReader only(gateway.http());
  ASSERT_TRUE(only.IsAdmitted());
  struct Case {
    std::string presented;
    std::string cut;
  };
  for (const Case& c : {Case{"", ""}, Case{"abcdefgh-7", "id: abcdefgh-7\n"}, Case{"hello", ""}}) {
    HttpFields fields;
    if (!c.presented.empty()) fields.emplace_back("Last-Event-ID", c.presented);
    SseReader reader(gateway.http(), {.fields = fields});
    EXPECT_EQ(reader.head().Get("Content-Type"), "text/event-stream; charset=utf-8");
    EXPECT_EQ(reader.head().Get("Connection"), "close");
    EXPECT_FALSE(reader.IsAdmitted());
    std::string text;
    std::string retry;
    while (const std::optional<SseBlock> block = reader.Next()) {
      text += block->text;
      retry = block->retry.value_or("");
    }
    EXPECT_EQ(text, base::Concat(":\nevent: gateway.cut\ndata: {}\n", c.cut,
                                 "\nevent: gateway.bye\nretry: ", retry,
                                 "\ndata: {\"reason\":\"busy\"}\n\n"));
  }
}

TEST(StreamFormatTest, FrameIsTypeThenDataThenIdThenBlankLine) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  auto alert = NumberedEvent("a", "k", 2);
  alert.set_type("alert");
  publisher.MustPublish(alert);
  publisher.MustPublish(Deletion("a", "k"));
  EXPECT_EQ(reader.Event().text,
            base::Concat("data: {\"id\":\"k\",\"user\":1}\nid: ", gateway.epoch(), "-1\n\n"));
  EXPECT_EQ(reader.Event().text, base::Concat("event: alert\ndata: {\"id\":\"k\",\"user\":2}\nid: ",
                                              gateway.epoch(), "-2\n\n"));
  EXPECT_EQ(reader.Event().text,
            base::Concat("event: gateway.deleted\ndata: {\"topic\":\"a\",\"key\":\"k\"}\nid: ",
                         gateway.epoch(), "-3\n\n"));
}

TEST(StreamFormatTest, IdsNeedNoPreflight) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const std::string id = publisher.MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "._~-"),
            std::string::npos);
}

TEST(StreamFormatTest, EnvelopeNamesTopicKeyAndTime) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const auto now = [] {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  };
  const base::WallTime before = now();
  publisher.MustPublish(NumberedEvent("a.b", "k \"1\"", 1));
  const base::WallTime after = now();
  SseReader enveloped(gateway.http(), {.query = "envelope=1"});
  SseReader again(gateway.http(), {.query = "envelope=1"});
  SseReader plain(gateway.http(), {.query = "envelope=0"});
  const std::string dashboard = R"({"id":"k \"1\"","user":1})";
  EXPECT_TRUE(SameJson(*plain.Event().data, dashboard));
  const std::string data = *enveloped.Event().data;
  const auto envelope = ParseJson(data);
  EXPECT_THAT(TimeAt(envelope, "time"), AllOf(Ge(before), Le(after)));
  EXPECT_EQ(data, base::Concat(R"({"topic":"a.b","key":"k \"1\"","time":")",
                               StringAt(envelope, "time"), R"(","data":)", dashboard, "}"));
  EXPECT_EQ(again.Event().data, data) << "it is the event's, not the delivery's";
  publisher.MustPublish(NumberedEvent("a.b", "live", 2));
  const auto live = ParseJson(*enveloped.Event().data);
  EXPECT_EQ(StringAt(live, "key"), "live");
  EXPECT_THAT(TimeAt(live, "time"), AllOf(Ge(after), Le(now())));
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
  TextUntilLive(reader);
  for (int i = 0; i < 3; ++i) {
    const base::TimePoint before = base::Now();
    const SseBlock heartbeat = reader.Next().value();
    EXPECT_EQ(heartbeat.text, ":\n");
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
