// PublishBatch at gateways that share a log: the real binary, and a real nats-server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "tests/integration/two_gateways_test.h"
#include "tests/testing/batch_call.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ::testing::ElementsAre;
using ::testing::SizeIs;

Event Numbered(uint32_t number) {
  Event event = NumberedEvent("t", "key", number);
  event.set_message_id(base::Concat("number-", number));
  return event;
}

std::vector<Event> NumberedFrom(uint32_t first, uint32_t count) {
  std::vector<Event> events;
  for (uint32_t i = 0; i < count; ++i) events.push_back(Numbered(first + i));
  return events;
}

class ReplicasBatchTest : public TwoGatewaysTest {
 protected:
  std::vector<std::string> Flags() const override { return {"--store_publish_timeout=1s"}; }
  // All of the log, up to an event that is published now.
  static std::vector<SseBlock> Log(const GatewayProcess& gateway) {
    const std::string end = Publisher(gateway.grpc()).MustPublish(NumberedEvent("end", "k", 1));
    SseReader reader(gateway.http(), {.query = "topic=t&topic=end&mode=all&start=earliest"});
    std::vector<SseBlock> blocks = reader.EventsThrough(end);
    std::erase_if(blocks, [](const SseBlock& block) { return KeyOf(block) != "key"; });
    return blocks;
  }
  // Each event is there once, with the id that its publisher was told.
  static void ExpectEachOnce(const std::vector<SseBlock>& log, const PublishedBatches& published) {
    std::set<uint32_t> seen;
    for (const SseBlock& block : log) {
      const uint32_t number = NumberOf(block);
      EXPECT_TRUE(seen.insert(number).second) << number << " is there twice";
      ASSERT_LE(number, published.ids.size());
      EXPECT_EQ(block.id, published.ids[number - 1]);
    }
    EXPECT_EQ(seen.size(), published.ids.size());
  }
};

TEST_F(ReplicasBatchTest, ABatchComesOutOfAllInItsOrderAndWhatIsRefusedLeavesNoTrace) {
  SseReader at_b(b_->http(), {.query = "mode=all"});
  at_b.AwaitLive();
  std::vector<Event> events = NumberedFrom(1, 40);
  events[19].set_topic("not a topic");
  events[20].clear_dashboard();
  BatchCall to_a(a_->grpc());
  std::vector<std::string> texts = TextsOf(to_a.Exchange(events));
  ASSERT_THAT(texts, SizeIs(40));
  EXPECT_EQ(texts[19], "error 3");
  EXPECT_EQ(texts[20], "error 3");
  texts.erase(texts.begin() + 19, texts.begin() + 21);
  const std::vector<SseBlock> received = at_b.Events(38);
  EXPECT_EQ(IdsOf(received), texts);
  EXPECT_TRUE(std::ranges::is_sorted(NumbersOf(received)));

  // A repeat is known within a batch, in the next one, and at the other gateway.
  BatchCall to_b(b_->grpc());
  const std::vector<std::string> repeats =
      TextsOf(to_b.Exchange({Numbered(40), Numbered(41), Numbered(41), Numbered(1)}));
  ASSERT_THAT(repeats, SizeIs(4));
  const std::string& id = repeats[1];
  EXPECT_THAT(repeats, ElementsAre(texts[37] + " again", id, id + " again", texts[0] + " again"));
  EXPECT_THAT(TextsOf(to_a.Exchange({Numbered(41)})), ElementsAre(id + " again"));
  EXPECT_EQ(at_b.Event().id, id);
  EXPECT_THAT(Log(*b_), SizeIs(39));
}

TEST_F(ReplicasBatchTest, WhatWasAcknowledgedWhenTheServersWentAwayIsThereAndNothingIsTwice) {
  size_t kills = 0;
  const auto kill_sometimes = [&](size_t stored) {
    if (kills >= 2 || stored < (kills + 1) * 500) return;
    ++kills;
    nats_->Kill();
    // The first time it is back too late for an event, the second time it is not.
    if (kills == 1) {
      EXPECT_TRUE(WaitFor(
          [&] { return a_->Scrape()[R"(events_received_total{result="unavailable"})"] > 0; }));
    }
    nats_->Start();
  };
  const PublishedBatches published =
      PublishInBatches([&] { return a_->grpc(); }, NumberedFrom(1, 1500), 50, kill_sometimes);
  EXPECT_EQ(kills, 2U);
  ExpectEachOnce(Log(*b_), published);
  ExpectEachOnce(Log(*a_), published);
}

TEST_F(ReplicasBatchTest, APublisherWhoseGatewayIsKilledGoesOnAtAnother) {
  bool killed = false;
  const auto kill_once = [&](size_t stored) {
    if (killed || stored < 300) return;
    killed = true;
    a_->Kill();
  };
  const PublishedBatches published = PublishInBatches(
      [&] { return killed ? b_->grpc() : a_->grpc(); }, NumberedFrom(1, 1000), 50, kill_once);
  EXPECT_GE(published.calls, 2U);
  ExpectEachOnce(Log(*b_), published);
}

}  // namespace
}  // namespace ssegw::testing
