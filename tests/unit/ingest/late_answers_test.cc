// Both ways of publishing with a store that answers later: from another thread, in another order,
// with errors, after the call has ended, or never.

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gateway/ingest/error_text.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/unit/ingest/ingest_server.h"
#include "tests/unit/ingest/late_store.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishResponse;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

PublishStreamRequest Request(uint64_t request_id) {
  PublishStreamRequest request;
  request.set_request_id(request_id);
  request.mutable_event()->mutable_dashboard()->set_id(base::Concat("host-", request_id));
  return request;
}

class LateAnswersTest : public ::testing::Test {
 protected:
  // As Gateway does it: the store goes before the server.
  ~LateAnswersTest() override {
    answering_ = false;
    if (answerer_.joinable()) answerer_.join();
    store_.Stop();
  }

  void Write(RawCall& stream, uint64_t first, uint64_t last) {
    for (uint64_t i = first; i <= last; ++i) ASSERT_TRUE(stream.Write(Request(i)));
  }
  bool WaitForArrived(size_t count) {
    return WaitFor([&] { return store_.arrived() == count; });
  }
  bool WaitForPublishers(uint64_t count) {
    return WaitFor([&] { return gateway_.stats.publishers.value() == count; });
  }
  // Answers whatever waits, in a random order, until the test ends.
  void AnswerInAnyOrder() {
    answerer_ = std::thread([this] {
      std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same order each time
      while (answering_) {
        const size_t arrived = store_.arrived();
        // Of the newest some: what is left out is answered when no more come.
        for (int i = 0; i < 8 && arrived > 0; ++i) {
          store_.Answer(arrived - 1 - random() % std::min<size_t>(arrived, 40));
        }
        if (arrived == store_.arrived() && random() % 4 == 0) {
          for (size_t i = arrived - std::min<size_t>(arrived, 400); i < arrived; ++i) {
            store_.Answer(i);
          }
        }
        std::this_thread::yield();
      }
    });
  }

  LateStore store_;
  IngestServer gateway_{&RealTranscoder(), &store_};
  std::atomic<bool> answering_{true};
  std::thread answerer_;
};

TEST_F(LateAnswersTest, AnswersComeInTheOrderOfTheRequests) {
  RawCall stream(gateway_.channel, kPublishStream);
  Write(stream, 1, 10);
  ASSERT_TRUE(WaitForArrived(10));
  std::thread([this] {
    for (size_t i = 10; i-- > 0;) store_.Answer(i);
  }).join();
  for (uint64_t i = 1; i <= 10; ++i) {
    const auto response = stream.ReadAs<PublishStreamResponse>();
    EXPECT_EQ(response.request_id(), i);
    EXPECT_EQ(response.id(), base::Concat("epoch-", i));
    EXPECT_EQ(store_.keys()[i - 1], base::Concat("host-", i));
  }
  EXPECT_EQ(gateway_.stats.ok.value(), 10U);
}

TEST_F(LateAnswersTest, ReadingPausesAtSoManyEventsInFlight) {
  RawCall stream(gateway_.channel, kPublishStream);
  constexpr uint64_t kEvents = PublishStream::kMaxInFlight + 30;
  Write(stream, 1, kEvents);
  ASSERT_TRUE(WaitForArrived(PublishStream::kMaxInFlight));
  // Not the first: its answer is what all others wait for.
  for (size_t i = 1; i < PublishStream::kMaxInFlight; ++i) store_.Answer(i);
  EXPECT_EQ(store_.arrived(), PublishStream::kMaxInFlight);
  store_.Answer(0);
  ASSERT_TRUE(WaitForArrived(kEvents));
  for (size_t i = 0; i < kEvents; ++i) store_.Answer(i);
  for (uint64_t i = 1; i <= kEvents; ++i) {
    ASSERT_EQ(stream.ReadAs<PublishStreamResponse>().request_id(), i);
  }
  EXPECT_EQ(store_.max_waiting(), PublishStream::kMaxInFlight);
}

TEST_F(LateAnswersTest, NoMoreWaitThanTheStoreAllows) {
  store_.SetMaxUnanswered(1);
  RawCall stream(gateway_.channel, kPublishStream);
  constexpr uint64_t kEvents = 5;
  Write(stream, 1, kEvents);
  for (size_t i = 0; i < kEvents; ++i) {
    ASSERT_TRUE(WaitForArrived(i + 1));
    store_.Answer(i);
    EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().request_id(), i + 1);
  }
  EXPECT_EQ(store_.max_waiting(), 1U);
}

TEST_F(LateAnswersTest, ReadingPausesWhenTheEventsInFlightAreLarge) {
  RawCall stream(gateway_.channel, kPublishStream);
  google::protobuf::StringValue value;
  value.set_value(std::string(kMaxEventBytesOfTest / 3, 'x'));
  PublishStreamRequest request;
  request.mutable_event()->set_topic("t");
  request.mutable_event()->mutable_message()->PackFrom(value);
  constexpr size_t kEvents = 7;
  for (size_t i = 0; i < kEvents; ++i) {
    // What is read no further waits in the publisher.
    if (!stream.WriteWithin(request.SerializeAsString(), milliseconds(200))) break;
  }
  ASSERT_TRUE(WaitForArrived(3));
  EXPECT_EQ(store_.waiting(), 3U) << "a third of the bound, and a little more, each";
  store_.Answer(0);
  ASSERT_TRUE(WaitForArrived(4));
  EXPECT_EQ(store_.max_waiting(), 3U);
}

TEST_F(LateAnswersTest, AnErrorIsTheAnswerToThatEventAlone) {
  RawCall stream(gateway_.channel, kPublishStream);
  Write(stream, 1, 3);
  ASSERT_TRUE(WaitForArrived(3));
  store_.Answer(1, absl::UnavailableError("not stored: no connection"));
  store_.Answer(0);
  store_.Answer(2);
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  const auto refused = stream.ReadAs<PublishStreamResponse>();
  EXPECT_EQ(refused.request_id(), 2U);
  EXPECT_EQ(refused.error().code(), 14);
  EXPECT_EQ(refused.error().message(), "not stored: no connection");
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-3");
  EXPECT_EQ(gateway_.stats.unavailable.value(), 1U);
  std::string refusals;
  for (const std::string& line : gateway_.log.lines()) {
    if (line.find("event refused") != std::string::npos) refusals += line;
  }
  EXPECT_THAT(refusals, ::testing::HasSubstr("topic=dashboards.host-2"));
}

TEST_F(LateAnswersTest, ARefusedEventWaitsForThoseBeforeIt) {
  RawCall stream(gateway_.channel, kPublishStream);
  Write(stream, 1, 1);
  PublishStreamRequest bad = Request(2);
  bad.mutable_event()->set_type("gateway.x");
  ASSERT_TRUE(stream.Write(bad));
  ASSERT_TRUE(WaitFor([&] { return gateway_.stats.invalid.value() == 1; }));
  store_.Answer(0);
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().error().code(), 3);
}

TEST_F(LateAnswersTest, AnAnswerMayComeBeforeAppendReturns) {
  store_.AnswerBeforeAppendReturns();
  RawCall stream(gateway_.channel, kPublishStream);
  for (uint64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(stream.Write(Request(i)));
    ASSERT_EQ(stream.ReadAs<PublishStreamResponse>().id(), base::Concat("epoch-", i));
  }
  RawCall call(gateway_.channel, kPublish);
  PublishRequest request;
  request.mutable_event()->mutable_dashboard()->set_id("host-1");
  ASSERT_TRUE(call.Write(request));
  EXPECT_EQ(call.ReadAs<PublishResponse>().id(), "epoch-101");
  EXPECT_TRUE(call.Finish().ok());
}

TEST_F(LateAnswersTest, AHalfCloseIsAnsweredAfterTheLastEvent) {
  RawCall stream(gateway_.channel, kPublishStream);
  Write(stream, 1, 2);
  ASSERT_TRUE(stream.WritesDone());
  ASSERT_TRUE(WaitForArrived(2));
  store_.Answer(1);
  store_.Answer(0);
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().request_id(), 1U);
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().request_id(), 2U);
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(LateAnswersTest, AnAnswerAfterTheEndOfTheCallIsCountedAndGoesNowhere) {
  for (const uint64_t events : {uint64_t{3}, uint64_t{PublishStream::kMaxInFlight}}) {
    const size_t before = store_.arrived();
    const uint64_t ok = gateway_.stats.ok.value();
    {
      RawCall stream(gateway_.channel, kPublishStream);
      Write(stream, 1, events);
      // With as many as there may be, nothing is read that would tell of the cancellation.
      ASSERT_TRUE(WaitForArrived(before + events));
    }
    ASSERT_TRUE(WaitForPublishers(0));
    for (size_t i = before + events; i-- > before;) store_.Answer(i);
    EXPECT_EQ(gateway_.stats.ok.value(), ok + events);
  }
}

TEST_F(LateAnswersTest, ADrainAnswersWhatIsInFlightFirst) {
  RawCall stream(gateway_.channel, kPublishStream);
  Write(stream, 1, 2);
  ASSERT_TRUE(WaitForArrived(2));
  gateway_.server.StartLeaving(milliseconds(0), seconds(30));
  store_.Answer(1);
  store_.Answer(0);
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-2");
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(stream.Finish().error_message(), MessageOf(DrainingError()));
}

TEST_F(LateAnswersTest, AStoreThatIsStoppedAnswersWhatIsInFlight) {
  RawCall stream(gateway_.channel, kPublishStream);
  Write(stream, 1, 2);
  ASSERT_TRUE(WaitForArrived(2));
  store_.Stop();
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().error().message(), "stopped");
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().error().message(), "stopped");
  EXPECT_EQ(gateway_.stats.unavailable.value(), 2U);
}

TEST_F(LateAnswersTest, ADrainWaitsForThoseWhoWaitForTheStore) {
  RawCall stream(gateway_.channel, kPublishStream);
  Write(stream, 1, 1);
  RawCall call(gateway_.channel, kPublish);
  PublishRequest request;
  request.mutable_event()->mutable_dashboard()->set_id("host-2");
  ASSERT_TRUE(WaitForArrived(1));
  ASSERT_TRUE(call.Write(request));
  ASSERT_TRUE(WaitForArrived(2));
  EXPECT_EQ(gateway_.server.waiting_events(), 2U);
  gateway_.server.StartLeaving(milliseconds(10), milliseconds(10));
  EXPECT_FALSE(WaitFor([&] { return gateway_.stats.publishers.value() == 0; }, milliseconds(200)));
  store_.Answer(0);
  store_.Answer(1, absl::UnavailableError("outcome unknown: the gateway leaves"));
  EXPECT_EQ(stream.ReadAs<PublishStreamResponse>().id(), "epoch-1");
  EXPECT_EQ(call.Finish().error_message(), "outcome unknown: the gateway leaves");
  EXPECT_TRUE(WaitForPublishers(0));
  EXPECT_EQ(gateway_.server.waiting_events(), 0U);
}

TEST_F(LateAnswersTest, ShutdownDoesNotWaitForAStoreThatNeverAnswers) {
  RawCall stream(gateway_.channel, kPublishStream);
  Write(stream, 1, PublishStream::kMaxInFlight);
  RawCall call(gateway_.channel, kPublish);
  PublishRequest request;
  request.mutable_event()->mutable_dashboard()->set_id("host-1");
  ASSERT_TRUE(call.Write(request));
  ASSERT_TRUE(WaitForArrived(PublishStream::kMaxInFlight + 1));
  const auto begin = std::chrono::steady_clock::now();
  gateway_.server.Shutdown(milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(10));
  EXPECT_EQ(gateway_.stats.publishers.value(), 0U);
  EXPECT_FALSE(stream.Finish().ok());
  EXPECT_FALSE(call.Finish().ok());
  // Only now, and safely, though the calls are gone.
  store_.Stop();
  EXPECT_EQ(gateway_.stats.unavailable.value(), PublishStream::kMaxInFlight + 1);
}

TEST_F(LateAnswersTest, ManyStreamsKeepTheirOrderWhateverTheOrderOfTheStore) {
  AnswerInAnyOrder();
  constexpr int kStreams = 4;
  constexpr uint64_t kEvents = 300;
  std::vector<std::thread> publishers;
  std::atomic<int> wrong = 0;
  for (int s = 0; s < kStreams; ++s) {
    publishers.emplace_back([&] {
      RawCall stream(gateway_.channel, kPublishStream);
      uint64_t answered = 0;
      for (uint64_t i = 1; i <= kEvents; ++i) {
        if (!stream.Write(Request(i))) ++wrong;
        // Some way behind, so that many are in flight.
        if (i > 50 && stream.ReadAs<PublishStreamResponse>().request_id() != ++answered) ++wrong;
      }
      while (answered < kEvents) {
        if (stream.ReadAs<PublishStreamResponse>().request_id() != ++answered) ++wrong;
      }
    });
    // And some that vanish in the middle.
    publishers.emplace_back([&] {
      RawCall stream(gateway_.channel, kPublishStream);
      for (uint64_t i = 1; i <= 40; ++i) stream.Write(Request(i));
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(WaitForPublishers(0));
  EXPECT_GE(gateway_.stats.ok.value(), kStreams * kEvents);
  EXPECT_GT(store_.max_waiting(), 10U);
}

class LateUnaryTest : public LateAnswersTest {
 protected:
  static PublishRequest Event(size_t bytes = 0) {
    PublishRequest request;
    request.mutable_event()->mutable_dashboard()->set_id("host-1");
    request.mutable_event()->set_message_id(std::string(bytes, 'm'));
    return request;
  }
};

TEST_F(LateUnaryTest, TheCallEndsWithTheAnswerOfTheStore) {
  // A large one goes by way of Workers.
  for (const size_t bytes : {size_t{0}, size_t{10'000}}) {
    const size_t number = store_.arrived();
    RawCall call(gateway_.channel, kPublish);
    ASSERT_TRUE(call.Write(Event(bytes)));
    ASSERT_TRUE(call.WritesDone());
    ASSERT_TRUE(WaitForArrived(number + 1));
    std::thread([&] { store_.Answer(number); }).join();
    EXPECT_EQ(call.ReadAs<PublishResponse>().id(), base::Concat("epoch-", number + 1));
    EXPECT_TRUE(call.Finish().ok());
  }
}

TEST_F(LateUnaryTest, AnErrorOfTheStoreIsTheStatus) {
  RawCall call(gateway_.channel, kPublish);
  ASSERT_TRUE(call.Write(Event()));
  ASSERT_TRUE(WaitForArrived(1));
  store_.Answer(0, absl::UnavailableError("outcome unknown: timeout"));
  EXPECT_FALSE(call.Read().has_value());
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(call.Finish().error_message(), "outcome unknown: timeout");
}

TEST_F(LateUnaryTest, AnAnswerAfterTheEndOfTheCallIsCountedAndGoesNowhere) {
  for (size_t i = 0; i < 10; ++i) {
    RawCall call(gateway_.channel, kPublish);
    ASSERT_TRUE(call.Write(Event(i % 2 * 10'000)));
    ASSERT_TRUE(WaitForArrived(i + 1));
  }
  for (size_t i = 0; i < 10; ++i) store_.Answer(i);
  EXPECT_EQ(gateway_.stats.ok.value(), 10U);
}

}  // namespace
}  // namespace ssegw::ingest
