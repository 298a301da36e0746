// Which topics a connection gets.
#include <gtest/gtest.h>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;

const std::vector<std::string>& Topics() {
  static const std::vector<std::string> topics = {
      "a", "a.b", "a.b.c", "a.b.d", "a.x.c", "b", "b.b.c", "ab", "A.b", "a.b.c.d", "a.b.c.d.e"};
  return topics;
}

struct Case {
  std::string query;
  std::vector<std::string> topics;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"topic=a.b.c", {"a.b.c"}},
      {"topic=a.b.*", {"a.b.c", "a.b.d"}},
      {"topic=a.*.c", {"a.b.c", "a.x.c"}},
      {"topic=*", {"a", "b", "ab"}},
      {"topic=*.*", {"a.b", "A.b"}},
      {"topic=*.b.c", {"a.b.c", "b.b.c"}},
      {"topic=a.>", {"a.b", "a.b.c", "a.b.d", "a.x.c", "a.b.c.d", "a.b.c.d.e"}},
      {"topic=a.b.c.%3E", {"a.b.c.d", "a.b.c.d.e"}},
      {"topic=*.x.>", {"a.x.c"}},
      {"topic=*.*.*.>", {"a.b.c.d", "a.b.c.d.e"}},
      {"topic=a.b.c&topic=b", {"a.b.c", "b"}},
      {"topic=a.b.*&topic=a.*.c&topic=a.b.c", {"a.b.c", "a.b.d", "a.x.c"}},
      {"topic=nobody.publishes.this", {}},
  };
  return cases;
}

// Each topic once, then one that every connection of these tests gets.
std::vector<Event> EventsOfAllTopics() {
  std::vector<Event> events;
  for (const std::string& topic : Topics()) events.push_back(NumberedEvent(topic, topic, 1));
  events.push_back(NumberedEvent("end", "end", 1));
  return events;
}

std::vector<std::string> TopicsUntilEnd(SseReader& reader) {
  std::vector<std::string> topics;
  for (std::string key = KeyOf(reader.Event()); key != "end"; key = KeyOf(reader.Event())) {
    topics.push_back(key);
  }
  return topics;
}

TEST(FilterTest, SnapshotHasWhatTheFiltersMatch) {
  const GatewayProcess gateway;
  Publisher(gateway.grpc()).MustPublish(EventsOfAllTopics());
  for (const Case& c : Cases()) {
    SseReader reader(gateway.http(), {.query = c.query + "&topic=end"});
    EXPECT_EQ(TopicsUntilEnd(reader), c.topics) << c.query;
  }
}

TEST(FilterTest, LiveEventsAreThoseThatTheFiltersMatchEachOnce) {
  const GatewayProcess gateway;
  std::vector<std::unique_ptr<SseReader>> readers;
  for (const Case& c : Cases()) {
    readers.push_back(
        std::make_unique<SseReader>(gateway.http(), SseOptions{.query = c.query + "&topic=end"}));
  }
  Publisher(gateway.grpc()).MustPublish(EventsOfAllTopics());
  for (size_t i = 0; i < readers.size(); ++i) {
    EXPECT_EQ(TopicsUntilEnd(*readers[i]), Cases()[i].topics) << Cases()[i].query;
  }
}

TEST(FilterTest, WithoutAFilterEveryTopicComes) {
  const GatewayProcess gateway;
  Publisher(gateway.grpc()).MustPublish(EventsOfAllTopics());
  SseReader reader(gateway.http());
  EXPECT_EQ(TopicsUntilEnd(reader), Topics());
}

TEST(FilterTest, ThousandFiltersAreTakenAndOneMoreIsNot) {
  constexpr int kFilters = 1000;
  std::string query;
  for (int i = 0; i < kFilters; ++i) query += base::Concat("topic=devices.d", i, "&");
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(NumberedEvent("devices.d999", "first", 1));
  publisher.MustPublish(NumberedEvent("devices.d1000", "not its", 1));
  SseReader reader(gateway.http(), {.query = query});
  reader.AwaitLive();
  publisher.MustPublish({NumberedEvent("devices.d0", "second", 2),
                         NumberedEvent("devices", "not its", 2),
                         NumberedEvent("devices.d500", "third", 3)});
  for (const char* key : {"first", "second", "third"}) EXPECT_EQ(KeyOf(reader.Event()), key);
  const auto document = ParseJson(HttpGet(gateway.http(), "/v1/snapshot?" + query).body);
  EXPECT_EQ(At(document, "events").list_value().values_size(), 3);

  const HttpResponse refused = HttpGet(gateway.http(), "/v1/events?" + query + "topic=one.more");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(StringAt(ParseJson(refused.body), "detail"),
            "parameter topic is given more than 1000 times");
}

TEST(FilterTest, ReplayOfModeAllHasWhatTheFiltersMatch) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const std::string before = publisher.MustPublish(NumberedEvent("before", "k", 1));
  publisher.MustPublish(EventsOfAllTopics());
  for (const Case& c : Cases()) {
    SseReader reader(gateway.http(), {.query = c.query + "&topic=end&mode=all",
                                      .fields = {{"Last-Event-ID", before}}});
    EXPECT_EQ(TopicsUntilEnd(reader), c.topics) << c.query;
  }
}

}  // namespace
}  // namespace ssegw::testing
