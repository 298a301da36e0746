#include "tests/testing/crowd/delivery_checker.h"

#include <gtest/gtest.h>

#include "internal/base/concat.h"
#include "tests/testing/crowd/stamp.h"

namespace ssegw::testing {
namespace {

using std::chrono::seconds;

constexpr uint32_t kTopic = 5;
constexpr base::TimePoint kStart{seconds(1000)};

// A connection and what it gets.
class Feed {
 public:
  explicit Feed(const Coverage& coverage) : checker_(coverage) {
    checker_.OnConnect(kStart);
    if (coverage.gateway_ids) Greet();
  }

  void Event(uint64_t seq, uint64_t number, uint32_t key = 0, uint32_t topic = kTopic,
             base::TimePoint published_at = kStart) {
    const std::string stamp = StampText({.published_ns = published_at.time_since_epoch().count(),
                                         .topic = topic,
                                         .key = key,
                                         .number = number});
    Block("", seq, base::Concat(R"({"id":")", stamp, R"("})"));
  }
  void Deleted(uint64_t seq, uint32_t key) {
    Block("gateway.deleted", seq,
          base::Concat(R"({"topic":"t.)", kTopic, R"(","key":")", key, R"("})"));
  }
  void Reset(const std::string& reason, const std::string& missed) {
    Block("gateway.reset", 0,
          base::Concat(R"({"reason":")", reason, R"(","missed":)", missed, "}"));
  }
  void Reconnect() {
    checker_.OnConnect(kStart + seconds(10));
    Greet();
  }
  // As a gateway does that goes on from where it was.
  void Greet() {
    const std::string presented = checker_.last_id();
    Frame("gateway.cut", presented);
    Frame("gateway.hello", presented);
  }
  void Frame(const std::string& event, const std::string& id = "") {
    const ScannedBlock block{
        .id = id, .event = event, .retry_ms = {}, .has_data = true, .data = "{}"};
    checker_.OnBlock(block, kStart + seconds(2), deliveries_);
  }
  void Block(const std::string& event, uint64_t seq, const std::string& data) {
    ScannedBlock block;
    if (seq > 0) block.id = base::Concat(epoch_, "-", seq);
    block.event = event;
    block.has_data = !data.empty();
    block.data = data;
    checker_.OnBlock(block, kStart + seconds(2), deliveries_);
  }

  std::string epoch_ = "e";
  Deliveries deliveries_;
  DeliveryChecker checker_;
};

constexpr Coverage kState{.first_topic = kTopic, .topics = 2, .keys = 3};
constexpr Coverage kEvery{
    .first_topic = kTopic, .keys = 2, .every_event = true, .from_the_first = true};

std::vector<KeyNumbers> Newest(const KeyNumbers& of_topic, const KeyNumbers& of_next = {0, 0, 0}) {
  std::vector<KeyNumbers> topics(kTopic);
  topics.push_back(of_topic);
  topics.push_back(of_next);
  return topics;
}

TEST(DeliveryCheckerTest, TakesAnyIdsWhereTheyAreNotTheGateways) {
  Coverage coverage = kEvery;
  coverage.gateway_ids = false;
  Feed feed(coverage);
  feed.Event(9, 1);
  feed.Event(8, 2);
  feed.epoch_ = "other";
  feed.Event(7, 3);
  EXPECT_EQ(feed.deliveries_.order_violations, 0u);
  EXPECT_EQ(feed.checker_.last_id(), "other-7");
  feed.Event(6, 5);
  EXPECT_EQ(feed.deliveries_.lost_events, 1u);
  feed.Event(5, 4);
  EXPECT_EQ(feed.deliveries_.order_violations, 1u);
}

TEST(DeliveryCheckerTest, KnowsTheNewestOfEachKey) {
  Feed feed(kState);
  EXPECT_TRUE(feed.checker_.IsAt(Newest({0, 0, 0})));
  feed.Event(1, 1, 0);
  feed.Event(2, 1, 2, kTopic + 1);
  feed.Event(3, 2, 0);
  feed.Event(5, 4, 1);
  EXPECT_TRUE(feed.checker_.IsAt(Newest({2, 4, 0}, {0, 0, 1})));
  EXPECT_FALSE(feed.checker_.IsAt(Newest({2, 5, 0}, {0, 0, 1})));
  feed.Deleted(6, 1);
  EXPECT_TRUE(feed.checker_.IsAt(Newest({2, 0, 0}, {0, 0, 1})));
  feed.Reset("expired", "null");
  EXPECT_TRUE(feed.checker_.IsAt(Newest({0, 0, 0}, {0, 0, 0})));
  EXPECT_EQ(feed.deliveries_.first_fault, "");
  EXPECT_EQ(feed.deliveries_.events, 4u);
  EXPECT_EQ(feed.deliveries_.deletions, 1u);
  EXPECT_EQ(feed.deliveries_.resets_expired, 1u);
}

TEST(DeliveryCheckerTest, CountsWhatIsOutOfOrder) {
  struct Case {
    const char* name;
    void (*feed)(Feed&);
    uint64_t violations;
  };
  const Case cases[] = {
      {"ids that increase", [](Feed& f) { f.Event(2, 2); }, 0},
      {"an id twice", [](Feed& f) { f.Event(1, 2); }, 1},
      {"an event twice", [](Feed& f) { f.Event(2, 1); }, 1},
      {"an event of the topic's past", [](Feed& f) { f.Event(2, 5), f.Event(3, 4, 1); }, 1},
      {"another epoch", [](Feed& f) { f.epoch_ = "f", f.Event(2, 2); }, 1},
      {"after a resume it goes on", [](Feed& f) { f.Reconnect(), f.Event(2, 2); }, 0},
      {"after a resume from before", [](Feed& f) { f.Reconnect(), f.Event(1, 2); }, 1},
      {"after a reset it begins again",
       [](Feed& f) { f.Reset("other_epoch", "null"), f.epoch_ = "f", f.Event(1, 1); }, 0},
  };
  for (const Case& c : cases) {
    Feed feed(kState);
    feed.Event(1, 1);
    c.feed(feed);
    EXPECT_EQ(feed.deliveries_.order_violations, c.violations) << c.name;
    EXPECT_EQ(feed.deliveries_.first_fault.empty(), c.violations == 0) << c.name;
  }
}

TEST(DeliveryCheckerTest, CountsWhatIsStrange) {
  Feed feed(kState);
  feed.Event(1, 1, 0, kTopic + 2);
  feed.Event(2, 1, 3);
  feed.Event(3, 1, 0, kTopic - 1);
  feed.Block("", 4, "{}");
  feed.Block("alert", 5, "{}");
  EXPECT_EQ(feed.deliveries_.strange_events, 5u);
}

TEST(DeliveryCheckerTest, CountsAGreetingThatIsNone) {
  struct Case {
    const char* name;
    void (*feed)(Feed&);
    uint64_t strange;
  };
  const Case cases[] = {
      {"a whole one", [](Feed& f) { f.Greet(), f.Frame("gateway.live"); }, 0},
      {"none", [](Feed& f) { f.Event(8, 8); }, 1},
      {"an event before gateway.hello",
       [](Feed& f) { f.Frame("gateway.cut", "e-7"), f.Event(8, 8); }, 1},
      {"without the id that was presented",
       [](Feed& f) { f.Frame("gateway.cut"), f.Frame("gateway.hello", "e-7"); }, 1},
      {"it goes on elsewhere",
       [](Feed& f) { f.Frame("gateway.cut", "e-7"), f.Frame("gateway.hello", "e-8"); }, 1},
      {"the id is not honoured",
       [](Feed& f) { f.Frame("gateway.cut", "e-7"), f.Frame("gateway.hello"); }, 0},
      {"turned away", [](Feed& f) { f.Frame("gateway.cut", "e-7"), f.Frame("gateway.bye"); }, 0},
      {"gateway.live twice",
       [](Feed& f) { f.Greet(), f.Frame("gateway.live"), f.Frame("gateway.live"); }, 1},
      {"greeted twice", [](Feed& f) { f.Greet(), f.Greet(); }, 2},
      {"heartbeats",
       [](Feed& f) { f.Greet(), f.Frame("gateway.heartbeat"), f.Frame("gateway.heartbeat"); }, 0},
  };
  for (const Case& c : cases) {
    Feed feed(kState);
    feed.Event(7, 7);
    feed.checker_.OnConnect(kStart + seconds(10));
    c.feed(feed);
    EXPECT_EQ(feed.deliveries_.strange_events, c.strange) << c.name;
  }
}

TEST(DeliveryCheckerTest, WithEveryEventNoneMayBeMissing) {
  Feed feed(kEvery);
  feed.Event(10, 1, 0);
  feed.Event(11, 2, 1);
  feed.Deleted(12, 1);
  feed.Event(20, 4, 0);
  EXPECT_EQ(feed.deliveries_.lost_events, 0u);
  feed.Event(21, 8, 0);
  EXPECT_EQ(feed.deliveries_.lost_events, 3u);
  feed.Event(22, 9, 0);
  EXPECT_EQ(feed.deliveries_.lost_events, 3u);
}

TEST(DeliveryCheckerTest, TheFirstEventOfAllMayNotBeMissingEither) {
  Feed feed(kEvery);
  feed.Event(10, 2, 0);
  EXPECT_EQ(feed.deliveries_.lost_events, 1u);
}

TEST(DeliveryCheckerTest, WhatAResetSaysIsMissedIsNotLost) {
  struct Case {
    const char* name;
    const char* missed;
    uint64_t lost;
  };
  for (const Case& c : {Case{"exact", "4", 0}, Case{"too few", "2", 1}, Case{"too many", "7", 1}}) {
    Feed feed(kEvery);
    feed.Event(10, 1, 0);
    feed.Reset("expired", c.missed);
    // The snapshot: the other key is deleted.
    feed.Event(14, 5, 0);
    feed.Event(15, 6, 0);
    feed.Event(16, 7, 0);
    EXPECT_EQ(feed.deliveries_.lost_events, c.lost) << c.name;
  }
}

TEST(DeliveryCheckerTest, WhereItWasAwayItIsSureAfterTheSnapshot) {
  Feed feed(kEvery);
  feed.Event(10, 1, 0);
  feed.Reset("expired", "null");
  feed.Event(20, 50, 1);
  feed.Event(30, 60, 0);
  // Of two keys a snapshot has two events at most.
  feed.Event(31, 61, 0);
  feed.Event(32, 62, 0);
  EXPECT_EQ(feed.deliveries_.lost_events, 0u);
  feed.Event(34, 64, 0);
  EXPECT_EQ(feed.deliveries_.lost_events, 1u);
}

TEST(DeliveryCheckerTest, GivesTheLastIdThatABrowserWouldSend) {
  Feed feed(kState);
  EXPECT_EQ(feed.checker_.last_id(), "");
  feed.Block("", 7, "");
  EXPECT_EQ(feed.checker_.last_id(), "")
      << "not every browser takes the id of a block without data";
  feed.checker_.OnConnect(kStart);
  feed.Frame("gateway.cut");
  feed.Frame("gateway.hello", "e-7");
  EXPECT_EQ(feed.checker_.last_id(), "e-7") << "of start=live";
  feed.Event(8, 1);
  feed.Deleted(9, 0);
  EXPECT_EQ(feed.checker_.last_id(), "e-9");
  feed.Reset("expired", "null");
  feed.Block("gateway.bye", 0, R"({"reason":"drain"})");
  EXPECT_EQ(feed.checker_.last_id(), "e-9") << "control events without an id do not change it";
  EXPECT_EQ(feed.deliveries_.byes, 1u);
}

TEST(DeliveryCheckerTest, MeasuresWhatWasPublishedWhileItWasThere) {
  Feed feed(kState);
  feed.Event(1, 1, 0, kTopic, kStart - seconds(1));
  EXPECT_EQ(feed.deliveries_.latency.count(), 0u);
  feed.Event(2, 2, 0, kTopic, kStart + seconds(1));
  EXPECT_EQ(feed.deliveries_.latency.count(), 1u);
  EXPECT_EQ(feed.deliveries_.latency.max(), seconds(1));
}

}  // namespace
}  // namespace ssegw::testing
