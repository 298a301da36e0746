#include "gateway/operators/connection_json.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace ssegw::operators {
namespace {

using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageDifferencer;
using ssegateway::v1::Connection;
using ssegateway::v1::ListConnectionsResponse;
using ssegateway::v1::WatchConnectionsResponse;

Connection Full() {
  Connection connection;
  connection.set_id("k3f9x2ab-shard-0-7");
  connection.set_replica("k3f9x2ab");
  connection.set_subject("user \"7\"\n<b>");
  connection.set_address("2001:db8::7");
  connection.set_user_agent("Mozilla/5.0 \xC3\xA9");
  connection.add_filters("orders.>");
  connection.add_filters("alerts.*");
  connection.set_mode("latest");
  connection.mutable_opened_at()->set_seconds(1'780'000'000);
  connection.mutable_opened_at()->set_nanos(123'000'000);
  connection.mutable_last_write_at()->set_seconds(1'780'000'009);
  connection.set_cursor("k3f9x2-1042");
  connection.set_lag_events(18'446'744'073'709'551'615U);
  connection.set_frames(3);
  connection.set_bytes(4096);
  return connection;
}

TEST(ConnectionJsonTest, ReadsBackAsTheSameMessage) {
  for (const Connection& connection : {Full(), Connection()}) {
    std::string json;
    AppendJson(connection, json);
    Connection read;
    ASSERT_TRUE(JsonStringToMessage(json, &read).ok()) << json;
    EXPECT_TRUE(MessageDifferencer::Equals(read, connection)) << json;
  }
}

TEST(ConnectionJsonTest, HasTheNamesOfProtoJsonAndIntegersAsStrings) {
  std::string json;
  AppendJson(Full(), json);
  EXPECT_THAT(json, ::testing::HasSubstr(R"("userAgent":"Mozilla/5.0 )"));
  EXPECT_THAT(json, ::testing::HasSubstr(R"("lagEvents":"18446744073709551615")"));
  EXPECT_THAT(json, ::testing::HasSubstr(R"("filters":["orders.>","alerts.*"])"));
}

TEST(ConnectionJsonTest, AListReadsBackAsTheSameMessage) {
  ListConnectionsResponse response;
  for (int i = 0; i < 2; ++i) {
    std::string json;
    AppendJson(response, json);
    ListConnectionsResponse read;
    ASSERT_TRUE(JsonStringToMessage(json, &read).ok()) << json;
    EXPECT_TRUE(MessageDifferencer::Equals(read, response)) << json;
    *response.add_connections() = Full();
    *response.add_connections() = Full();
    response.set_next_page_token("t");
    response.set_partial(true);
  }
}

TEST(ConnectionJsonTest, AnEventReadsBackAsTheSameMessage) {
  WatchConnectionsResponse opened;
  *opened.mutable_opened()->mutable_connection() = Full();
  WatchConnectionsResponse resumed;
  *resumed.mutable_resumed()->mutable_connection() = Full();
  resumed.mutable_resumed()->set_previous_id("r1-shard-0-1");
  WatchConnectionsResponse closed;
  *closed.mutable_closed()->mutable_connection() = Full();
  closed.mutable_closed()->set_reason("peer_closed");
  closed.mutable_closed()->mutable_closed_at()->set_seconds(1'800'000'000);
  for (const WatchConnectionsResponse& event : {opened, resumed, closed}) {
    std::string json;
    AppendJson(event, std::chrono::system_clock::from_time_t(1'800'000'001), json);
    EXPECT_THAT(json, ::testing::HasSubstr(R"("toldAt":"2027-01-15T08:00:01.000Z")"));
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;  // toldAt
    WatchConnectionsResponse read;
    ASSERT_TRUE(JsonStringToMessage(json, &read, options).ok()) << json;
    EXPECT_TRUE(MessageDifferencer::Equals(read, event)) << json;
  }
}

}  // namespace
}  // namespace ssegw::operators
