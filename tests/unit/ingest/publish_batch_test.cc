// PublishBatch, as a backend sees it: a real server, a real channel, and any bytes. Before a store
// that answers at once, and before one that answers later.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gateway/ingest/batch_answer.h"
#include "gateway/ingest/batch_stream.h"
#include "gateway/ingest/error_text.h"
#include "internal/window/snapshot_reader.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/unit/ingest/gate_transcoder.h"
#include "tests/unit/ingest/ingest_server.h"
#include "tests/unit/ingest/late_store.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::Event;
using ssegateway::v1::PublishBatchRequest;
using ssegateway::v1::PublishBatchResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPublishBatch[] = "/ssegateway.v1.PublisherService/PublishBatch";

Event JsonEvent(const std::string& key, const std::string& json = "1") {
  Event event;
  event.set_topic("t");
  event.set_key(key);
  event.set_json(json);
  return event;
}

// Of events 1 to count.
PublishBatchRequest Batch(uint64_t request_id, int count) {
  PublishBatchRequest batch;
  batch.set_request_id(request_id);
  for (int i = 1; i <= count; ++i) *batch.add_events() = JsonEvent(std::to_string(i));
  return batch;
}

std::vector<std::string> Texts(const PublishBatchResponse& response) {
  std::vector<std::string> texts;
  for (const auto& result : response.results()) {
    texts.push_back(
        result.has_error()
            ? base::Concat("error ", result.error().code(), ": ", result.error().message())
            : base::Concat(result.id(), result.duplicate() ? " again" : ""));
  }
  return texts;
}

class PublishBatchTest : public ::testing::Test {
 protected:
  PublishBatchResponse Publish(const PublishBatchRequest& batch) {
    EXPECT_TRUE(stream_.Write(batch));
    return stream_.ReadAs<PublishBatchResponse>();
  }

  IngestServer gateway_;
  RawCall stream_{gateway_.channel, kPublishBatch};
};

TEST_F(PublishBatchTest, EveryEventHasAResultInOrder) {
  const PublishBatchResponse response = Publish(Batch(7, 200));
  EXPECT_EQ(response.request_id(), 7U);
  ASSERT_EQ(response.results_size(), 200);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(response.results(i).id(), base::Concat("epoch-", i + 1));
  EXPECT_THAT(Texts(Publish(Batch(8, 2))), ElementsAre("epoch-201", "epoch-202"));
  EXPECT_EQ(gateway_.stats.ok.value(), 202U);
  EXPECT_EQ(gateway_.stats.event_bytes.value(),
            Batch(0, 200).ByteSizeLong() - 2 * 200 + Batch(0, 2).ByteSizeLong() - 2 * 2);
  const auto snapshot = window::TakeSnapshot(gateway_.window, window::Filters::Everything());
  ASSERT_EQ(snapshot.frames.size(), 200U);
  EXPECT_EQ(snapshot.frames.back()->key(), "2");
}

TEST_F(PublishBatchTest, ABadEventIsAnErrorOfThatEventAlone) {
  PublishBatchRequest batch = Batch(1, 5);
  batch.mutable_events(1)->set_json("[1,]");
  batch.mutable_events(3)->set_type("gateway.x");
  const PublishBatchResponse response = Publish(batch);
  EXPECT_THAT(Texts(response),
              ElementsAre("epoch-1", "error 3: json: a value is expected at byte 3", "epoch-2",
                          HasSubstr("error 3: type \"gateway.x\""), "epoch-3"));
  EXPECT_EQ(gateway_.stats.ok.value(), 3U);
  EXPECT_EQ(gateway_.stats.invalid.value(), 2U);
}

TEST_F(PublishBatchTest, ARepeatIsToldAlsoWithinABatch) {
  PublishBatchRequest batch = Batch(1, 4);
  for (Event& event : *batch.mutable_events()) event.set_message_id("m" + event.key());
  batch.mutable_events(2)->set_message_id("m1");
  EXPECT_THAT(Texts(Publish(batch)), ElementsAre("epoch-1", "epoch-2", "epoch-1 again", "epoch-3"));
  EXPECT_THAT(Texts(Publish(batch)),
              ElementsAre("epoch-1 again", "epoch-2 again", "epoch-1 again", "epoch-3 again"));
  EXPECT_EQ(gateway_.stats.duplicate.value(), 5U);
  EXPECT_EQ(gateway_.window.head(), 3U);
}

TEST_F(PublishBatchTest, AnEmptyBatchHasNoResults) {
  PublishBatchRequest empty;
  empty.set_request_id(9);
  const PublishBatchResponse response = Publish(empty);
  EXPECT_EQ(response.request_id(), 9U);
  EXPECT_EQ(response.results_size(), 0);
  EXPECT_TRUE(stream_.WritesDone());
  EXPECT_FALSE(stream_.Read().has_value());
  EXPECT_TRUE(stream_.Finish().ok());
}

TEST_F(PublishBatchTest, ABatchThatIsNoMessageIsRefusedAsAWhole) {
  ASSERT_TRUE(stream_.Write(std::string_view("\x08\x05\x12\x02\x0a\x00\x12\x7f", 8)));
  const auto response = stream_.ReadAs<PublishBatchResponse>();
  EXPECT_EQ(response.request_id(), 5U);
  EXPECT_THAT(Texts(response),
              ElementsAre("error 3: request is malformed: truncated field 2 at byte 6"));
  EXPECT_EQ(gateway_.window.head(), 0U);
  EXPECT_EQ(gateway_.stats.invalid.value(), 1U);
  EXPECT_THAT(Texts(Publish(Batch(1, 1))), ElementsAre("epoch-1")) << "the stream goes on";
}

TEST_F(PublishBatchTest, ABatchThatIsTooLargeIsRefusedAsAWhole) {
  PublishBatchRequest batch = Batch(3, 2);
  batch.mutable_events(1)->set_message_id(std::string(kMaxBatchBytes, 'x'));
  const PublishBatchResponse response = Publish(batch);
  EXPECT_EQ(response.request_id(), 3U);
  EXPECT_THAT(Texts(response),
              ElementsAre(HasSubstr("bytes exceeds the limit of a batch, 4194304")));
  PublishBatchRequest many;
  for (size_t i = 0; i <= kMaxBatchEvents; ++i) many.add_events();
  EXPECT_THAT(Texts(Publish(many)), ElementsAre("error 3: batch of 65537 events exceeds 65536"));
  EXPECT_EQ(gateway_.window.head(), 0U);
}

TEST_F(PublishBatchTest, AnEventMayBeAsLargeAsAnyOther) {
  PublishBatchRequest batch = Batch(1, 3);
  batch.mutable_events(1)->set_message_id(std::string(kMaxEventBytesOfTest, 'x'));
  EXPECT_THAT(Texts(Publish(batch)),
              ElementsAre("epoch-1", HasSubstr("exceeds max_event_bytes 100000"), "epoch-2"));
}

// The answer to it would be larger than what publishers take.
TEST_F(PublishBatchTest, AnAnswerHasSoManyMessagesOfErrors) {
  PublishBatchRequest batch;
  for (size_t i = 0; i < kMaxBatchEvents; ++i) batch.add_events();
  const PublishBatchResponse response = Publish(batch);
  ASSERT_EQ(response.results_size(), static_cast<int>(kMaxBatchEvents));
  EXPECT_LT(response.ByteSizeLong(), size_t{4} << 20);
  EXPECT_THAT(response.results(0).error().message(), HasSubstr("payload is missing"));
  EXPECT_EQ(response.results(kMaxBatchEvents - 1).error().code(), 3);
  EXPECT_EQ(response.results(kMaxBatchEvents - 1).error().message(), "");
  EXPECT_EQ(gateway_.stats.invalid.value(), kMaxBatchEvents);
}

TEST_F(PublishBatchTest, RandomBytesAreAnsweredAndDoNotStopIt) {
  std::mt19937 random(20260101);  // NOLINT(cert-msc51-cpp): the same bytes each time
  const std::string good = Batch(1, 4).SerializeAsString();
  for (int i = 0; i < 500; ++i) {
    std::string bytes = good;
    bytes.resize(random() % (good.size() + 20));
    for (int flips = static_cast<int>(random() % 8); flips >= 0 && !bytes.empty(); --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    ASSERT_TRUE(stream_.Write(std::string_view(bytes)));
    ASSERT_TRUE(stream_.Read().has_value());
  }
  EXPECT_EQ(Publish(Batch(7, 1)).request_id(), 7U);
}

TEST_F(PublishBatchTest, WhileRefusingEveryEventIsAnsweredAndThenTheStreamEnds) {
  EXPECT_EQ(Publish(Batch(1, 1)).results_size(), 1);
  gateway_.server.StartLeaving(std::chrono::minutes(1), std::chrono::seconds(0));
  const PublishBatchResponse response = Publish(Batch(2, 100));
  ASSERT_EQ(response.results_size(), 100);
  for (const auto& result : response.results()) EXPECT_EQ(result.error().code(), 14);
  EXPECT_FALSE(stream_.Read().has_value());
  EXPECT_EQ(stream_.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(gateway_.stats.unavailable.value(), 100U);
}

TEST_F(PublishBatchTest, WhatIsWaitingIsGivenBack) {
  for (uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(stream_.Write(Batch(i, 100)));
  for (uint64_t i = 0; i < 20; ++i) {
    ASSERT_EQ(stream_.ReadAs<PublishBatchResponse>().request_id(), i);
  }
  EXPECT_TRUE(WaitFor([&] { return gateway_.stats.waiting_bytes.value() == 0; }));
  {
    // Some vanish with answers that nobody reads.
    RawCall other(gateway_.NewChannel(), kPublishBatch);
    for (uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(other.Write(Batch(i, 100)));
  }
  EXPECT_TRUE(WaitFor([&] { return gateway_.stats.publishers.value() == 1; }));
  EXPECT_EQ(gateway_.stats.waiting_bytes.value(), 0U);
}

// The same events one by one and in batches, some of them refused, some of them repeats: the same
// answers, and the same log.
TEST(PublishBatchModelTest, BatchesAreWhatTheirEventsAreAlone) {
  std::mt19937 random(16);  // NOLINT(cert-msc51-cpp): the same events each time
  IngestServer batched;
  IngestServer single;
  RawCall batches(batched.channel, kPublishBatch);
  RawCall events(single.channel, kPublishStream);
  for (uint64_t round = 1; round <= 60; ++round) {
    PublishBatchRequest batch;
    batch.set_request_id(round);
    for (size_t count = random() % 150; count > 0; --count) {
      Event& event = *batch.add_events();
      event = JsonEvent(std::to_string(random() % 20), base::Concat("{ \"n\": ", random(), " }"));
      switch (random() % 12) {
        case 0:
          event.set_json("{");
          break;
        case 1:
          event.set_topic("..");
          break;
        case 2:
          event.set_deleted(true);
          break;
        case 3:
          event.mutable_dashboard()->set_id("host-1");
          break;
        case 4:
        case 5:
          event.set_message_id(std::to_string(random() % 40));
          break;
        case 6:
          event.mutable_ttl()->set_seconds(static_cast<int>(random() % 3) - 1);
          break;
        default:
          break;
      }
    }
    ASSERT_TRUE(batches.Write(batch));
    const auto response = batches.ReadAs<PublishBatchResponse>();
    ASSERT_EQ(response.request_id(), round);
    ASSERT_EQ(response.results_size(), batch.events_size());
    for (int i = 0; i < batch.events_size(); ++i) {
      ssegateway::v1::PublishStreamRequest request;
      *request.mutable_event() = batch.events(i);
      ASSERT_TRUE(events.Write(request));
      const auto answer = events.ReadAs<ssegateway::v1::PublishStreamResponse>();
      const auto& result = response.results(i);
      ASSERT_EQ(result.id(), answer.id());
      ASSERT_EQ(result.duplicate(), answer.duplicate());
      ASSERT_EQ(result.error().SerializeAsString(), answer.error().SerializeAsString());
    }
  }
  uint64_t compared = 0;
  for (uint64_t cursor = 0;; ++compared) {
    const auto filters = window::Filters::Everything();
    const auto read = [&](const IngestServer& gateway) {
      return gateway.window.Read(filters, window::ReadMode::kEvery, cursor, 0, 1).frames;
    };
    const auto a = read(batched);
    const auto b = read(single);
    ASSERT_EQ(a.size(), b.size());
    if (a.empty()) break;
    ASSERT_EQ(a[0]->bare(), b[0]->bare());
    ASSERT_EQ(a[0]->topic(), b[0]->topic());
    ASSERT_EQ(a[0]->key(), b[0]->key());
    cursor = a[0]->seq();
  }
  EXPECT_GT(compared, 1000U);
  EXPECT_EQ(batched.stats.ok.value(), single.stats.ok.value());
  EXPECT_EQ(batched.stats.duplicate.value(), single.stats.duplicate.value());
  EXPECT_EQ(batched.stats.invalid.value(), single.stats.invalid.value());
}

class LateBatchTest : public ::testing::Test {
 protected:
  LateBatchTest() { store_.SetMaxUnanswered(1); }
  // As Gateway does it: the store goes before the server.
  ~LateBatchTest() override { store_.Stop(); }

  bool WaitForArrived(size_t count) {
    return WaitFor([&] { return store_.arrived() == count; });
  }

  LateStore store_;
  IngestServer gateway_{&RealTranscoder(), &store_};
};

TEST_F(LateBatchTest, EventsWaitForOneAnother) {
  RawCall stream(gateway_.channel, kPublishBatch);
  PublishBatchRequest batch = Batch(1, 4);
  batch.mutable_events(2)->set_json("");
  ASSERT_TRUE(stream.Write(batch));
  ASSERT_TRUE(stream.Write(Batch(2, 1)));
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(WaitForArrived(i + 1));
    store_.Answer(i);
  }
  EXPECT_THAT(Texts(stream.ReadAs<PublishBatchResponse>()),
              ElementsAre("epoch-1", "epoch-2", "error 3: json: the text is empty", "epoch-3"));
  EXPECT_THAT(Texts(stream.ReadAs<PublishBatchResponse>()), ElementsAre("epoch-4"));
  EXPECT_THAT(store_.keys(), ElementsAre("1", "2", "4", "1"));
  EXPECT_EQ(store_.max_waiting(), 1U);
  EXPECT_TRUE(WaitFor([&] { return gateway_.stats.waiting_bytes.value() == 0; }));
}

TEST_F(LateBatchTest, AsManyEventsWaitAsTheStoreLets) {
  store_.SetMaxUnanswered(4);
  RawCall stream(gateway_.channel, kPublishBatch);
  PublishBatchRequest batch = Batch(1, 10);
  batch.mutable_events(8)->set_json("");
  ASSERT_TRUE(stream.Write(batch));
  ASSERT_TRUE(WaitForArrived(4));
  // The first is still waited for.
  for (const size_t i : {3, 1, 2}) store_.Answer(i);
  EXPECT_EQ(store_.arrived(), 4U);
  store_.Answer(0);
  ASSERT_TRUE(WaitForArrived(8));
  store_.Answer(4, absl::ResourceExhaustedError("full"));
  store_.Answer(5);
  ASSERT_TRUE(WaitForArrived(9));
  for (const size_t i : {8, 7, 6}) store_.Answer(i);
  EXPECT_THAT(Texts(stream.ReadAs<PublishBatchResponse>()),
              ElementsAre("epoch-1", "epoch-2", "epoch-3", "epoch-4", "error 8: full", "epoch-6",
                          "epoch-7", "epoch-8", "error 3: json: the text is empty", "epoch-9"));
  EXPECT_THAT(store_.keys(), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8", "10"));
  EXPECT_EQ(store_.max_waiting(), 4U);
}

TEST_F(LateBatchTest, AnswersMayComeBeforeAppendReturns) {
  store_.AnswerBeforeAppendReturns();
  for (const size_t waiting : {1, 4}) {
    store_.SetMaxUnanswered(waiting);
    RawCall stream(gateway_.channel, kPublishBatch);
    ASSERT_TRUE(stream.Write(Batch(1, 20)));
    EXPECT_EQ(stream.ReadAs<PublishBatchResponse>().results_size(), 20);
  }
}

TEST_F(LateBatchTest, APublisherThatIsGoneLeavesNothingThatTheStoreHas) {
  store_.SetMaxUnanswered(4);
  {
    RawCall stream(gateway_.channel, kPublishBatch);
    ASSERT_TRUE(stream.Write(Batch(1, 10)));
    ASSERT_TRUE(WaitForArrived(4));
  }
  EXPECT_TRUE(WaitFor([&] { return gateway_.stats.publishers.value() == 0; }));
  for (const size_t i : {2, 0, 3, 1}) store_.Answer(i);
  EXPECT_TRUE(WaitFor([&] { return gateway_.stats.waiting_bytes.value() == 0; }));
  EXPECT_EQ(store_.arrived(), 4U);
  EXPECT_EQ(gateway_.stats.ok.value(), 4U);
}

TEST_F(LateBatchTest, AnErrorOfTheStoreIsThatEventsAlone) {
  RawCall stream(gateway_.channel, kPublishBatch);
  ASSERT_TRUE(stream.Write(Batch(1, 3)));
  ASSERT_TRUE(WaitForArrived(1));
  store_.Answer(0, absl::ResourceExhaustedError("full"));
  ASSERT_TRUE(WaitForArrived(2));
  store_.Answer(1, absl::UnavailableError("away"));
  ASSERT_TRUE(WaitForArrived(3));
  store_.Answer(2);
  EXPECT_THAT(Texts(stream.ReadAs<PublishBatchResponse>()),
              ElementsAre("error 8: full", "error 14: away", "epoch-3"));
}

TEST_F(LateBatchTest, APublisherThatIsGoneWaitsForNothing) {
  {
    RawCall stream(gateway_.channel, kPublishBatch);
    ASSERT_TRUE(stream.Write(Batch(1, 3)));
    ASSERT_TRUE(WaitForArrived(1));
  }
  EXPECT_TRUE(WaitFor([&] { return gateway_.stats.publishers.value() == 0; }));
  store_.Answer(0);
  EXPECT_TRUE(WaitFor([&] { return gateway_.stats.waiting_bytes.value() == 0; }));
  EXPECT_EQ(store_.arrived(), 1U) << "what it had not got to is dropped";
  EXPECT_EQ(gateway_.stats.ok.value(), 1U);
}

TEST_F(LateBatchTest, TheEndAnswersWhatIsLeft) {
  RawCall stream(gateway_.channel, kPublishBatch);
  ASSERT_TRUE(stream.Write(Batch(1, 3)));
  ASSERT_TRUE(WaitForArrived(1));
  std::thread shutdown([&] { gateway_.server.Shutdown(std::chrono::seconds(30)); });
  store_.Stop();
  const auto response = stream.ReadAs<PublishBatchResponse>();
  ASSERT_EQ(response.results_size(), 3);
  for (const auto& result : response.results()) EXPECT_EQ(result.error().code(), 14);
  EXPECT_FALSE(stream.Read().has_value());
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  shutdown.join();
}

TEST_F(LateBatchTest, SoMuchMayWait) {
  PublishBatchRequest large = Batch(1, 1);
  for (int i = 0; i < 40; ++i) {
    *large.add_events() = JsonEvent("large", "\"" + std::string(90'000, 'x') + "\"");
  }
  std::vector<std::unique_ptr<RawCall>> streams;
  const size_t fit = kMaxWaitingBytes / large.ByteSizeLong();
  for (size_t i = 0; i < fit; ++i) {
    streams.push_back(std::make_unique<RawCall>(gateway_.channel, kPublishBatch));
    ASSERT_TRUE(streams.back()->Write(large));
    ASSERT_TRUE(WaitForArrived(i + 1));
  }
  RawCall one_more(gateway_.channel, kPublishBatch);
  ASSERT_TRUE(one_more.Write(large));
  const auto response = one_more.ReadAs<PublishBatchResponse>();
  ASSERT_EQ(response.results_size(), large.events_size());
  for (const auto& result : response.results()) EXPECT_EQ(result.error().code(), 8);
  EXPECT_EQ(store_.arrived(), fit);
}

}  // namespace
}  // namespace ssegw::ingest
