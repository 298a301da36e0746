#include "internal/store/jetstream/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

namespace ssegw::store::jetstream {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// As 2.9.10 answers.
constexpr char kLogInfo[] =
    R"({"type":"io.nats.jetstream.api.v1.stream_info_response","total":0,"offset":0,"limit":0,)"
    R"("config":{"name":"x_log","subjects":["x.e.\u003e","x.meta.\u003e"],"retention":"limits",)"
    R"("max_consumers":-1,"max_msgs":1000,"max_bytes":100000,"max_age":300000000000,)"
    R"("max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"file",)"
    R"("num_replicas":3,"duplicate_window":120000000000,"sealed":false},)"
    R"("created":"2026-11-30T06:32:12.51601342Z","state":{"messages":5,"bytes":260,"first_seq":3,)"
    R"("last_seq":7,"consumer_count":0},"cluster":{"name":"c","leader":"n2"}})";
constexpr char kKeysInfo[] =
    R"({"config":{"name":"x_keys","mirror":{"name":"x_log"},"max_msgs_per_subject":1},)"
    R"("created":"2026-11-30T06:32:12Z","state":{},"mirror":{"name":"x_log","lag":4,"active":1}})";

TEST(ApiTest, ReadsAStream) {
  const auto log = ParseStreamInfo(kLogInfo);
  ASSERT_TRUE(log.ok()) << log.error.description;
  const StreamInfo& info = log.value;
  EXPECT_EQ(info.config.name, "x_log");
  EXPECT_THAT(info.config.subjects, ::testing::ElementsAre("x.e.>", "x.meta.>"));
  EXPECT_EQ(info.config.max_msgs, 1000);
  EXPECT_EQ(info.config.max_bytes, 100000);
  EXPECT_EQ(info.config.max_age, minutes(5));
  EXPECT_EQ(info.config.duplicate_window, minutes(2));
  EXPECT_EQ(info.config.replicas, 3);
  EXPECT_EQ(info.created, "2026-11-30T06:32:12.51601342Z");
  EXPECT_EQ(info.created_at.time_since_epoch(), seconds(1796020332) + nanoseconds(516013420));
  EXPECT_EQ(info.messages, 5U);
  EXPECT_EQ(info.first_seq, 3U);
  EXPECT_EQ(info.last_seq, 7U);
  EXPECT_EQ(info.leader, "n2");
}

TEST(ApiTest, ReadsAMirror) {
  const auto keys = ParseStreamInfo(kKeysInfo);
  ASSERT_TRUE(keys.ok()) << keys.error.description;
  EXPECT_EQ(keys.value.config.mirror, "x_log");
  EXPECT_FALSE(keys.value.config.mirror_is_partial);
  json partial = json::parse(kKeysInfo);
  partial["config"]["mirror"]["filter_subject"] = "x.e.a.>";
  EXPECT_TRUE(ParseStreamInfo(partial.dump()).value.config.mirror_is_partial);
}

TEST(ApiTest, ReadsAnError) {
  const auto missing = ParseStreamInfo(
      R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})");
  EXPECT_EQ(missing.error.code, kStreamNotFound);
  EXPECT_EQ(missing.error.description, "stream not found");
  EXPECT_EQ(ParseError("{}").code, kNoError);
  EXPECT_EQ(ParseError(R"({"error":{}})").code, kMalformed);
}

TEST(ApiTest, ReadsAnAcknowledgement) {
  const auto ack = ParsePublishAck(R"({"stream":"x_log", "seq":17,"duplicate": true})");
  ASSERT_TRUE(ack.ok());
  EXPECT_EQ(ack.value.seq, 17U);
  EXPECT_TRUE(ack.value.duplicate);
  for (const char* plain : {R"({"stream":"x_log","seq":18446744073709551615})",
                            R"({"stream":"x_log", "seq":18446744073709551615})",
                            R"({ "seq":18446744073709551615, "stream":"x\"log"})",
                            R"({"stream":"x_log","seq":18446744073709551615,"domain":"d"})"}) {
    const auto other = ParsePublishAck(plain);
    EXPECT_TRUE(other.ok()) << plain;
    EXPECT_EQ(other.value.seq, UINT64_MAX) << plain;
    EXPECT_FALSE(other.value.duplicate) << plain;
  }
  EXPECT_EQ(
      ParsePublishAck(
          R"({"error":{"code":503,"err_code":10077,"description":"full"},"stream":"x","seq":0})")
          .error.code,
      kStoreFailed);
}

TEST(ApiTest, WhatIsNoAnswerIsMalformed) {
  for (const char* text : {"", "[]", "7", "{", "null", "\xff", "{}", R"({"config":7})",
                           R"({"config":{"name":"x"},"created":"yesterday"})", R"({"error":7})",
                           R"({"error":{"err_code":"10059"}})", R"({"stream":"x","seq":})",
                           R"({"stream":"x","seq":0})", R"({"stream":"x","seq":01})",
                           R"({"stream":"x","seq":-1})", R"({"stream":"x","seq":1)",
                           R"({"stream":"x","seq":18446744073709551616})", R"({"stream":"x)"}) {
    EXPECT_EQ(ParseStreamInfo(text).error.code, kMalformed) << text;
    EXPECT_EQ(ParsePublishAck(text).error.code, kMalformed) << text;
  }
}

TEST(ApiTest, AsksForALog) {
  StreamConfig config;
  config.name = "x_log";
  config.subjects = {"x.e.>", "x.meta.>"};
  config.max_msgs = 1000;
  config.max_age = minutes(5);
  config.duplicate_window = minutes(2);
  const json request = json::parse(StreamCreateRequest(config));
  EXPECT_EQ(request["name"], "x_log");
  EXPECT_EQ(request["subjects"], json({"x.e.>", "x.meta.>"}));
  EXPECT_EQ(request["max_age"], 300'000'000'000);
  EXPECT_EQ(request["duplicate_window"], 120'000'000'000);
  EXPECT_EQ(request["discard"], "old");
  EXPECT_FALSE(request.contains("mirror"));
  EXPECT_EQ(StreamCreateSubject("x_log"), "$JS.API.STREAM.CREATE.x_log");
  EXPECT_EQ(StreamInfoSubject("x_log"), "$JS.API.STREAM.INFO.x_log");
  EXPECT_EQ(StreamDeleteSubject("x_log"), "$JS.API.STREAM.DELETE.x_log");
}

TEST(ApiTest, AsksForAMirror) {
  StreamConfig config;
  config.name = "x_keys";
  config.mirror = "x_log";
  config.max_msgs_per_subject = 1;
  const json request = json::parse(StreamCreateRequest(config));
  EXPECT_EQ(request["mirror"], json({{"name", "x_log"}}));
  EXPECT_EQ(request["max_msgs_per_subject"], 1);
  EXPECT_FALSE(request.contains("subjects")) << "a mirror has none of its own";
}

}  // namespace
}  // namespace ssegw::store::jetstream
