#include "internal/store/jetstream/stored_event.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "ssegateway/store/v1/stored_event.pb.h"

namespace ssegw::store::jetstream {
namespace {

using ssegateway::store::v1::StoredEvent;
using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// The gateway that writes, and one that reads a minute later, with another monotonic clock.
const base::Moment kWritten = {
    .steady = base::TimePoint(hours(1)),
    .wall = base::WallTime(seconds(1'790'000'000)) + nanoseconds(1234567)};
const base::Moment kRead = {.steady = base::TimePoint(hours(500)),
                            .wall = kWritten.wall + seconds(60)};

sse::FrameContent Content() {
  return {.topic = "t",
          .key = "k",
          .type = "alert",
          .json = R"({"a":1})",
          .received_at = kWritten.steady,
          .received_wall = kWritten.wall,
          .expires_at = kWritten.steady + seconds(90)};
}

TEST(StoredEventTest, IsTheSameFrameAtEveryReplica) {
  const auto written = sse::Frame::Create(Content());
  const auto read = DecodeStoredEvent("t", "k", EncodeStoredEvent(*written, "writer"), kRead);
  ASSERT_TRUE(read);
  written->Seal("epoch", 7);
  read->Seal("epoch", 7);
  EXPECT_EQ(read->chunked(), written->chunked());
  EXPECT_EQ(read->envelope_chunked(), written->envelope_chunked());
  EXPECT_EQ(read->topic(), "t");
  EXPECT_EQ(read->key(), "k");
  EXPECT_EQ(read->received_wall(), kWritten.wall);
  EXPECT_EQ(read->received_at(), kRead.steady - seconds(60));
  EXPECT_EQ(read->expires_at(), kRead.steady + seconds(30));
}

TEST(StoredEventTest, ADeletionIsOne) {
  sse::FrameContent content = Content();
  content.deleted = true;
  content.json = {};
  const auto written = sse::Frame::Create(content);
  const std::string data = EncodeStoredEvent(*written, "writer");
  StoredEvent event;
  ASSERT_TRUE(event.ParseFromString(data));
  EXPECT_TRUE(event.json().empty()) << "the topic and key are in the subject";
  const auto read = DecodeStoredEvent("t", "k", data, kRead);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->deleted());
  written->Seal("epoch", 7);
  read->Seal("epoch", 7);
  EXPECT_EQ(read->chunked(), written->chunked());
}

TEST(StoredEventTest, WhatNeverRunsOutHasNoEnd) {
  for (const base::TimePoint expires_at :
       {base::TimePoint::max(), kWritten.steady + hours(24) * 366 * 200}) {
    sse::FrameContent content = Content();
    content.expires_at = expires_at;
    const auto read = DecodeStoredEvent(
        "t", "k", EncodeStoredEvent(*sse::Frame::Create(content), "writer"), kRead);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->expires_at(), base::TimePoint::max());
  }
}

TEST(StoredEventTest, WhatWasWrittenByAClockThatIsAheadHasJustCome) {
  const std::string data = EncodeStoredEvent(*sse::Frame::Create(Content()), "writer");
  const base::Moment behind = {.steady = kRead.steady, .wall = kWritten.wall - seconds(5)};
  const auto read = DecodeStoredEvent("t", "k", data, behind);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->received_at(), behind.steady);
  EXPECT_EQ(read->received_wall(), kWritten.wall);
}

TEST(StoredEventTest, TakesNothingElseForAnEvent) {
  StoredEvent good;
  ASSERT_TRUE(good.ParseFromString(EncodeStoredEvent(*sse::Frame::Create(Content()), "writer")));
  const auto decodes = [](const StoredEvent& event) {
    return static_cast<bool>(DecodeStoredEvent("t", "k", event.SerializeAsString(), kRead));
  };
  EXPECT_TRUE(decodes(good));
  EXPECT_FALSE(DecodeStoredEvent("t", "k", "", kRead));
  EXPECT_FALSE(DecodeStoredEvent("t", "k", "{\"plain\":\"json\"}", kRead));

  StoredEvent event = good;
  event.clear_json();
  EXPECT_FALSE(decodes(event)) << "neither JSON nor a deletion";
  event = good;
  event.set_deleted(true);
  EXPECT_FALSE(decodes(event)) << "both";
  for (const char* json : {"1\n\nevent: x", "1\r2"}) {
    event = good;
    event.set_json(json);
    EXPECT_FALSE(decodes(event)) << "it would be other events to a browser";
  }
  for (const char* type : {"a\nb", "gateway.reset"}) {
    event = good;
    event.set_type(type);
    EXPECT_FALSE(decodes(event)) << type;
  }
  event = good;
  event.clear_received_at();
  event.mutable_received_at()->set_seconds(-1);
  EXPECT_FALSE(decodes(event));
  event.mutable_received_at()->set_seconds(INT64_MAX);
  EXPECT_FALSE(decodes(event));
  event = good;
  event.mutable_expires_at()->set_nanos(-1);
  EXPECT_FALSE(decodes(event));
}

}  // namespace
}  // namespace ssegw::store::jetstream
