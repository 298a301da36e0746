#include "gateway/api/event_json.h"

#include <gtest/gtest.h>

#include <string>

#include "ssegateway/v1/dashboard.pb.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/unit/api/fakes.h"

namespace ssegw::api {
namespace {

ssegateway::v1::Event EventOf(std::string_view json) {
  ssegateway::v1::Event event;
  const absl::StatusOr<std::string> wire = EventJson(CompiledIn).ToWire(json);
  EXPECT_TRUE(wire.ok()) << wire.status();
  EXPECT_TRUE(wire.ok() && event.ParseFromString(*wire));
  return event;
}

std::string FaultOf(std::string_view json) {
  const absl::StatusOr<std::string> wire = EventJson(CompiledIn).ToWire(json);
  EXPECT_EQ(wire.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(wire.status().message());
}

TEST(EventJsonTest, TakesBothNamesOfAField) {
  for (
      const char* json :
      {R"({"topic":"a","messageId":"m","ttl":"2s","dashboard":{"id":"x","observedAt":"2026-11-30T00:00:00Z"}})",
       R"({"topic":"a","message_id":"m","ttl":"2s","dashboard":{"id":"x","observed_at":"2026-11-30T00:00:00Z"}})"}) {
    const ssegateway::v1::Event event = EventOf(json);
    EXPECT_EQ(event.topic(), "a");
    EXPECT_EQ(event.message_id(), "m");
    EXPECT_EQ(event.ttl().seconds(), 2);
    EXPECT_EQ(event.dashboard().id(), "x");
    EXPECT_TRUE(event.dashboard().has_observed_at());
  }
}

TEST(EventJsonTest, TakesDeletionsAndJsonTexts) {
  EXPECT_TRUE(EventOf(R"({"topic":"a","key":"k","deleted":true})").deleted());
  EXPECT_EQ(EventOf(R"({"topic":"a","json":"{\"n\":1}"})").json(), R"({"n":1})");
}

TEST(EventJsonTest, FindsTheTypeOfAnAnyWhateverItsUrlBeginsWith) {
  for (const char* prefix : {"type.googleapis.com/", "types.example/v1/", "/"}) {
    const std::string json = std::string(R"({"topic":"a","message":{"@type":")") + prefix +
                             R"(ssegateway.v1.Dashboard","id":"x","user":7}})";
    const ssegateway::v1::Event event = EventOf(json);
    EXPECT_EQ(event.message().type_url(), std::string(prefix) + "ssegateway.v1.Dashboard");
    ssegateway::v1::Dashboard dashboard;
    ASSERT_TRUE(dashboard.ParseFromString(event.message().value()));
    EXPECT_EQ(dashboard.user(), 7U);
  }
}

TEST(EventJsonTest, RefusesWhatIsNoEvent) {
  EXPECT_NE(FaultOf(R"({"topic":"a","json":"1","tipic":"b"})").find("tipic"), std::string::npos);
  EXPECT_NE(FaultOf(R"({"topic":"a","message":{"@type":"x/no.Such","a":1}})").find("no.Such"),
            std::string::npos);
  for (const char* json : {"", "{", "[]", "1", "null x", R"({"topic":7.5})", R"({"ttl":"soon"})",
                           "{\"topic\":\"\xFF\"}"}) {
    EXPECT_NE(FaultOf(json), "") << json;
  }
  EXPECT_NE(FaultOf(std::string(100'000, '[')), "");
}

}  // namespace
}  // namespace ssegw::api
