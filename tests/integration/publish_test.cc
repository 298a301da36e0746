// Publish, the unary call: what is taken, what is refused, and what reaches a connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ::testing::HasSubstr;

TEST(PublishTest, DashboardReachesConnectionWithTheIdOfTheAnswer) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  Event event = NumberedEvent("", "host-1", 7);
  auto& panel = *event.mutable_dashboard()->add_panels();
  panel.set_id("cpu");
  panel.set_unit("%");
  panel.set_gauge(12.5);
  panel.set_status(ssegateway::v1::STATUS_WARNING);
  const PublishResult result = publisher.Publish(event);

  const SseBlock received = reader.Event();
  EXPECT_EQ(received.id, result.id);
  EXPECT_EQ(received.id, gateway.epoch() + "-1");
  EXPECT_FALSE(result.duplicate);
  EXPECT_EQ(received.event, "") << "onmessage gets only events without a name";
  EXPECT_TRUE(SameJson(*received.data, R"({"id":"host-1","user":7,"panels":[
      {"id":"cpu","unit":"%","gauge":12.5,"status":"STATUS_WARNING"}]})"));
}

TEST(PublishTest, TopicAndKeyComeFromTheDashboardWhereTheEventHasNone) {
  struct Case {
    const char* name;
    Event event;
    std::string topic;
    std::string key;
  };
  Event own_key = NumberedEvent("a.b", "id", 1);
  own_key.set_key("own");
  const Case cases[] = {
      {"neither", NumberedEvent("", "host-1", 1), "dashboards.host-1", "host-1"},
      {"an id that is no token", NumberedEvent("", "a.b c/\xC3\xA9!", 1), "dashboards.a_b_c___",
       "a.b c/\xC3\xA9!"},
      {"a topic", NumberedEvent("a.b", "id", 1), "a.b", "id"},
      {"topic and key", own_key, "a.b", "own"},
  };
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.query = "envelope=1"});
  for (const Case& c : cases) {
    publisher.MustPublish(c.event);
    const auto data = ParseJson(*reader.Event().data);
    EXPECT_EQ(StringAt(data, "topic"), c.topic) << c.name;
    EXPECT_EQ(StringAt(data, "key"), c.key) << c.name;
  }
}

TEST(PublishTest, TypeBecomesTheNameOfTheEvent) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  Event event = NumberedEvent("a", "k", 1);
  event.set_type("alert \xC3\xA9");
  publisher.MustPublish(event);
  EXPECT_EQ(reader.Event().event, "alert \xC3\xA9");
  // What is none is the same to a page as this one.
  event.set_type("message");
  publisher.MustPublish(event);
  EXPECT_EQ(reader.Event().event, "message");
}

TEST(PublishTest, RepeatOfAMessageIdIsAcknowledgedAndNotAppended) {
  const GatewayProcess gateway;
  Publisher first(gateway.grpc());
  Publisher second(gateway.grpc());
  SseReader reader(gateway.http(), {.query = "mode=all"});
  Event event = NumberedEvent("a", "k", 1);
  event.set_message_id("m-1");
  const PublishResult once = first.Publish(event);
  event.mutable_dashboard()->set_user(2);
  const PublishResult twice = second.Publish(event);
  const std::string after = second.MustPublish(NumberedEvent("a", "k", 3));

  EXPECT_TRUE(twice.ok());
  EXPECT_TRUE(twice.duplicate);
  EXPECT_EQ(twice.id, once.id);
  EXPECT_EQ(NumbersOf(reader.EventsThrough(after)), (std::vector<uint32_t>{1, 3}));
}

TEST(PublishTest, MessageIdIsForgottenAfterTheDedupWindow) {
  const GatewayProcess gateway({"--dedup_window=100ms"});
  Publisher publisher(gateway.grpc());
  Event event = NumberedEvent("a", "k", 1);
  event.set_message_id("m-1");
  const std::string first = publisher.MustPublish(event);
  EXPECT_TRUE(WaitFor([&] {
    const PublishResult again = publisher.Publish(event);
    return again.ok() && !again.duplicate && again.id != first;
  }));
}

TEST(PublishTest, MessageIdOfARefusedEventIsNotRemembered) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  Event event = NumberedEvent("not a topic", "k", 1);
  event.set_message_id("m-1");
  ASSERT_EQ(publisher.Publish(event).code, kInvalidArgument);
  event.set_topic("a");
  const PublishResult result = publisher.Publish(event);
  EXPECT_TRUE(result.ok());
  EXPECT_FALSE(result.duplicate);
}

TEST(PublishTest, DeletionReachesConnectionAsControlEventAndEmptiesTheSnapshot) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  publisher.MustPublish(NumberedEvent("a", "other", 2));
  SseReader reader(gateway.http(), {.query = "envelope=1"});
  reader.Events(2);
  const std::string id = publisher.MustPublish(Deletion("a", "k"));

  const SseBlock deleted = reader.Event();
  EXPECT_EQ(deleted.event, "gateway.deleted");
  EXPECT_EQ(deleted.id, id);
  EXPECT_EQ(deleted.data, R"({"topic":"a","key":"k"})") << "an envelope does not concern it";
  SseReader later(gateway.http());
  EXPECT_EQ(NumberOf(later.Event()), 2u);
}

TEST(PublishTest, DeletionOfAnUnknownKeyIsAppendedAllTheSame) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  const std::string id = publisher.MustPublish(Deletion("a", "never seen"));
  const SseBlock deleted = reader.Event();
  EXPECT_EQ(deleted.event, "gateway.deleted");
  EXPECT_EQ(deleted.id, id);
}

TEST(PublishTest, EventThatOutlivesItsTtlIsDeletedByTheGateway) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.query = "topic=a"});
  Event event = NumberedEvent("a", "k", 1);
  event.mutable_ttl()->set_nanos(200'000'000);
  const std::string id = publisher.MustPublish(event);

  EXPECT_EQ(reader.Event().id, id);
  const SseBlock deleted = reader.Event();
  EXPECT_EQ(deleted.event, "gateway.deleted");
  EXPECT_EQ(deleted.data, R"({"topic":"a","key":"k"})");
  EXPECT_EQ(deleted.id, gateway.epoch() + "-2");
  EXPECT_EQ(gateway.Scrape()["snapshot_keys"], 0);
}

TEST(PublishTest, TtlOfASupersededEventDoesNotConcernTheNewerOne) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  Event event = NumberedEvent("a", "k", 1);
  event.mutable_ttl()->set_nanos(100'000'000);
  publisher.MustPublish(event);
  publisher.MustPublish(NumberedEvent("a", "k", 2));
  // The other key's ttl is the longer one: when it has run out, the first would have too.
  Event other = NumberedEvent("a", "other", 3);
  other.mutable_ttl()->set_nanos(200'000'000);
  publisher.MustPublish(other);
  SseReader reader(gateway.http(), {.query = "topic=a"});
  EXPECT_EQ(NumbersOf(reader.Events(2)), (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(reader.Event().data, R"({"topic":"a","key":"other"})");
}

TEST(PublishTest, BrokenRuleIsNamed) {
  struct Case {
    const char* name;
    Event event;
    std::string message;
  };
  const auto with = [](const auto& change) {
    Event event = NumberedEvent("a", "k", 1);
    change(event);
    return event;
  };
  const auto topic = [&](const std::string& text) {
    return with([&](Event& e) { e.set_topic(text); });
  };
  const std::string seventeen = "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17";
  const Case cases[] = {
      {"an empty token", topic("a..b"), "token"},
      {"a dot at the end", topic("a."), "token"},
      {"a wildcard", topic("a.*"), "topic"},
      {"a space", topic("a b"), "topic"},
      {"17 tokens", topic(seventeen), "16"},
      {"256 bytes of topic", topic(std::string(256, 't')), "255"},
      {"no topic and no dashboard", Deletion("", "k"), "topic"},
      {"no topic and no id", NumberedEvent("", "", 1), "topic"},
      {"no payload", with([](Event& e) { e.clear_payload(); }), "payload"},
      {"deleted: false", with([](Event& e) { e.set_deleted(false); }), "payload"},
      {"256 bytes of key", with([](Event& e) { e.set_key(std::string(256, 'k')); }), "255"},
      {"256 bytes of dashboard id", NumberedEvent("a", std::string(256, 'd'), 1), "255"},
      {"a control character in the key", with([](Event& e) { e.set_key("a\x1F"); }), "key"},
      {"a DEL in the type", with([](Event& e) { e.set_type("a\x7F"); }), "type"},
      {"a line end in the type", with([](Event& e) { e.set_type("a\ndata: b"); }), "type"},
      {"a type of the gateway", with([](Event& e) { e.set_type("gateway.reset"); }), "gateway."},
      {"the type of a page's onerror", with([](Event& e) { e.set_type("error"); }), "error"},
      {"the type of a page's onopen", with([](Event& e) { e.set_type("open"); }), "open"},
      {"a space before the type", with([](Event& e) { e.set_type(" alert"); }), "white space"},
      {"a space after the type", with([](Event& e) { e.set_type("alert\u00A0"); }), "white space"},
      {"a line separator in the type", with([](Event& e) { e.set_type("a\u2028b"); }),
       "line separator"},
      {"a page's onerror as the type of a deletion", with([](Event& e) {
         e.set_deleted(true);
         e.set_type("error");
       }),
       "error"},
      {"a negative ttl", with([](Event& e) { e.mutable_ttl()->set_seconds(-1); }), "ttl"},
      {"a ttl of two signs", with([](Event& e) {
         e.mutable_ttl()->set_seconds(1);
         e.mutable_ttl()->set_nanos(-1);
       }),
       "ttl"},
  };
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  for (const Case& c : cases) {
    const PublishResult result = publisher.Publish(c.event);
    EXPECT_EQ(result.code, kInvalidArgument) << c.name;
    EXPECT_THAT(result.message, HasSubstr(c.message)) << c.name;
  }
  const Metrics metrics = gateway.Scrape();
  EXPECT_EQ(metrics[R"(events_received_total{result="invalid"})"],
            static_cast<double>(std::size(cases)));
  EXPECT_EQ(metrics["window_events"], 0) << "nothing was appended";
}

TEST(PublishTest, LimitsThemselvesAreAllowed) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const std::string longest_topic(255, 't');
  EXPECT_TRUE(publisher.Publish(NumberedEvent(longest_topic, std::string(255, 'k'), 1)).ok());
  EXPECT_TRUE(
      publisher.Publish(NumberedEvent("1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16", "k", 1)).ok());
}

TEST(PublishTest, EventOverTheSizeLimitIsRefusedWhateverItsSize) {
  constexpr size_t kLimit = 1000;
  const GatewayProcess gateway({base::Concat("--max_event_bytes=", kLimit)});
  Publisher publisher(gateway.grpc());
  Event event = NumberedEvent("a", "k", 1, 500);
  event.mutable_dashboard()->mutable_title()->append(kLimit - event.ByteSizeLong(), 't');
  ASSERT_EQ(event.ByteSizeLong(), kLimit);
  EXPECT_TRUE(publisher.Publish(event).ok());
  event.mutable_dashboard()->mutable_title()->push_back('t');
  const PublishResult over = publisher.Publish(event);
  EXPECT_EQ(over.code, kInvalidArgument);
  EXPECT_THAT(over.message, HasSubstr("1001"));
  EXPECT_THAT(over.message, HasSubstr("1000"));
  // gRPC's own limit, of 4 MiB, would have another code.
  EXPECT_EQ(publisher.Publish(NumberedEvent("a", "k", 1, 5 << 20)).code, kInvalidArgument);
}

TEST(PublishTest, EventThatCanNeverFitIntoTheWindowIsInvalid) {
  const GatewayProcess gateway({"--max_event_bytes=10000", "--window_max_bytes=10000"});
  Publisher publisher(gateway.grpc());
  Event event = NumberedEvent("a", "k", 1);
  event.mutable_dashboard()->set_title(std::string(5000, '\x01'));  // six bytes each in JSON
  const PublishResult refused = publisher.Publish(event);
  EXPECT_EQ(refused.code, kInvalidArgument);
  EXPECT_THAT(refused.message, HasSubstr("10000"));
  EXPECT_EQ(gateway.Scrape()["window_events"], 0);
  EXPECT_EQ(gateway.Scrape()[R"(events_received_total{result="invalid"})"], 1);
}

TEST(PublishTest, EventWithoutATtlGetsTheDefaultOne) {
  const GatewayProcess gateway({"--default_ttl=200ms"});
  Publisher publisher(gateway.grpc());
  Event stays = NumberedEvent("a", "stays", 1);
  stays.mutable_ttl()->set_seconds(3600);
  publisher.MustPublish(stays);
  publisher.MustPublish(NumberedEvent("a", "goes", 1));
  // The two, and the deletion.
  ASSERT_TRUE(gateway.WaitForMetric("store_appended_total", 3));
  EXPECT_EQ(gateway.Scrape()["snapshot_keys"], 1);
}

TEST(PublishTest, BytesThatAreNoRequestAreInvalid) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const std::string good = NumberedEvent("a", "k", 1).SerializeAsString();
  for (const std::string& bytes : {std::string("\xFF\xFF\xFF"), std::string("\x0A\x7F"),
                                   std::string("\x0A\x03\x0A\x01\xC0"), good, std::string()}) {
    EXPECT_EQ(publisher.PublishBytes(bytes).code, kInvalidArgument);
  }
  EXPECT_TRUE(publisher.Publish(NumberedEvent("a", "k", 1)).ok());
}

}  // namespace
}  // namespace ssegw::testing
