// PublishStream: every request is answered, in order, and a bad one concerns only itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ssegateway::v1::PublishStreamResponse;

constexpr uint64_t kLargeRequestId = 0xFFFF'FFFF'FFFF'FFFF;

TEST(PublishStreamTest, EventsArriveInTheOrderOfTheStream) {
  constexpr uint32_t kEvents = 2000;
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.query = "mode=all"});
  std::vector<Event> events;
  for (uint32_t i = 1; i <= kEvents; ++i) events.push_back(NumberedEvent("a", "k", i));
  const std::vector<std::string> ids = publisher.MustPublish(events);

  const std::vector<SseBlock> received = reader.Events(kEvents);
  EXPECT_EQ(IdsOf(received), ids);
  for (uint32_t i = 0; i < kEvents; ++i) ASSERT_EQ(NumberOf(received[i]), i + 1);
}

TEST(PublishStreamTest, RefusedEventIsAnsweredInBandAndTheStreamGoesOn) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  EXPECT_TRUE(gateway.WaitForMetric("publishers", 1));
  ASSERT_TRUE(call->Write(41, NumberedEvent("not a topic", "k", 1)));
  ASSERT_TRUE(call->Write(kLargeRequestId, NumberedEvent("a", "k", 2)));
  const PublishStreamResponse refused = call->Read().value();
  const PublishStreamResponse taken = call->Read().value();

  EXPECT_EQ(refused.request_id(), 41u);
  EXPECT_EQ(refused.error().code(), kInvalidArgument);
  EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("not a topic"));
  EXPECT_EQ(refused.id(), "");
  EXPECT_EQ(taken.request_id(), kLargeRequestId);
  EXPECT_FALSE(taken.has_error());
  EXPECT_EQ(taken.id(), gateway.epoch() + "-1");
  EXPECT_TRUE(call->Finish().ok());
  EXPECT_TRUE(gateway.WaitForMetric("publishers", 0));
}

TEST(PublishStreamTest, TypeThatEveryPageListensForIsAnsweredInBand) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  for (const char* type : {"error", "open", " alert", "alert ", "gateway.x"}) {
    Event event = NumberedEvent("a", "k", 1);
    event.set_type(type);
    ASSERT_TRUE(call->Write(1, event));
    EXPECT_EQ(call->Read().value().error().code(), kInvalidArgument) << type;
  }
  ASSERT_TRUE(call->Write(2, NumberedEvent("a", "k", 1)));
  EXPECT_FALSE(call->Read().value().has_error());
}

TEST(PublishStreamTest, BytesThatAreNoRequestAreAnsweredInBandAndTheStreamGoesOn) {
  struct Case {
    const char* name;
    std::string bytes;
    uint64_t request_id;  // as far as it could be read
  };
  const std::string request_id("\x08\x2A");  // 42
  const Case cases[] = {
      {"garbage", "\xFF\xFE\xFD\xFC", 0},
      {"nothing", "", 0},
      {"no event", request_id, 42},
      {"a truncated event", request_id + "\x12\x10\x0A\x01" + "a", 42},
      {"a truncated varint", request_id + "\x12\x80", 42},
      {"field number 0", request_id + std::string("\x02\x00", 2), 42},
      {"a topic that is not UTF-8", request_id + "\x12\x04\x0A\x02\xC3\x28", 42},
      // Event{topic: "a" dashboard{title: "\xFF"}}
      {"a title that is not UTF-8", request_id + "\x12\x08\x0A\x01" + "a\x12\x03\x1A\x01\xFF", 42},
      {"a dashboard of the wrong wire type", request_id + "\x12\x05\x0A\x01" + "a\x10\x01", 42},
  };
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  for (const Case& c : cases) {
    ASSERT_TRUE(call->WriteBytes(c.bytes)) << c.name;
    const auto answer = call->Read();
    ASSERT_TRUE(answer) << c.name;
    EXPECT_EQ(answer->error().code(), kInvalidArgument) << c.name;
    EXPECT_NE(answer->error().message(), "") << c.name;
    EXPECT_EQ(answer->request_id(), c.request_id) << c.name;
    ASSERT_TRUE(call->Write(7, NumberedEvent("a", "k", 1))) << c.name;
    EXPECT_FALSE(call->Read().value().has_error()) << c.name;
  }
  EXPECT_TRUE(call->Finish().ok());
}

TEST(PublishStreamTest, EventOverTheSizeLimitIsAnsweredInBand) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  // Over max_event_bytes, and over gRPC's own limit of 4 MiB.
  for (const size_t title_bytes : {size_t{300'000}, size_t{5'000'000}}) {
    ASSERT_TRUE(call->Write(1, NumberedEvent("a", "k", 1, title_bytes)));
    EXPECT_EQ(call->Read().value().error().code(), kInvalidArgument);
  }
  ASSERT_TRUE(call->Write(2, NumberedEvent("a", "k", 1, 200'000)));
  EXPECT_FALSE(call->Read().value().has_error());
}

TEST(PublishStreamTest, RepeatOfAMessageIdIsMarked) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  Event event = NumberedEvent("a", "k", 1);
  event.set_message_id("m");
  ASSERT_TRUE(call->Write(1, event));
  ASSERT_TRUE(call->Write(2, event));
  const PublishStreamResponse first = call->Read().value();
  const PublishStreamResponse repeat = call->Read().value();
  EXPECT_FALSE(first.duplicate());
  EXPECT_TRUE(repeat.duplicate());
  EXPECT_EQ(repeat.id(), first.id());
  EXPECT_EQ(gateway.Scrape()[R"(events_received_total{result="duplicate"})"], 1);
}

TEST(PublishStreamTest, PublisherThatVanishesIsForgotten) {
  const GatewayProcess gateway;
  {
    Publisher publisher(gateway.grpc());
    const auto call = publisher.OpenStream();
    ASSERT_TRUE(gateway.WaitForMetric("publishers", 1));
  }
  EXPECT_TRUE(gateway.WaitForMetric("publishers", 0));
}

}  // namespace
}  // namespace ssegw::testing
