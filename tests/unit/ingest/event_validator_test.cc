#include "gateway/ingest/event_validator.h"

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/ingest/error_text.h"
#include "internal/base/time.h"
#include "internal/log/capture_for_test.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/unit/ingest/real_transcoder.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::Event;
using testing::HasSubstr;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): for 3s

constexpr size_t kMaxEventBytes = 2000;
const base::TimePoint kReceivedAt = base::TimePoint(1h);
const base::Moment kReceived = {.steady = kReceivedAt, .wall = base::WallTime(2h)};

class EventValidatorTest : public testing::Test {
 protected:
  absl::Status Check(const std::string& wire) {
    checked_ = std::make_unique<CheckedEvent>();
    wire_ = wire;
    return validator_.Check(wire_, kReceived, *checked_);
  }
  absl::Status Check(const Event& event) { return Check(event.SerializeAsString()); }
  const sse::FrameContent& content() const { return checked_->content(); }

  IngestStats stats_;
  const EventValidator validator_{RealTranscoder(), kMaxEventBytes, stats_};

 private:
  std::string wire_;
  std::unique_ptr<CheckedEvent> checked_;

 protected:
  const CheckedEvent& checked() const { return *checked_; }
};

Event DashboardEvent(const std::string& id = "host-1") {
  Event event;
  event.mutable_dashboard()->set_id(id);
  return event;
}

Event MessageEvent(const std::string& topic = "t") {
  Event event;
  event.set_topic(topic);
  google::protobuf::StringValue value;
  value.set_value("v");
  event.mutable_message()->PackFrom(value);
  return event;
}

Event DeletionEvent() {
  Event event;
  event.set_topic("t");
  event.set_key("k");
  event.set_deleted(true);
  return event;
}

TEST_F(EventValidatorTest, ADashboardNeedsNothingElse) {
  Event event = DashboardEvent();
  event.mutable_dashboard()->set_user(7);
  ASSERT_TRUE(Check(event).ok());
  EXPECT_EQ(content().topic, "dashboards.host-1");
  EXPECT_EQ(content().key, "host-1");
  EXPECT_EQ(content().type, "");
  EXPECT_EQ(content().json, R"({"id":"host-1","user":7})");
  EXPECT_FALSE(content().deleted);
  EXPECT_EQ(content().received_at, kReceivedAt);
  EXPECT_EQ(content().received_wall, kReceived.wall);
  EXPECT_EQ(content().expires_at, base::TimePoint::max());
  EXPECT_EQ(checked().message_id(), "");
}

TEST_F(EventValidatorTest, WhatIsGivenIsTaken) {
  Event event = DashboardEvent();
  event.set_topic("a.b-c.D_9");
  event.set_key("k\xc3\xa9y with spaces");
  event.set_type("alert");
  event.set_message_id("any\n text");
  ASSERT_TRUE(Check(event).ok());
  EXPECT_EQ(content().topic, "a.b-c.D_9");
  EXPECT_EQ(content().key, "k\xc3\xa9y with spaces");
  EXPECT_EQ(content().type, "alert");
  EXPECT_EQ(checked().message_id(), "any\n text");
}

TEST_F(EventValidatorTest, TheDefaultTopicReplacesEachCodePointThatATokenCannotHave) {
  ASSERT_TRUE(Check(DashboardEvent("db.eu/\xe2\x82\xac \xf0\x9f\x98\x80!")).ok());
  EXPECT_EQ(content().topic, "dashboards.db_eu_____");
  EXPECT_EQ(content().key, "db.eu/\xe2\x82\xac \xf0\x9f\x98\x80!") << "the key is the id itself";
}

TEST_F(EventValidatorTest, ADashboardWithoutAnIdIsItsTopicsOwnKey) {
  Event event;
  event.set_topic("t");
  event.mutable_dashboard()->set_title("x");
  ASSERT_TRUE(Check(event).ok());
  EXPECT_EQ(content().key, "");
}

TEST_F(EventValidatorTest, AMessageIsCanonicalJsonOfAny) {
  ASSERT_TRUE(Check(MessageEvent()).ok());
  EXPECT_EQ(content().topic, "t");
  EXPECT_EQ(content().key, "");
  EXPECT_THAT(content().json, HasSubstr("type.googleapis.com/google.protobuf.StringValue"));
  EXPECT_THAT(content().json, HasSubstr(R"("value":"v")"));
}

TEST_F(EventValidatorTest, ADashboardInAnAnyHasNoDefaults) {
  Event event;
  event.mutable_message()->PackFrom(DashboardEvent().dashboard());
  EXPECT_EQ(MessageOf(Check(event)), "topic is empty");
  event.set_topic("t");
  ASSERT_TRUE(Check(event).ok());
  EXPECT_EQ(content().key, "");
}

TEST_F(EventValidatorTest, JsonIsOneLineOfWhatWasWritten) {
  Event event;
  event.set_topic("t");
  event.set_json("{ \"b\" : 1.50,\n\t\"a\": \"\\u00e9 \u2028\" }");
  ASSERT_TRUE(Check(event).ok());
  EXPECT_EQ(content().json, R"({"b":1.50,"a":"\u00e9 \u2028"})");
  EXPECT_EQ(content().topic, "t");
  EXPECT_EQ(content().key, "") << "the topic is its own key";
  event.set_key("k");
  ASSERT_TRUE(Check(event).ok());
  EXPECT_EQ(content().key, "k");
}

TEST_F(EventValidatorTest, JsonThatIsNoneIsRefusedWithItsPlace) {
  struct Case {
    std::string json;
    const char* error;
  };
  for (const Case& c : std::vector<Case>{
           {"", "json: the text is empty"},
           {"{\"a\":NaN}", "json: a value is expected at byte 5"},
           {"[1,]", "json: a value is expected at byte 3"},
           {std::string(101, '['),
            "json: arrays and objects nested more than 100 deep at byte 100"},
       }) {
    Event event;
    event.set_topic("t");
    event.set_json(c.json);
    const absl::Status status = Check(event);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(MessageOf(status), c.error);
  }
  // As a publisher whose library does not check it may send it.
  const absl::Status status = Check(std::string("\x0a\x01t\x4a\x03\"\xff\""));
  EXPECT_EQ(MessageOf(status), "json: bytes that are not UTF-8 at byte 1");
}

TEST_F(EventValidatorTest, JsonNeedsATopic) {
  Event event;
  event.set_json("1");
  EXPECT_EQ(MessageOf(Check(event)), "topic is empty");
}

TEST_F(EventValidatorTest, ADeletionHasTopicAndKeyAlone) {
  Event event = DeletionEvent();
  event.set_type("alert");
  event.mutable_ttl()->set_seconds(5);
  ASSERT_TRUE(Check(event).ok());
  EXPECT_TRUE(content().deleted);
  EXPECT_EQ(content().topic, "t");
  EXPECT_EQ(content().key, "k");
  EXPECT_EQ(content().type, "");
  EXPECT_EQ(content().json, "");
  EXPECT_EQ(content().expires_at, base::TimePoint::max());
}

TEST_F(EventValidatorTest, TtlCountsFromWhenTheEventWasReceived) {
  struct Case {
    const char* name;
    int64_t seconds;
    int32_t nanos;
    base::TimePoint expires_at;
  };
  const std::vector<Case> cases = {
      {"zero", 0, 0, base::TimePoint::max()},
      {"a nanosecond", 0, 1, kReceivedAt + 1ns},
      {"three and a half seconds", 3, 500'000'000, kReceivedAt + 3500ms},
      {"99 years", 99LL * 365 * 86'400, 0, kReceivedAt + std::chrono::hours(99 * 365 * 24)},
      {"longer than a clock runs", 315'576'000'000, 999'999'999, base::TimePoint::max()},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Event event = DashboardEvent();
    event.mutable_ttl()->set_seconds(c.seconds);
    event.mutable_ttl()->set_nanos(c.nanos);
    ASSERT_TRUE(Check(event).ok());
    EXPECT_EQ(content().expires_at, c.expires_at);
  }
}

TEST_F(EventValidatorTest, LimitsAreInclusive) {
  struct Case {
    const char* name;
    std::function<Event()> event;
  };
  const std::vector<Case> cases = {
      {"topic of 255 bytes",
       [] {
         Event event = DashboardEvent();
         event.set_topic(std::string(127, 't') + "." + std::string(127, 't'));
         return event;
       }},
      {"topic of 16 tokens",
       [] {
         Event event = DashboardEvent();
         event.set_topic("1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16");
         return event;
       }},
      {"key of 255 bytes",
       [] {
         Event event = DashboardEvent();
         event.set_key(std::string(255, 'k'));
         return event;
       }},
      {"id of 255 bytes as the key",
       [] {
         Event event = DashboardEvent(std::string(255, 'k'));
         event.set_topic("t");
         return event;
       }},
      {"id of 300 bytes with a key and a topic",
       [] {
         Event event = DashboardEvent(std::string(300, 'k'));
         event.set_topic("t");
         event.set_key("k");
         return event;
       }},
      {"id of 244 bytes as the topic", [] { return DashboardEvent(std::string(244, 'k')); }},
      {"type that only resembles the reserved ones",
       [] {
         Event event = DashboardEvent();
         event.set_type("gateway");
         return event;
       }},
      {"type that only resembles EventSource's own",
       [] {
         Event event = DashboardEvent();
         event.set_type("Error");
         return event;
       }},
      {"type that is the default",
       [] {
         Event event = DashboardEvent();
         event.set_type("message");
         return event;
       }},
      {"type with spaces in it",
       [] {
         Event event = DashboardEvent();
         event.set_type("caf\u00E9 a\u00A0b \u20AC \u00C2");
         return event;
       }},
      {"control character in an id that is not the key",
       [] {
         Event event = DashboardEvent("a\nb");
         event.set_key("k");
         return event;
       }},
      {"the largest event",
       [] {
         Event event = DashboardEvent();
         event.set_message_id("x");
         const size_t rest = event.ByteSizeLong();
         event.set_message_id(std::string(kMaxEventBytes - rest, 'x'));
         return event;
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status status = Check(c.event());
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_F(EventValidatorTest, ErrorsNameTheFieldTheValueAndTheLimit) {
  using namespace std::string_literals;  // NOLINT(google-build-using-namespace): for NUL bytes
  const auto with = [](Event event, const std::function<void(Event&)>& change) {
    change(event);
    return event.SerializeAsString();
  };
  struct Case {
    const char* name;
    std::string wire;
    const char* error;
  };
  const std::vector<Case> cases = {
      {"too large", std::string(kMaxEventBytes + 1, '\xff'),
       "event 2001 bytes exceeds max_event_bytes 2000"},
      {"garbage", "\xff\xff\xff"s, "event is malformed: no field tag at byte 0"},
      {"nothing at all", "", "payload is missing"},
      {"no payload", with(Event(), [](Event& e) { e.set_topic("t"); }), "payload is missing"},
      {"deleted: false", with(DeletionEvent(), [](Event& e) { e.set_deleted(false); }),
       "payload is missing"},
      {"no topic", with(MessageEvent(), [](Event& e) { e.clear_topic(); }), "topic is empty"},
      {"no topic to delete", with(DeletionEvent(), [](Event& e) { e.clear_topic(); }),
       "topic is empty"},
      {"neither topic nor id", DashboardEvent("").SerializeAsString(),
       "topic is empty, and dashboard.id too"},
      {"wildcard", MessageEvent("a.*").SerializeAsString(),
       "topic token 2 has a character outside [A-Za-z0-9_-]: \"a.*\""},
      {"empty token", MessageEvent("a..b").SerializeAsString(),
       "topic has an empty token: \"a..b\""},
      {"topic not ASCII", MessageEvent("\xc3\xa9").SerializeAsString(), "topic token 1"},
      {"17 tokens", MessageEvent("1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17").SerializeAsString(),
       "topic has more than 16 tokens"},
      {"topic too long", MessageEvent(std::string(256, 't')).SerializeAsString(),
       "topic 256 bytes exceeds 255"},
      {"topic from an id too long",
       with(DashboardEvent(std::string(245, 't')), [](Event& e) { e.set_key("k"); }),
       "topic 256 bytes exceeds 255"},
      {"key too long", with(MessageEvent(), [](Event& e) { e.set_key(std::string(256, 'k')); }),
       "key 256 bytes exceeds 255 of a key: \"kkkk"},
      {"key with a control character", with(MessageEvent(), [](Event& e) { e.set_key("a\x1f"); }),
       "key has a control character (U+0000-001F, U+007F): \"a\\u001f\""},
      {"key with NUL", with(MessageEvent(), [](Event& e) { e.set_key("a\0b"s); }),
       "key has a control character"},
      {"key with DEL", with(MessageEvent(), [](Event& e) { e.set_key("\x7f"); }),
       "key has a control character"},
      {"id as key too long",
       with(DashboardEvent(std::string(256, 'k')), [](Event& e) { e.set_topic("t"); }),
       "dashboard.id 256 bytes exceeds 255 of a key"},
      {"id as key with a control character", DashboardEvent("a\nb").SerializeAsString(),
       "dashboard.id has a control character"},
      {"key of a deletion with a control character",
       with(DeletionEvent(), [](Event& e) { e.set_key("\n"); }), "key has a control character"},
      {"type with a control character",
       with(MessageEvent(), [](Event& e) { e.set_type("a\r\nb"); }),
       "type has a control character (U+0000-001F, U+007F): \"a\\r\\nb\""},
      {"type of the gateway", with(MessageEvent(), [](Event& e) { e.set_type("gateway.reset"); }),
       "type \"gateway.reset\" begins with \"gateway.\""},
      {"prefix of the gateway", with(MessageEvent(), [](Event& e) { e.set_type("gateway."); }),
       "type \"gateway.\" begins with \"gateway.\""},
      {"type of EventSource's errors", with(MessageEvent(), [](Event& e) { e.set_type("error"); }),
       "type \"error\" is an event of EventSource's own"},
      {"type of EventSource's opening", with(MessageEvent(), [](Event& e) { e.set_type("open"); }),
       "type \"open\" is an event of EventSource's own"},
      {"type of EventSource's in a deletion",
       with(DeletionEvent(), [](Event& e) { e.set_type("error"); }),
       "type \"error\" is an event of EventSource's own"},
      {"type with a space before it", with(MessageEvent(), [](Event& e) { e.set_type(" alert"); }),
       "type \" alert\" begins or ends with white space"},
      {"type with a space after it", with(MessageEvent(), [](Event& e) { e.set_type("alert "); }),
       "type \"alert \" begins or ends with white space"},
      {"type that is a space", with(MessageEvent(), [](Event& e) { e.set_type(" "); }),
       "begins or ends with white space"},
      {"type of EventSource's after a space",
       with(MessageEvent(), [](Event& e) { e.set_type(" error"); }),
       "begins or ends with white space"},
      {"type with a space of another kind",
       with(MessageEvent(), [](Event& e) { e.set_type("alert\u00A0"); }),
       "begins or ends with white space"},
      {"type with a byte order mark",
       with(MessageEvent(), [](Event& e) { e.set_type("\uFEFFalert"); }),
       "begins or ends with white space"},
      {"type with an ideographic space",
       with(MessageEvent(), [](Event& e) { e.set_type("\u3000alert"); }),
       "begins or ends with white space"},
      {"type with a line separator at its end",
       with(MessageEvent(), [](Event& e) { e.set_type("alert\u2028"); }),
       "begins or ends with white space"},
      {"type with a line separator in it",
       with(MessageEvent(), [](Event& e) { e.set_type("al\u2028ert"); }),
       "type has a line separator (U+0085, U+2028, U+2029): \"al\\u2028ert\""},
      {"type with a paragraph separator in it",
       with(MessageEvent(), [](Event& e) { e.set_type("al\u2029ert"); }),
       "type has a line separator"},
      {"type with U+0085 in it", with(MessageEvent(), [](Event& e) { e.set_type("al\u0085ert"); }),
       "type has a line separator"},
      {"type with a tab before it", with(MessageEvent(), [](Event& e) { e.set_type("\talert"); }),
       "type has a control character"},
      {"type of a deletion", with(DeletionEvent(), [](Event& e) { e.set_type("gateway.x"); }),
       "type \"gateway.x\" begins with"},
      {"negative ttl", with(MessageEvent(), [](Event& e) { e.mutable_ttl()->set_seconds(-5); }),
       "ttl {seconds: -5, nanos: 0} is negative"},
      {"slightly negative ttl",
       with(MessageEvent(), [](Event& e) { e.mutable_ttl()->set_nanos(-1); }),
       "ttl {seconds: 0, nanos: -1} is negative"},
      {"ttl of two signs",
       with(MessageEvent(),
            [](Event& e) {
              e.mutable_ttl()->set_seconds(1);
              e.mutable_ttl()->set_nanos(-1);
            }),
       "ttl {seconds: 1, nanos: -1} is not a valid Duration"},
      {"ttl with a second of nanos",
       with(MessageEvent(), [](Event& e) { e.mutable_ttl()->set_nanos(1'000'000'000); }),
       "ttl {seconds: 0, nanos: 1000000000} is not a valid Duration"},
      {"ttl out of range",
       with(MessageEvent(), [](Event& e) { e.mutable_ttl()->set_seconds(315'576'000'001); }),
       "at most 315576000000 seconds and 999999999 nanos"},
      {"smallest 64-bit ttl",
       with(MessageEvent(), [](Event& e) { e.mutable_ttl()->set_seconds(INT64_MIN); }),
       "is not a valid Duration"},
      {"ttl of a deletion",
       with(DeletionEvent(), [](Event& e) { e.mutable_ttl()->set_seconds(-1); }), "is negative"},
      {"unknown type",
       with(MessageEvent(),
            [](Event& e) { e.mutable_message()->set_type_url("x.com/no.such.Type"); }),
       "no.such.Type"},
      {"malformed dashboard", "\x0a\x01t\x12\x02\x1a\x05"s, "dashboard is malformed"},
      {"malformed inside of the dashboard", "\x0a\x01t\x12\x04\x2a\x02\x0a\x05"s, "dashboard: "},
      {"dashboard's string not UTF-8", "\x0a\x01t\x12\x03\x1a\x01\xff"s, "dashboard: "},
      {"dashboard's id not UTF-8", "\x0a\x01t\x12\x03\x0a\x01\xff"s,
       "dashboard.id is not valid UTF-8"},
      {"malformed any", "\x0a\x01t\x1a\x02\x0a\x05"s, "message: "},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status status = Check(c.wire);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(c.error));
  }
}

TEST_F(EventValidatorTest, SizeIsTheFirstRule) {
  Event event = MessageEvent("bad topic");
  event.set_key(std::string(kMaxEventBytes, '\n'));
  EXPECT_THAT(std::string(MessageOf(Check(event))), HasSubstr("exceeds max_event_bytes"));
}

TEST_F(EventValidatorTest, TimesWhatItTranscodesAndNothingElse) {
  const auto observations = [this] {
    uint64_t sum = 0;
    for (size_t i = 0; i <= metrics::SharedHistogram::kBounds; ++i) {
      sum += stats_.transcode.bucket(i);
    }
    return sum;
  };
  EXPECT_FALSE(Check(MessageEvent("bad topic")).ok());
  EXPECT_TRUE(Check(DeletionEvent()).ok());
  EXPECT_EQ(observations(), 0U);
  EXPECT_TRUE(Check(DashboardEvent()).ok());
  Event unknown = MessageEvent();
  unknown.mutable_message()->set_type_url("x.com/no.such.Type");
  EXPECT_FALSE(Check(unknown).ok());
  EXPECT_EQ(observations(), 2U);
}

TEST_F(EventValidatorTest, CountsAndNamesAFieldThatTheSchemaDoesNotHave) {
  const log::CaptureForTest log;
  Event event = DashboardEvent();
  ASSERT_TRUE(Check(event).ok());
  EXPECT_EQ(stats_.unknown_fields.value(), 0U);
  EXPECT_TRUE(log.lines().empty());

  ssegateway::v1::Panel& panel = *event.mutable_dashboard()->add_panels();
  panel.GetReflection()->MutableUnknownFields(&panel)->AddLengthDelimited(99, "new");
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Check(event).ok());
  EXPECT_EQ(stats_.unknown_fields.value(), 100U);
  EXPECT_THAT(log.lines(),
              testing::ElementsAre(HasSubstr("level=warn msg=\"event has an unknown field\" "
                                             "type=ssegateway.v1.Panel number=99 "
                                             "topic=dashboards.host-1")));
  // One that is refused has not lost a field.
  panel.GetReflection()->MutableUnknownFields(&panel)->AddLengthDelimited(2, "\xff");
  EXPECT_FALSE(Check(event).ok());
  EXPECT_EQ(stats_.unknown_fields.value(), 100U);
}

TEST(EventValidatorDefaultTtlTest, IsOfEventsThatHaveNone) {
  IngestStats stats;
  const EventValidator validator(RealTranscoder(), 2000, stats, std::chrono::seconds(60));
  const base::Moment received = base::Moment::Now();
  const auto expires_after = [&](const ssegateway::v1::Event& event) {
    const std::string wire = event.SerializeAsString();
    CheckedEvent checked;
    const absl::Status status = validator.Check(wire, received, checked);
    EXPECT_TRUE(status.ok()) << status;
    return checked.content().expires_at - received.steady;
  };
  ssegateway::v1::Event event;
  event.mutable_dashboard()->set_id("host-1");
  EXPECT_EQ(expires_after(event), std::chrono::seconds(60));
  event.mutable_ttl()->set_seconds(5);
  EXPECT_EQ(expires_after(event), std::chrono::seconds(5));
  event.mutable_ttl()->set_seconds(int64_t{200} * 365 * 24 * 3600);
  EXPECT_EQ(expires_after(event), base::TimePoint::max() - received.steady) << "for ever";
}

}  // namespace
}  // namespace ssegw::ingest
