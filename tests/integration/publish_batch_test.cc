// PublishBatch: every event has a result, and what a publisher is told is what browsers see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/batch_call.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/issuer.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ssegateway::v1::PublishBatchRequest;
using ssegateway::v1::PublishBatchResponse;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

Event WithMessageId(Event event, const std::string& message_id) {
  event.set_message_id(message_id);
  return event;
}

Event SmallEvent() {
  Event event;
  event.set_topic("t");
  event.set_json("1");
  return event;
}

// Of 100 events the 51st to 53rd are refused.
TEST(PublishBatchTest, WhatIsNotRefusedReachesABrowserInTheOrderOfTheResults) {
  constexpr uint32_t kBatches = 20;
  constexpr uint32_t kEvents = 100;
  const GatewayProcess gateway;
  SseReader reader(gateway.http(), {.query = "mode=all"});
  reader.AwaitLive();
  BatchCall call(gateway.grpc());
  uint32_t number = 0;
  for (uint32_t batch = 0; batch < kBatches; ++batch) {
    std::vector<Event> events;
    for (uint32_t i = 0; i < kEvents; ++i) {
      events.push_back(NumberedEvent(i / 3 == 17 ? "not a topic" : "t", "k", ++number));
    }
    ASSERT_TRUE(call.Write(batch, events));
  }
  std::vector<std::string> ids;
  std::vector<uint32_t> numbers;
  for (uint32_t batch = 0; batch < kBatches; ++batch) {
    const PublishBatchResponse answer = call.Read().value();
    ASSERT_EQ(answer.request_id(), batch);
    const std::vector<std::string> texts = TextsOf(answer);
    ASSERT_THAT(texts, SizeIs(kEvents));
    for (uint32_t i = 0; i < kEvents; ++i) {
      if (i / 3 == 17) {
        EXPECT_EQ(texts[i], "error 3");
        continue;
      }
      ids.push_back(texts[i]);
      numbers.push_back(batch * kEvents + i + 1);
    }
  }
  const std::vector<SseBlock> received = reader.Events(ids.size());
  EXPECT_EQ(IdsOf(received), ids);
  EXPECT_EQ(NumbersOf(received), numbers);
  EXPECT_TRUE(call.Finish().ok());
}

TEST(PublishBatchTest, ARepeatIsKnownWhicheverCallItComesBy) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const Event one = WithMessageId(NumberedEvent("t", "k", 1), "one");
  const Event two = WithMessageId(NumberedEvent("t", "k", 2), "two");
  const std::string first = publisher.MustPublish(one);
  BatchCall call(gateway.grpc());
  const std::string second = gateway.epoch() + "-2";
  EXPECT_THAT(TextsOf(call.Exchange({one, two, two})),
              ElementsAre(first + " again", second, second + " again"));
  EXPECT_THAT(TextsOf(call.Exchange({two, one})), ElementsAre(second + " again", first + " again"));
  EXPECT_THAT(TextsOf(BatchCall(gateway.grpc()).Exchange({two})), ElementsAre(second + " again"));
  EXPECT_TRUE(publisher.Publish(two).duplicate);
  SseReader reader(gateway.http(), {.query = "mode=all&start=earliest"});
  const std::string last = publisher.MustPublish(NumberedEvent("t", "k", 3));
  EXPECT_THAT(NumbersOf(reader.EventsThrough(last)), ElementsAre(1, 2, 3));
}

TEST(PublishBatchTest, TheLargestBatchesAreTakenAndLargerOnesEndNoCall) {
  const GatewayProcess gateway({"--window_max_bytes=134217728"});
  BatchCall call(gateway.grpc());
  std::vector<Event> many(65'536, SmallEvent());
  const PublishBatchResponse answer = call.Exchange(many);
  ASSERT_EQ(answer.results_size(), 65'536);
  EXPECT_EQ(answer.results(65'535).id(), gateway.epoch() + "-65536");
  many.push_back(SmallEvent());
  EXPECT_THAT(TextsOf(call.Exchange(many)), ElementsAre("error 3"));

  // 4 MiB to the byte, and a byte more.
  std::vector<Event> large;
  PublishBatchRequest request;
  request.set_request_id(3);
  for (uint32_t i = 1; i <= 21; ++i) {
    large.push_back(NumberedEvent("t", "k", i, 200'000));
    *request.add_events() = large.back();
  }
  for (const size_t bytes : {size_t{4'194'304}, size_t{4'194'305}}) {
    request.set_request_id(request.request_id() + 1);
    std::string* const title = request.mutable_events(20)->mutable_dashboard()->mutable_title();
    title->resize(title->size() - (request.ByteSizeLong() - bytes), 'x');
    ASSERT_EQ(request.ByteSizeLong(), bytes);
    large.back() = request.events(20);
    ASSERT_TRUE(call.Write(request.request_id(), large));
    const PublishBatchResponse of_large = call.Read().value();
    if (bytes == 4'194'304) {
      EXPECT_THAT(TextsOf(of_large), SizeIs(21));
      EXPECT_THAT(TextsOf(of_large), Each(StartsWith(gateway.epoch())));
    } else {
      EXPECT_THAT(TextsOf(of_large), ElementsAre("error 3"));
    }
  }
  EXPECT_THAT(TextsOf(BatchCall(gateway.grpc()).Exchange({SmallEvent()})),
              ElementsAre(gateway.epoch() + "-65558"));
  EXPECT_TRUE(call.Finish().ok());
}

TEST(PublishBatchTest, CallsThatEndForTheirAgeLoseNothingAndRepeatNothing) {
  const GatewayProcess gateway({"--max_publisher_age=200ms"});
  SseReader reader(gateway.http(), {.query = "mode=all"});
  reader.AwaitLive();
  std::vector<Event> events;
  for (uint32_t i = 1; i <= 600; ++i) {
    events.push_back(WithMessageId(NumberedEvent("t", "k", i), std::to_string(i)));
  }
  // A call that is busy has 2 s more than its age.
  const auto pause = [](size_t) { std::this_thread::sleep_for(std::chrono::milliseconds(100)); };
  const PublishedBatches published =
      PublishInBatches([&] { return gateway.grpc(); }, events, 20, pause);
  EXPECT_GE(published.calls, 2U);
  const std::vector<SseBlock> received = reader.Events(events.size());
  EXPECT_EQ(IdsOf(received), published.ids);
  for (uint32_t i = 0; i < received.size(); ++i) ASSERT_EQ(NumberOf(received[i]), i + 1);
  EXPECT_EQ(gateway.Scrape()[R"(events_received_total{result="ok"})"], 600);
}

class PublishBatchAuthTest : public ::testing::Test {
 protected:
  const Issuer issuer_;
  const GatewayProcess gateway_{issuer_.Flags({"--publisher_auth=jwt", "--jwt_leeway=0s"})};
};

TEST_F(PublishBatchAuthTest, AnEventOutsideTheGrantsIsRefusedAlone) {
  const std::string token = issuer_.Token(R"("sub":"shop","publish":["orders.>"])");
  BatchCall call(gateway_.grpc(), token);
  const PublishBatchResponse answer =
      call.Exchange({NumberedEvent("orders.1", "k", 1), NumberedEvent("hosts.a", "k", 2),
                     NumberedEvent("not a topic", "k", 3), NumberedEvent("orders", "k", 4),
                     NumberedEvent("orders.2", "k", 5)});
  EXPECT_THAT(TextsOf(answer), ElementsAre(gateway_.epoch() + "-1", "error 7", "error 3", "error 7",
                                           gateway_.epoch() + "-2"));
  EXPECT_THAT(answer.results(1).error().message(), HasSubstr("hosts.a"));
  EXPECT_EQ(gateway_.Scrape()[R"(events_received_total{result="forbidden"})"], 2);
  EXPECT_TRUE(call.Finish().ok());
  EXPECT_EQ(BatchCall(gateway_.grpc()).Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

// Batches follow one another without a pause, so its end comes while one is being taken in.
TEST_F(PublishBatchAuthTest, ATokenThatExpiresEndsTheCallAfterTheAnswers) {
  BatchCall call(gateway_.grpc(),
                 issuer_.Token(R"("sub":"shop","publish":[">"])", std::chrono::seconds(2)));
  size_t stored = 0;
  std::thread answers([&] {
    while (const auto answer = call.Read()) {
      for (const auto& result : answer->results()) stored += result.has_error() ? 0 : 1;
    }
  });
  const std::vector<Event> batch(50, SmallEvent());
  while (call.Write(1, batch)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  answers.join();
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << status.error_message();
  EXPECT_GT(stored, 0U);
  // What was appended was answered.
  EXPECT_EQ(gateway_.Scrape()[R"(events_received_total{result="ok"})"],
            static_cast<double>(stored));
}

}  // namespace
}  // namespace ssegw::testing
