// PublishStream, as a backend sees it: a real server, a real channel, and any bytes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "gateway/ingest/error_text.h"
#include "internal/window/snapshot_reader.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/unit/ingest/gate_transcoder.h"
#include "tests/unit/ingest/ingest_server.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;
using ::testing::HasSubstr;

PublishStreamRequest Request(uint64_t request_id, const std::string& dashboard_id = "host-1") {
  PublishStreamRequest request;
  request.set_request_id(request_id);
  request.mutable_event()->mutable_dashboard()->set_id(dashboard_id);
  return request;
}

PublishStreamRequest BadRequest(uint64_t request_id) {
  PublishStreamRequest request = Request(request_id);
  request.mutable_event()->set_type("gateway.x");
  return request;
}

class PublishStreamTest : public ::testing::Test {
 protected:
  IngestServer gateway_;
};

TEST_F(PublishStreamTest, AnswersEveryRequestInOrderAndKeepsTheOrderOfEvents) {
  RawCall stream(gateway_.channel, kPublishStream);
  constexpr uint64_t kRequests = 500;
  for (uint64_t i = 0; i < kRequests; ++i) {
    // Ids are the publisher's business: any number, in any order.
    ASSERT_TRUE(stream.Write(Request(1000 - i, base::Concat("host-", i))));
  }
  ASSERT_TRUE(stream.WritesDone());
  for (uint64_t i = 0; i < kRequests; ++i) {
    const auto response = stream.ReadAs<PublishStreamResponse>();
    ASSERT_EQ(response.request_id(), 1000 - i);
    ASSERT_EQ(response.id(), base::Concat("epoch-", i + 1));
    ASSERT_FALSE(response.has_error());
  }
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_TRUE(stream.Finish().ok());
  const auto snapshot = window::TakeSnapshot(gateway_.window, window::Filters::Everything());
  ASSERT_EQ(snapshot.frames.size(), kRequests);
  EXPECT_EQ(snapshot.frames[7]->key(), "host-7");
}

TEST_F(PublishStreamTest, ABadEventIsAnErrorOfThatEventAlone) {
  RawCall stream(gateway_.channel, kPublishStream);
  ASSERT_TRUE(stream.Write(Request(1)));
  ASSERT_TRUE(stream.Write(BadRequest(2)));
  ASSERT_TRUE(stream.Write(Request(3)));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  const auto refused = stream.ReadAs<PublishStreamResponse>();
  EXPECT_EQ(refused.request_id(), 2U);
  EXPECT_EQ(refused.id(), "");
  EXPECT_EQ(refused.error().code(), 3);
  EXPECT_THAT(refused.error().message(), HasSubstr("gateway.x"));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-2");
}

TEST_F(PublishStreamTest, BytesThatAreNoMessageAreAnErrorOfThatRequestAlone) {
  struct Case {
    const char* name;
    std::string bytes;
    uint64_t request_id;
    const char* error;
  };
  using namespace std::string_literals;  // NOLINT(google-build-using-namespace): for NUL bytes
  const std::vector<Case> cases = {
      {"nothing", "", 0, "event is missing"},
      {"no event", "\x08\x05", 5, "event is missing"},
      {"garbage", "\xff\xff\xff\xff", 0, "request is malformed"},
      {"garbage after the id", "\x08\x07\xff\xff\xff\xff", 7, "request is malformed"},
      {"garbage as the event, id first", "\x08\x08\x12\x02\xff\xff", 8, "event is malformed"},
      {"garbage as the event, id last", "\x12\x02\xff\xff\x08\x09", 9, "event is malformed"},
      {"field cut short inside of the event", "\x08\x0a\x12\x02\x0a\x05", 10, "event is malformed"},
      {"topic not UTF-8", "\x08\x0b\x12\x03\x0a\x01\xff", 11, "topic is not valid UTF-8"},
      {"empty event", "\x08\x0c\x12\x00"s, 12, "payload is missing"},
      {"too large", "\x08\x0d\x12\xa1\x8d\x06" + std::string(kMaxEventBytesOfTest + 1, 'x'), 13,
       "event 100001 bytes exceeds max_event_bytes 100000"},
  };
  RawCall stream(gateway_.channel, kPublishStream);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ASSERT_TRUE(stream.Write(std::string_view(c.bytes)));
    const auto response = stream.ReadAs<PublishStreamResponse>();
    EXPECT_EQ(response.request_id(), c.request_id);
    EXPECT_EQ(response.error().code(), 3);
    EXPECT_THAT(response.error().message(), HasSubstr(c.error));
  }
  ASSERT_TRUE(stream.Write(Request(99)));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  EXPECT_EQ(gateway_.stats.invalid.value(), cases.size());
}

TEST_F(PublishStreamTest, RandomBytesAreAnsweredAndDoNotStopIt) {
  std::mt19937 random(20260101);  // NOLINT(cert-msc51-cpp): the same bytes each time
  RawCall stream(gateway_.channel, kPublishStream);
  const std::string good = Request(1).SerializeAsString();
  for (int i = 0; i < 1000; ++i) {
    std::string bytes = good;
    bytes.resize(random() % (good.size() + 20));
    for (int flips = static_cast<int>(random() % 8); flips >= 0 && !bytes.empty(); --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    ASSERT_TRUE(stream.Write(std::string_view(bytes)));
    ASSERT_TRUE(stream.Read().has_value());
  }
  ASSERT_TRUE(stream.Write(Request(7)));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().request_id(), 7U);
}

TEST_F(PublishStreamTest, AHugeEventDoesNotBreakTheStream) {
  RawCall stream(gateway_.channel, kPublishStream);
  for (const size_t bytes : {size_t{5} << 20, size_t{60} << 20}) {
    SCOPED_TRACE(bytes);
    PublishStreamRequest huge = Request(1);
    huge.mutable_event()->set_message_id(std::string(bytes, 'x'));
    ASSERT_TRUE(stream.Write(huge));
    EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().error().code(), 3);
  }
  ASSERT_TRUE(stream.Write(Request(2)));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
}

TEST_F(PublishStreamTest, HalfCloseEndsItWithOkAfterTheLastAnswer) {
  RawCall stream(gateway_.channel, kPublishStream);
  ASSERT_TRUE(stream.WritesDone());
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(PublishStreamTest, CountsOpenStreams) {
  {
    RawCall first(gateway_.channel, kPublishStream);
    RawCall second(gateway_.channel, kPublishStream);
    EXPECT_TRUE(WaitFor([this] { return gateway_.stats.publishers.value() == 2; }));
    ASSERT_TRUE(first.WritesDone());
    EXPECT_TRUE(first.Finish().ok());
    EXPECT_TRUE(WaitFor([this] { return gateway_.stats.publishers.value() == 1; }));
  }
  EXPECT_TRUE(WaitFor([this] { return gateway_.stats.publishers.value() == 0; }))
      << "a cancelled stream is over";
}

TEST_F(PublishStreamTest, APublisherThatVanishesLeavesNothingBehind) {
  for (int i = 0; i < 20; ++i) {
    auto channel = gateway_.NewChannel();
    RawCall stream(channel, kPublishStream);
    // Some vanish before their first event, some with answers that nobody reads.
    for (int n = 0; n < i; ++n) ASSERT_TRUE(stream.Write(Request(1)));
  }
  EXPECT_TRUE(WaitFor([this] { return gateway_.stats.publishers.value() == 0; }));
}

// What is not acknowledged waits in the publisher, not here.
TEST_F(PublishStreamTest, IsNotReadWhileItsAnswersAreNotTaken) {
  RawCall stream(gateway_.channel, kPublishStream);
  PublishStreamRequest request = BadRequest(0);
  request.mutable_event()->set_message_id(std::string(8'000, 'x'));
  constexpr uint64_t kTooMany = 20'000;
  uint64_t written = 0;
  bool stalled = false;
  while (!stalled && written < kTooMany) {
    request.set_request_id(++written);
    stalled = !stream.WriteWithin(request.SerializeAsString(), std::chrono::milliseconds(500));
  }
  EXPECT_TRUE(stalled) << "the gateway read " << written << " events without being heard";
  EXPECT_LT(gateway_.stats.invalid.value(), written);
  for (uint64_t i = 1; i <= written; ++i) {
    ASSERT_EQ(stream.ReadAs<PublishStreamResponse>().request_id(), i);
  }
  EXPECT_TRUE(stream.WaitForWrite());
}

TEST_F(PublishStreamTest, WhileRefusingAnEventIsAnsweredAndThenTheStreamEnds) {
  RawCall stream(gateway_.channel, kPublishStream);
  ASSERT_TRUE(stream.Write(Request(1)));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  gateway_.server.StartLeaving(std::chrono::minutes(1), std::chrono::seconds(0));
  ASSERT_TRUE(stream.Write(Request(2)));
  const auto refused = stream.ReadAs<PublishStreamResponse>();
  EXPECT_EQ(refused.request_id(), 2U);
  EXPECT_EQ(refused.error().code(), 14);
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(gateway_.window.head(), 1U);
  EXPECT_EQ(gateway_.stats.unavailable.value(), 1U);
}

TEST(PublishStreamShutdownTest, EndsAnIdleStreamWithUnavailable) {
  IngestServer gateway;
  RawCall stream(gateway.channel, kPublishStream);
  ASSERT_TRUE(stream.Write(Request(1)));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  gateway.server.Shutdown(std::chrono::seconds(30));
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  // In our words: what is cancelled when the grace is over has the same code.
  EXPECT_EQ(stream.Finish().error_message(), MessageOf(DrainingError()));
  EXPECT_EQ(gateway.stats.publishers.value(), 0U);
}

TEST(PublishStreamLeavingTest, EndsAStreamThatSaysNothingWhenTheTimeForAnswersIsOver) {
  IngestServer gateway;
  RawCall stream(gateway.channel, kPublishStream);
  ASSERT_TRUE(stream.Write(Request(1)));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  const base::TimePoint begin = base::Now();
  gateway.server.StartLeaving(std::chrono::milliseconds(300), std::chrono::seconds(30));
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_GE(base::Now() - begin, std::chrono::milliseconds(300));
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(stream.Finish().error_message(), MessageOf(DrainingError()));
  EXPECT_TRUE(WaitFor([&] { return gateway.stats.publishers.value() == 0U; }));
}

TEST(PublishStreamLeavingTest, AnswersTheEventInHandFirst) {
  GateTranscoder gate;
  IngestServer gateway(&gate);
  RawCall stream(gateway.channel, kPublishStream);
  ASSERT_TRUE(stream.Write(Request(1)));
  ASSERT_TRUE(WaitFor([&] { return gate.arrived() == 1; }));
  gateway.server.StartLeaving(std::chrono::milliseconds(0), std::chrono::seconds(30));
  gate.Open();
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(PublishStreamShutdownTest, AnswersTheEventInHandFirst) {
  GateTranscoder gate;
  IngestServer gateway(&gate);
  RawCall stream(gateway.channel, kPublishStream);
  ASSERT_TRUE(stream.Write(Request(1)));
  ASSERT_TRUE(WaitFor([&] { return gate.arrived() == 1; }));
  std::thread shutdown([&] { gateway.server.Shutdown(std::chrono::seconds(30)); });
  gate.Open();
  const auto response = stream.ReadAs<PublishStreamResponse>();
  EXPECT_EQ(response.id(), "epoch-1");
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  // In our words: what is cancelled when the grace is over has the same code.
  EXPECT_EQ(stream.Finish().error_message(), MessageOf(DrainingError()));
  shutdown.join();
}

TEST(PublishStreamShutdownTest, ReadsNoFurtherWhileAnEventIsInHand) {
  GateTranscoder gate;
  IngestServer gateway(&gate);
  RawCall stream(gateway.channel, kPublishStream);
  for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(stream.Write(Request(i)));
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(WaitFor([&] { return gate.arrived() == i; }));
    EXPECT_EQ(gate.arrived(), i);
    gate.Open();
    EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().request_id(), static_cast<uint64_t>(i));
  }
}

// A publisher that takes no answers cannot hold up the end.
TEST(PublishStreamShutdownTest, DoesNotWaitLongerThanItsGrace) {
  IngestServer gateway;
  RawCall stream(gateway.channel, kPublishStream);
  PublishStreamRequest request = BadRequest(0);
  request.mutable_event()->set_message_id(std::string(8'000, 'x'));
  const std::string bytes = request.SerializeAsString();
  int written = 0;
  while (written < 20'000 && stream.WriteWithin(bytes, std::chrono::milliseconds(500))) ++written;
  ASSERT_LT(written, 20'000);
  const auto begin = std::chrono::steady_clock::now();
  gateway.server.Shutdown(std::chrono::milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(gateway.stats.publishers.value(), 0U);
}

}  // namespace
}  // namespace ssegw::ingest
