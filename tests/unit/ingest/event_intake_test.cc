#include "gateway/ingest/event_intake.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/ingest/error_text.h"
#include "internal/log/capture_for_test.h"
#include "internal/store/memory_store.h"
#include "internal/window/window.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/unit/ingest/real_transcoder.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::Event;

class EventIntakeTest : public testing::Test {
 protected:
  explicit EventIntakeTest(store::MemoryStoreOptions options = {}) : store_(window_, options) {}

  absl::StatusOr<store::Appended> Take(const Event& event) {
    const std::string wire = event.SerializeAsString();
    ParsedRequest request;
    request.event.Add(wire);
    return Take(absl::OkStatus(), request);
  }

  absl::StatusOr<store::Appended> Take(const absl::Status& parse, const ParsedRequest& request,
                                       std::string_view peer = "") {
    // The memory store answers at once.
    return *intake_.Take(parse, request, base::Moment::Now(), {.peer = peer}, nullptr).result;
  }

  window::Window window_{"epoch", {}};
  store::MemoryStore store_;
  IngestStats stats_;
  const EventValidator validator_{RealTranscoder(), 2000, stats_};
  EventIntake intake_{validator_, store_, stats_};
};

Event Good() {
  Event event;
  event.mutable_dashboard()->set_id("host-1");
  return event;
}

TEST_F(EventIntakeTest, AppendsAndAnswersWithTheId) {
  const auto appended = Take(Good());
  ASSERT_TRUE(appended.ok());
  EXPECT_EQ(appended->id, "epoch-1");
  EXPECT_FALSE(appended->duplicate);
  EXPECT_EQ(window_.head(), 1U);
  EXPECT_EQ(stats_.ok.value(), 1U);
  EXPECT_EQ(stats_.event_bytes.value(), Good().ByteSizeLong());
}

TEST_F(EventIntakeTest, ARepeatHasTheFirstOnesId) {
  Event event = Good();
  event.set_message_id("m");
  ASSERT_TRUE(Take(event).ok());
  ASSERT_TRUE(Take(Good()).ok());
  const auto repeat = Take(event);
  ASSERT_TRUE(repeat.ok());
  EXPECT_EQ(repeat->id, "epoch-1");
  EXPECT_TRUE(repeat->duplicate);
  EXPECT_EQ(window_.head(), 2U);
  EXPECT_EQ(stats_.ok.value(), 2U);
  EXPECT_EQ(stats_.duplicate.value(), 1U);
}

TEST_F(EventIntakeTest, ARefusedEventIsNeitherAppendedNorRemembered) {
  log::CaptureForTest log;
  Event event = Good();
  event.set_message_id("m");
  event.set_type("gateway.x");
  EXPECT_EQ(Take(event).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(window_.head(), 0U);
  EXPECT_EQ(stats_.invalid.value(), 1U);
  event.clear_type();
  const auto appended = Take(event);
  ASSERT_TRUE(appended.ok());
  EXPECT_FALSE(appended->duplicate);
}

TEST_F(EventIntakeTest, ARequestWithoutAnEventIsInvalid) {
  log::CaptureForTest log;
  const auto missing = Take(absl::OkStatus(), ParsedRequest());
  EXPECT_EQ(MessageOf(missing.status()), "event is missing");
  const auto malformed = Take(absl::InvalidArgumentError("request is malformed"), ParsedRequest());
  EXPECT_EQ(MessageOf(malformed.status()), "request is malformed");
  EXPECT_EQ(stats_.invalid.value(), 2U);
}

TEST_F(EventIntakeTest, RefusesEverythingOnceItRefuses) {
  ASSERT_TRUE(Take(Good()).ok());
  intake_.StartRefusing();
  EXPECT_TRUE(intake_.refusing());
  EXPECT_EQ(Take(Good()).status().code(), absl::StatusCode::kUnavailable);
  Event bad = Good();
  bad.set_type("gateway.x");
  EXPECT_EQ(Take(bad).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(window_.head(), 1U);
  EXPECT_EQ(stats_.unavailable.value(), 2U);
}

TEST_F(EventIntakeTest, LogsRefusedEventsButNotAFloodOfThem) {
  log::CaptureForTest log;
  Event bad = Good();
  bad.set_type("gateway.x");
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(Take(bad).ok());
  ASSERT_FALSE(log.lines().empty());
  EXPECT_NE(log.lines()[0].find("INVALID_ARGUMENT"), std::string::npos) << log.lines()[0];
  // One a second; a thousand events take less than ten.
  EXPECT_LT(log.lines().size(), 10U);
}

TEST_F(EventIntakeTest, TheLineOfARefusedEventSaysWhoseItIs) {
  log::CaptureForTest log;
  Event event;
  event.set_topic("orders");
  event.set_message_id("m-\n1");
  event.mutable_message()->set_type_url("type.example.com/none.Such");
  const std::string wire = event.SerializeAsString();
  ParsedRequest request;
  request.event.Add(wire);
  EXPECT_FALSE(Take(absl::OkStatus(), request, "192.0.2.7:51234").ok());
  ASSERT_EQ(log.lines().size(), 1U);
  const std::string line = log.lines()[0];
  for (const char* field : {"peer=192.0.2.7:51234", "topic=orders",
                            "type_url=type.example.com/none.Such", R"(message_id="m-\n1")"}) {
    EXPECT_NE(line.find(field), std::string::npos) << field << " in " << line;
  }
}

class SmallStoreTest : public EventIntakeTest {
 protected:
  SmallStoreTest() : EventIntakeTest({.max_json_bytes = 1}) {}
};

TEST_F(SmallStoreTest, WhatCanNeverFitIsInvalid) {
  log::CaptureForTest log;
  EXPECT_EQ(Take(Good()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(stats_.invalid.value(), 1U);
}

TEST_F(EventIntakeTest, WhatFindsTheStoreFullIsExhausted) {
  log::CaptureForTest log;
  store_.SetFull(true);
  EXPECT_EQ(Take(Good()).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(stats_.exhausted.value(), 1U);
}

}  // namespace
}  // namespace ssegw::ingest
