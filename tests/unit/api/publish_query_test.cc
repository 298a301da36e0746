#include "gateway/api/publish_query.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::api {
namespace {

using Parsed = std::variant<std::optional<PublishQuery>, http::Problem>;

std::string DetailOf(std::string_view query) {
  const Parsed parsed = ParsePublishQuery(query);
  const auto* const problem = std::get_if<http::Problem>(&parsed);
  return problem == nullptr ? "(none)" : problem->detail;
}

TEST(PublishQueryTest, AnEventIsMadeOfTheQueryAndTheBody) {
  const Parsed parsed =
      ParsePublishQuery("topic=a.b&key=x+y%20z&type=alert&message_id=%C3%A9&ttl=1.5s&other=%zz");
  const auto& query = std::get<std::optional<PublishQuery>>(parsed);
  ASSERT_TRUE(query.has_value());
  ssegateway::v1::Event event;
  ASSERT_TRUE(event.ParseFromString(EventWire(*query, R"({"n":1})")));
  EXPECT_EQ(event.topic(), "a.b");
  EXPECT_EQ(event.key(), "x y z");
  EXPECT_EQ(event.type(), "alert");
  EXPECT_EQ(event.message_id(), "é");
  EXPECT_EQ(event.ttl().seconds(), 1);
  EXPECT_EQ(event.ttl().nanos(), 500'000'000);
  EXPECT_EQ(event.json(), R"({"n":1})");
}

TEST(PublishQueryTest, AnEmptyBodyIsAPayloadThatIsNoJson) {
  ssegateway::v1::Event event;
  ASSERT_TRUE(event.ParseFromString(EventWire({.topic = "a"}, "")));
  EXPECT_EQ(event.payload_case(), ssegateway::v1::Event::kJson);
}

TEST(PublishQueryTest, WithoutATopicTheBodyIsTheEvent) {
  for (const char* query : {"", "&", "other=1"}) {
    const Parsed parsed = ParsePublishQuery(query);
    ASSERT_TRUE(std::holds_alternative<std::optional<PublishQuery>>(parsed)) << query;
    EXPECT_FALSE(std::get<std::optional<PublishQuery>>(parsed).has_value());
  }
}

TEST(PublishQueryTest, AFaultNamesItsParameter) {
  EXPECT_EQ(DetailOf("topic="), "topic is empty");
  EXPECT_EQ(DetailOf("topic"), "topic is empty");
  EXPECT_EQ(DetailOf("topic=a&topic=a"), "topic is given twice");
  EXPECT_EQ(DetailOf("key=a"), "key needs a topic beside it");
  EXPECT_EQ(DetailOf("ttl=1s"), "ttl needs a topic beside it");
  EXPECT_EQ(DetailOf("topic=a&key=%FF"), "key is not valid UTF-8");
  EXPECT_EQ(DetailOf("topic=a&key=%zz"), "key has a % that two hex digits do not follow");
  EXPECT_EQ(DetailOf("topic=a&type=%0A"), "type has a control character");
  for (const char* ttl : {"", "5", "5m", "s", "1h", "x", "1.s.s"}) {
    EXPECT_EQ(DetailOf(std::string("topic=a&ttl=") + ttl), "ttl is not a time like 90s or 0.5s")
        << ttl;
  }
}

TEST(PublishQueryTest, ANameThatIsAlmostAnotherIsNotPassedOver) {
  EXPECT_EQ(DetailOf("topic=a&messageId=1"), "messageId is not known; did you mean message_id?");
  EXPECT_EQ(DetailOf("Topic=a"), "Topic is not known; did you mean topic?");
  EXPECT_EQ(DetailOf("topics=a"), "topics is not known; did you mean topic?");
  EXPECT_EQ(DetailOf("topic=a&utm_source=x"), "(none)");
}

}  // namespace
}  // namespace ssegw::api
