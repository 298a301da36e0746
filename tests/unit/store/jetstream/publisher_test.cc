#include "internal/store/jetstream/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "internal/store/jetstream/stored_event.h"
#include "tests/unit/store/jetstream/played_server.h"

namespace ssegw::store::jetstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SentMessage;
using ::testing::SizeIs;
using ::testing::StartsWith;

class PublisherTest : public ::testing::Test {
 protected:
  PublisherTest() {
    publisher_.SetEpoch("epoch");
    Connect();
  }
  ~PublisherTest() override { Disconnect(); }

  void Connect() {
    Disconnect();
    publisher_.SetRequests(server_.Connect());
  }
  void Disconnect() {
    publisher_.SetRequests(nullptr);
    server_.Disconnect();
  }

  void Append(const std::string& key, const std::string& message_id = "",
              const std::string& json = "1", uint64_t lane = 0) {
    publisher_.Append(
        {.frame = sse::Frame::Create({.topic = "t", .key = key, .json = json}),
         .message_id = message_id,
         .lane = lane},
        [this, key](AppendResult result) {
          answers_.push_back(key + " " +
                             (result.ok() ? result->id + (result->duplicate ? " again" : "")
                                          : result.status().ToString()));
        });
  }
  void AppendTo(uint64_t lane, const std::string& key) { Append(key, "", "1", lane); }
  std::vector<std::string> Keys(const std::vector<SentMessage>& sent) {
    std::vector<std::string> keys;
    for (const SentMessage& message : sent) {
      keys.push_back(message.subject.substr(message.subject.rfind('~') + 1));
    }
    return keys;
  }
  SentMessage TakeOne() {
    const std::vector<SentMessage> sent = server_.nats.TakeSent();
    EXPECT_EQ(sent.size(), 1U);
    return sent.empty() ? SentMessage() : sent[0];
  }
  void Answer(const SentMessage& message, const std::string& data) {
    server_.nats.Answer(message, data);
    server_.Run();
  }
  void NoResponders(const SentMessage& message) {
    server_.nats.AnswerStatus(message, 503);
    server_.Run();
  }
  uint64_t retries(PublishRetry why) const { return stats_.publish_retries[why].value(); }

  PlayedServer server_;
  SharedLogStats stats_;
  std::vector<std::string> answers_;
  Publisher publisher_{server_.loop, stats_, {.name = "n", .writer = "w"}};
};

TEST_F(PublisherTest, AnswersWithTheSeqThatTheStreamGave) {
  Append("k", "order 1");
  const SentMessage sent = TakeOne();
  EXPECT_EQ(sent.subject, "n.e.t.~k");
  EXPECT_EQ(sent.header.at("Nats-Msg-Id"), "p:order=201");
  EXPECT_TRUE(DecodeStoredEvent("t", "k", sent.data, base::Moment::Now()));
  EXPECT_TRUE(answers_.empty());
  EXPECT_EQ(stats_.inflight_events.value(), 1U);
  Answer(sent, Ack(17));
  EXPECT_THAT(answers_, ElementsAre("k epoch-17"));
  EXPECT_EQ(publisher_.appended(), 1U);
  EXPECT_EQ(stats_.inflight_events.value(), 0U);
}

TEST_F(PublisherTest, ARepeatOfAPublisherIsToldAndNotCounted) {
  Append("k", "m");
  Answer(TakeOne(), Ack(3, /*duplicate=*/true));
  EXPECT_THAT(answers_, ElementsAre("k epoch-3 again"));
  EXPECT_EQ(publisher_.appended(), 0U);
}

TEST_F(PublisherTest, ARepeatOfTheGatewaysOwnIsNone) {
  Append("k");
  const SentMessage first = TakeOne();
  EXPECT_THAT(first.header.at("Nats-Msg-Id"), StartsWith("g:w-"));
  server_.Run(seconds(2));
  const SentMessage second = TakeOne();
  EXPECT_EQ(second.header, first.header);
  EXPECT_EQ(second.data, first.data);
  Answer(second, Ack(3, /*duplicate=*/true));
  EXPECT_THAT(answers_, ElementsAre("k epoch-3"));
  EXPECT_EQ(publisher_.appended(), 1U);
  EXPECT_EQ(retries(PublishRetry::kTimeout), 1U);
  // From the first attempt on.
  EXPECT_EQ(stats_.publish_ns.sum_ns(), 2'000'000'000U);
}

TEST_F(PublisherTest, WaitsForALinkAndSendsInOrder) {
  Disconnect();
  Append("a");
  Append("b");
  server_.Run(seconds(9));
  EXPECT_TRUE(answers_.empty());
  Connect();
  const std::vector<SentMessage> sent = server_.nats.TakeSent();
  EXPECT_THAT(Keys(sent), ElementsAre("a", "b"));
  Answer(sent[0], Ack(1));
  Answer(sent[1], Ack(2));
  EXPECT_THAT(answers_, ElementsAre("a epoch-1", "b epoch-2"));
}

TEST_F(PublisherTest, WhatWasOutWhenTheLinkWentIsSentAgainOverTheNext) {
  Append("a");
  Append("b");
  const std::vector<SentMessage> first = server_.nats.TakeSent();
  Connect();
  const std::vector<SentMessage> second = server_.nats.TakeSent();
  ASSERT_THAT(Keys(second), ElementsAre("a", "b"));
  EXPECT_EQ(second[0].header, first[0].header);
  EXPECT_EQ(retries(PublishRetry::kDisconnected), 2U);
}

TEST_F(PublisherTest, WhileNobodyTakesEventsOneIsTriedForAll) {
  for (const char* key : {"a", "b", "c"}) Append(key);
  for (const SentMessage& message : server_.nats.TakeSent()) {
    server_.nats.AnswerStatus(message, 503);
  }
  server_.Run();
  Append("d");
  EXPECT_TRUE(server_.nats.TakeSent().empty()) << "not at once";
  for (int i = 0; i < 3; ++i) {
    server_.Run(Publisher::kMaxPause);
    const SentMessage probe = TakeOne();
    EXPECT_EQ(probe.subject, "n.e.t.~a");
    NoResponders(probe);
  }
  server_.Run(Publisher::kMaxPause);
  Answer(TakeOne(), Ack(1));
  EXPECT_THAT(Keys(server_.nats.TakeSent()), ElementsAre("b", "c", "d"));
  EXPECT_EQ(retries(PublishRetry::kNoResponders), 6U);
}

TEST_F(PublisherTest, WhatIsCertainlyNotStoredSaysSo) {
  Append("tried");
  NoResponders(TakeOne());
  Disconnect();
  Append("never sent");
  server_.Run(seconds(10));
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[0], StartsWith("tried UNAVAILABLE: not stored:"));
  EXPECT_THAT(answers_[1], StartsWith("never sent UNAVAILABLE: not stored:"));
  EXPECT_EQ(stats_.publish_unknown.value(), 0U);
}

TEST_F(PublisherTest, OnlyWhoGaveAMessageIdIsToldToSendItAgainWithIt) {
  Append("without");
  Append("with", "m");
  server_.Run(seconds(10));
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[0], HasSubstr("it had no message_id"));
  EXPECT_THAT(answers_[1], HasSubstr("send it again with the same message_id"));
}

TEST_F(PublisherTest, WhatMayBeStoredSaysSo) {
  Append("out");
  server_.Run(seconds(1));
  Append("lost");
  // Its attempt ends without an answer, and the one after it with a certain no.
  server_.Run(seconds(2));
  std::vector<SentMessage> sent = server_.nats.TakeSent();
  ASSERT_THAT(Keys(sent), ElementsAre("out", "lost", "out", "lost"));
  NoResponders(sent[3]);
  Disconnect();
  server_.Run(seconds(8));
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[0], StartsWith("out UNAVAILABLE: outcome unknown:"));
  EXPECT_THAT(answers_[1], StartsWith("lost UNAVAILABLE: outcome unknown:"));
  EXPECT_EQ(stats_.publish_unknown.value(), 2U);
}

TEST_F(PublisherTest, AnAnswerThatComesTooLateFindsNobody) {
  Append("k");
  server_.Run(seconds(10));
  ASSERT_EQ(answers_.size(), 1U);
  for (const SentMessage& message : server_.nats.TakeSent()) Answer(message, Ack(1));
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(PublisherTest, AFullStoreIsToldAtOnce) {
  for (const int code : {kStoreFailed, kInsufficientResources, kStorageResourcesExceeded}) {
    answers_.clear();
    Append("k");
    Answer(TakeOne(), Refusal(code, "maximum bytes exceeded"));
    ASSERT_EQ(answers_.size(), 1U);
    EXPECT_THAT(answers_[0], StartsWith("k RESOURCE_EXHAUSTED"));
    EXPECT_THAT(answers_[0], HasSubstr("maximum bytes exceeded"));
  }
}

TEST_F(PublisherTest, ARefusalSaysNothingOfAnEarlierAttempt) {
  Append("k");
  server_.Run(seconds(2));
  std::vector<SentMessage> sent = server_.nats.TakeSent();
  ASSERT_EQ(sent.size(), 2U);
  Answer(sent[1], Refusal(kStoreFailed));
  EXPECT_TRUE(answers_.empty());
  server_.Run(Publisher::kMaxPause);
  Answer(TakeOne(), Ack(4, /*duplicate=*/true));
  EXPECT_THAT(answers_, ElementsAre("k epoch-4"));
}

TEST_F(PublisherTest, WhatIsTooLargeCanNeverBeStored) {
  server_.nats.SetServer({.address = "small:4222", .max_payload = 2000});
  Connect();
  Append("large", "", std::string(1000, '1'));
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_THAT(answers_[0], StartsWith("large INVALID_ARGUMENT"));
  EXPECT_THAT(answers_[0], HasSubstr("max_payload 2000 less 1024"));
  Append("k");
  Answer(TakeOne(), Refusal(kMessageTooLargeForStream, "message size exceeds maximum allowed"));
  EXPECT_THAT(answers_.at(1), StartsWith("k INVALID_ARGUMENT"));
}

TEST_F(PublisherTest, OtherErrorsMayPass) {
  Append("k");
  Answer(TakeOne(), Refusal(kTemporarilyUnavailable));
  server_.Run(Publisher::kMaxPause);
  Answer(TakeOne(), "what is this?");
  server_.Run(Publisher::kMaxPause);
  Answer(TakeOne(), Ack(1));
  EXPECT_THAT(answers_, ElementsAre("k epoch-1"));
}

TEST_F(PublisherTest, TakesNoMoreThanItsBounds) {
  Disconnect();
  for (size_t i = 0; i < Publisher::kMaxEvents; ++i) Append("k");
  EXPECT_TRUE(answers_.empty());
  Append("one too many");
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_THAT(answers_[0], StartsWith("one too many UNAVAILABLE: not stored: 4096 events"));
  server_.Run(seconds(10));
  EXPECT_EQ(answers_.size(), 1U + Publisher::kMaxEvents);
  answers_.clear();
  const std::string json(1'000'000, '1');
  for (int i = 0; i < 33; ++i) Append("k", "", json);
  EXPECT_TRUE(answers_.empty());
  Append("k", "", json);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_THAT(answers_[0], StartsWith("k UNAVAILABLE: not stored: 33 events"));
}

TEST_F(PublisherTest, StopAnswersAllThatIsLeft) {
  Append("out");
  Disconnect();
  Append("waits");
  server_.nats.TakeSent();
  publisher_.Stop();
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[0], StartsWith("out UNAVAILABLE: outcome unknown:"));
  EXPECT_THAT(answers_[1], StartsWith("waits UNAVAILABLE: not stored:"));
  Append("after");
  EXPECT_THAT(answers_.at(2), StartsWith("after UNAVAILABLE: not stored:"));
  Connect();
  server_.Run(seconds(20));
  EXPECT_TRUE(server_.nats.TakeSent().empty());
  EXPECT_EQ(answers_.size(), 3U);
}

TEST_F(PublisherTest, OfALaneOneIsOutAtATime) {
  AppendTo(1, "a1");
  AppendTo(1, "a2");
  AppendTo(2, "b1");
  AppendTo(1, "a3");
  Append("c");
  const std::vector<SentMessage> sent = server_.nats.TakeSent();
  EXPECT_THAT(Keys(sent), ElementsAre("a1", "b1", "c"));
  Answer(sent[1], Ack(1));
  EXPECT_TRUE(server_.nats.TakeSent().empty());
  Answer(sent[0], Ack(2));
  EXPECT_THAT(Keys(server_.nats.TakeSent()), ElementsAre("a2"));
  // It has to be sent again, and stays before the one after it.
  server_.Run(seconds(2));
  const std::vector<SentMessage> again = server_.nats.TakeSent();
  ASSERT_THAT(Keys(again), ElementsAre("c", "a2"));
  Answer(again[1], Ack(3));
  const SentMessage third = TakeOne();
  EXPECT_THAT(Keys({third}), ElementsAre("a3"));
  AppendTo(1, "a4");
  EXPECT_TRUE(server_.nats.TakeSent().empty());
  // Also behind one that is refused.
  Answer(third, Refusal(kStoreFailed));
  EXPECT_THAT(Keys(server_.nats.TakeSent()), ElementsAre("a4"));
  AppendTo(2, "b2");
  EXPECT_THAT(Keys(server_.nats.TakeSent()), ElementsAre("b2")) << "nothing is before it";
}

TEST_F(PublisherTest, TheNextOfALaneIsSentBeforeTheOneBeforeItIsAnswered) {
  std::vector<std::string> sent;
  publisher_.Append({.frame = sse::Frame::Create({.topic = "t", .key = "a1", .json = "1"}),
                     .message_id = "",
                     .lane = 1},
                    [&](const AppendResult& /*result*/) { sent = Keys(server_.nats.TakeSent()); });
  AppendTo(1, "a2");
  Answer(TakeOne(), Ack(1));
  EXPECT_THAT(sent, ElementsAre("a2"));
}

TEST_F(PublisherTest, WithManyOfALaneBehindThemAnswersAreGivenTogether) {
  constexpr size_t kEvents = Publisher::kManyBehind + 4;
  for (size_t i = 0; i < kEvents; ++i) AppendTo(1, std::to_string(i));
  AppendTo(2, "other");
  std::vector<SentMessage> sent = server_.nats.TakeSent();
  ASSERT_THAT(Keys(sent), ElementsAre("0", "other"));
  Answer(sent[0], Ack(1));
  Answer(TakeOne(), Ack(2));
  EXPECT_TRUE(answers_.empty()) << "the next are sent meanwhile";
  server_.Run(Publisher::kAnswerPause);
  EXPECT_THAT(answers_, ElementsAre("0 epoch-1", "1 epoch-2")) << "but not for long";
  Answer(TakeOne(), Ack(3));
  EXPECT_THAT(answers_, SizeIs(2));
  // Nobody is behind this one, so it is not kept waiting, and takes along those before it.
  Answer(sent[1], Ack(4));
  EXPECT_THAT(answers_, ElementsAre("0 epoch-1", "1 epoch-2", "2 epoch-3", "other epoch-4"));
  Answer(TakeOne(), Ack(5));
  EXPECT_THAT(answers_, SizeIs(4));
  // With fewer behind them they are not kept waiting.
  for (size_t i = 4; i < kEvents; ++i) {
    Answer(TakeOne(), Ack(i + 2));
    EXPECT_THAT(answers_, SizeIs(i + 2)) << i;
  }
}

TEST_F(PublisherTest, ARefusalIsToldAtOnceWithAllThatWasBeforeIt) {
  for (size_t i = 0; i < 9; ++i) AppendTo(1, std::to_string(i));
  Answer(TakeOne(), Ack(1));
  EXPECT_TRUE(answers_.empty());
  Answer(TakeOne(), Refusal(10077, "full"));
  EXPECT_THAT(answers_, ElementsAre("0 epoch-1", StartsWith("1 RESOURCE_EXHAUSTED")));
}

TEST_F(PublisherTest, StopAnswersWhatWasAboutToBeAnswered) {
  Append("a");
  server_.nats.Answer(TakeOne(), Ack(1));
  // Behind what hears of the acknowledgement.
  server_.loop.Post([&] {
    publisher_.Stop();
    EXPECT_EQ(answers_.size(), 1U);
  });
  server_.Run();
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(PublisherTest, WhatIsBehindAnEventThatIsNotTakenIsCertainlyNotStored) {
  AppendTo(1, "a1");
  AppendTo(1, "a2");
  for (int i = 0; i < 5; ++i) server_.Run(seconds(2));
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[0], StartsWith("a1 UNAVAILABLE: outcome unknown:"));
  EXPECT_THAT(answers_[1], StartsWith("a2 UNAVAILABLE: not stored:"));
  EXPECT_THAT(Keys(server_.nats.TakeSent()), ::testing::Each("a1"));
  AppendTo(1, "a3");
  EXPECT_THAT(Keys(server_.nats.TakeSent()), ElementsAre("a3"));
}

TEST_F(PublisherTest, TheOneThatIsTriedHoldsUpNobodyBeyondItsTime) {
  Append("a");
  server_.Run(seconds(9));
  server_.nats.TakeSent();
  Append("b");
  NoResponders(TakeOne());
  server_.Run(Publisher::kMaxPause);
  EXPECT_THAT(Keys(server_.nats.TakeSent()), ElementsAre("b")) << "a is still out";
  Append("c");
  server_.Run(seconds(1));
  server_.Run(seconds(2));
  EXPECT_THAT(answers_, ElementsAre(StartsWith("a UNAVAILABLE: outcome unknown:")));
  Answer(TakeOne(), Ack(1));
  EXPECT_THAT(Keys(server_.nats.TakeSent()), ElementsAre("c"));
}

}  // namespace
}  // namespace ssegw::store::jetstream
