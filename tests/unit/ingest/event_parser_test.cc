#include "gateway/ingest/event_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/ingest/error_text.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): for NUL bytes
using ssegateway::v1::Event;
using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishStreamRequest;

absl::StatusOr<ParsedEvent> Parse(std::string_view wire) {
  ParsedEvent event;
  if (absl::Status status = ParseEvent(wire, &event); !status.ok()) return status;
  return event;
}

TEST(EventParserTest, ReadsEveryField) {
  Event event;
  event.set_topic("a.b");
  event.set_key("k");
  event.set_type("alert");
  event.set_message_id("m-1");
  event.mutable_dashboard()->set_id("host-1");
  event.mutable_ttl()->set_seconds(-3);
  event.mutable_ttl()->set_nanos(-4);
  const std::string wire = event.SerializeAsString();

  const auto parsed = Parse(wire);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->topic, "a.b");
  EXPECT_EQ(parsed->key, "k");
  EXPECT_EQ(parsed->type, "alert");
  EXPECT_EQ(parsed->message_id, "m-1");
  EXPECT_EQ(parsed->payload_kind, PayloadKind::kDashboard);
  EXPECT_EQ(parsed->payload.view(), event.dashboard().SerializeAsString());
  EXPECT_EQ(parsed->ttl.seconds, -3);
  EXPECT_EQ(parsed->ttl.nanos, -4);
}

TEST(EventParserTest, EmptyBytesAreAnEventWithoutAPayload) {
  const auto parsed = Parse("");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->payload_kind, PayloadKind::kNone);
}

// The generated class is the oracle: bytes put together from pieces mean what it makes of them.
TEST(EventParserTest, AgreesWithProtobufOnRepeatedFields) {
  const auto with = [](auto fill) {
    Event event;
    fill(event);
    return event.SerializeAsString();
  };
  const std::string topic_a = with([](Event& e) { e.set_topic("a"); });
  const std::string topic_b = with([](Event& e) { e.set_topic("b"); });
  const std::string id = with([](Event& e) { e.mutable_dashboard()->set_id("x"); });
  const std::string user = with([](Event& e) { e.mutable_dashboard()->set_user(7); });
  const std::string any_type = with([](Event& e) { e.mutable_message()->set_type_url("t/x"); });
  const std::string any_value = with([](Event& e) { e.mutable_message()->set_value("v"); });
  const std::string deleted = with([](Event& e) { e.set_deleted(true); });
  const std::string not_deleted = with([](Event& e) { e.set_deleted(false); });
  const std::string json = with([](Event& e) { e.set_json("[1]"); });
  const std::string other_json = with([](Event& e) { e.set_json("{}"); });
  const std::string seconds = with([](Event& e) { e.mutable_ttl()->set_seconds(5); });
  const std::string nanos = with([](Event& e) { e.mutable_ttl()->set_nanos(6); });
  const std::string unknown = "\x7a\x03xyz\xfd\x01\x01\x02\x03\x04"s;

  struct Case {
    const char* name;
    std::string wire;
  };
  const std::vector<Case> cases = {
      {"last topic", topic_a + topic_b},
      {"dashboards merge", id + user},
      {"three dashboards merge", id + user + id},
      {"anys merge", any_type + any_value},
      {"dashboard after any", any_type + id},
      {"dashboard cleared in between", id + any_type + user},
      {"dashboard cleared by a deletion", id + deleted + user},
      {"deletion last", id + deleted},
      {"deleted false last", id + not_deleted},
      {"deleted false, then true", not_deleted + deleted},
      {"last json", json + other_json},
      {"json after a dashboard", id + json},
      {"dashboard after json", json + id},
      {"dashboard cleared by json", id + json + user},
      {"json cleared by deleted false", json + not_deleted},
      {"empty json", "\x4a\x00"s},
      {"ttls merge", seconds + nanos},
      {"last seconds", seconds + nanos + with([](Event& e) { e.mutable_ttl()->set_seconds(9); })},
      {"unknown fields", unknown + id + unknown},
      {"known numbers of another wire type", "\x08\x01\x10\x01\x22\x01x\x3d\x01\x02\x03\x04"s + id},
      {"empty dashboard", "\x12\x00"s},
      {"empty dashboards", "\x12\x00\x12\x00"s + id},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Event expected;
    ASSERT_TRUE(expected.ParseFromString(c.wire));
    const auto parsed = Parse(c.wire);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->topic, expected.topic());
    EXPECT_EQ(parsed->ttl.seconds, expected.ttl().seconds());
    EXPECT_EQ(parsed->ttl.nanos, expected.ttl().nanos());
    EXPECT_EQ(parsed->payload_kind == PayloadKind::kDashboard, expected.has_dashboard());
    EXPECT_EQ(parsed->payload_kind == PayloadKind::kMessage, expected.has_message());
    EXPECT_EQ(parsed->payload_kind == PayloadKind::kDeleted, expected.deleted());
    EXPECT_EQ(parsed->payload_kind == PayloadKind::kJson, expected.has_json());
    if (expected.has_json()) {
      EXPECT_EQ(parsed->payload.view(), expected.json());
    }
    if (expected.has_dashboard()) {
      ssegateway::v1::Dashboard dashboard;
      ASSERT_TRUE(dashboard.ParseFromString(std::string(parsed->payload.view())));
      EXPECT_EQ(dashboard.SerializeAsString(), expected.dashboard().SerializeAsString());
      const auto dashboard_id = ParseDashboardId(parsed->payload.view());
      ASSERT_TRUE(dashboard_id.ok());
      EXPECT_EQ(*dashboard_id, expected.dashboard().id());
    }
    if (expected.has_message()) {
      google::protobuf::Any any;
      ASSERT_TRUE(any.ParseFromString(std::string(parsed->payload.view())));
      EXPECT_EQ(any.SerializeAsString(), expected.message().SerializeAsString());
    }
  }
}

TEST(EventParserTest, NamesTheFieldThatIsNotUtf8) {
  struct Case {
    const char* name;
    std::string wire;
    const char* error;
  };
  const std::vector<Case> cases = {
      {"topic", "\x0a\x01\xff"s, "topic is not valid UTF-8"},
      {"key", "\x2a\x02\xc0\x80"s, "key is not valid UTF-8"},
      {"type", "\x32\x03\xed\xa0\x80"s, "type is not valid UTF-8"},
      {"message_id", "\x3a\x01\x80"s, "message_id is not valid UTF-8"},
      {"json that does not count", "\x4a\x01\xff\x4a\x01z"s, "json is not valid UTF-8"},
      {"json that is no payload", "\x4a\x01\xff\x20\x01"s, "json is not valid UTF-8"},
      {"an occurrence that does not count", "\x0a\x01\xff\x0a\x01z"s, "topic is not valid UTF-8"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status status = Parse(c.wire).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(MessageOf(status), c.error);
  }
  const absl::Status status = ParseDashboardId("\x0a\x01\xff").status();
  EXPECT_EQ(MessageOf(status), "dashboard.id is not valid UTF-8");
}

TEST(EventParserTest, NamesThePartThatIsMalformed) {
  EXPECT_EQ(MessageOf(Parse("\x0a\x05").status()),
            "event is malformed: truncated field 1 at byte 0");
  EXPECT_EQ(MessageOf(Parse("\x42\x01\x08").status()),
            "ttl is malformed: truncated field 1 at byte 0");
  EXPECT_EQ(MessageOf(ParseDashboardId("\x12\x05").status()),
            "dashboard is malformed: truncated field 2 at byte 0");
  ParsedRequest request;
  EXPECT_EQ(MessageOf(ParsePublishRequest("\x0a\x05", &request)),
            "request is malformed: truncated field 1 at byte 0");
}

// Every prefix and every flipped byte of a real event: never a crash, and whatever protobuf cannot
// parse at this level is refused.
TEST(EventParserTest, SurvivesDamage) {
  Event event;
  event.set_topic("a.b");
  event.mutable_dashboard()->set_id("host-1");
  event.mutable_dashboard()->set_title("t");
  event.mutable_ttl()->set_seconds(300);
  const std::string wire = event.SerializeAsString();
  for (size_t size = 0; size < wire.size(); ++size) {
    const std::string cut = wire.substr(0, size);
    EXPECT_EQ(Parse(cut).ok(), Event().ParseFromString(cut)) << size;
  }
  for (size_t i = 0; i < wire.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = wire;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto parsed = Parse(flipped);
      if (Event().ParseFromString(flipped)) {
        EXPECT_TRUE(parsed.ok()) << i << "/" << bit << ": " << parsed.status();
      }
    }
  }
}

TEST(RequestParserTest, FindsTheIdThoughTheEventsBytesAreBad) {
  ParsedRequest request;
  EXPECT_TRUE(ParsePublishStreamRequest("\x08\x2a\x12\x02\xff\xff", &request).ok());
  EXPECT_EQ(request.request_id, 42U);
  EXPECT_EQ(request.event.view(), "\xff\xff");

  ParsedRequest id_last;
  EXPECT_TRUE(ParsePublishStreamRequest("\x12\x02\xff\xff\x08\x2a", &id_last).ok());
  EXPECT_EQ(id_last.request_id, 42U);
}

TEST(RequestParserTest, KeepsTheIdFoundBeforeAFault) {
  ParsedRequest request;
  EXPECT_FALSE(ParsePublishStreamRequest("\x08\x2a\x12\x7f\xff", &request).ok());
  EXPECT_EQ(request.request_id, 42U);
  ParsedRequest id_after;
  EXPECT_FALSE(ParsePublishStreamRequest("\x12\x7f\xff\x08\x2a", &id_after).ok());
  EXPECT_EQ(id_after.request_id, 0U);
}

TEST(RequestParserTest, MergesEvents) {
  PublishStreamRequest topic;
  topic.set_request_id(1);
  topic.mutable_event()->set_topic("a");
  PublishStreamRequest key;
  key.set_request_id(2);
  key.mutable_event()->set_key("k");
  const std::string wire = topic.SerializeAsString() + key.SerializeAsString();
  ParsedRequest request;
  ASSERT_TRUE(ParsePublishStreamRequest(wire, &request).ok());
  EXPECT_EQ(request.request_id, 2U);
  Event event;
  ASSERT_TRUE(event.ParseFromString(std::string(request.event.view())));
  EXPECT_EQ(event.topic(), "a");
  EXPECT_EQ(event.key(), "k");
}

TEST(RequestParserTest, TellsAMissingEventFromAnEmptyOne) {
  ParsedRequest missing;
  ASSERT_TRUE(ParsePublishRequest("", &missing).ok());
  EXPECT_FALSE(missing.event.present());
  PublishRequest with_event;
  with_event.mutable_event();
  const std::string wire = with_event.SerializeAsString();
  ParsedRequest empty;
  ASSERT_TRUE(ParsePublishRequest(wire, &empty).ok());
  EXPECT_TRUE(empty.event.present());
}

}  // namespace
}  // namespace ssegw::ingest
