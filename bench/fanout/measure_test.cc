#include "bench/fanout/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "bench/fanout/floor_server.h"
#include "bench/fanout/gateway_server.h"

namespace ssegw::bench {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Events = std::vector<NumberedEvent>;

const MeasureOptions kShort = {.rounds = 2, .round = milliseconds(100)};
// A fault is waited for.
const MeasureOptions kImpatient = {
    .rounds = 1, .round = milliseconds(100), .patience = milliseconds(500)};
const Scenario kSmall = {
    .name = "small", .connections = 20, .topics = 3, .burst = 6, .interval = milliseconds(10)};

// The floor, with somebody on the way to it who changes what is published.
class Tampered : public Server {
 public:
  explicit Tampered(std::function<void(Events&)> tamper) : tamper_(std::move(tamper)) {}

  Target target() const override { return floor_.target(); }
  base::Duration CpuTime() override { return floor_.CpuTime(); }
  size_t PssBytes() override { return floor_.PssBytes(); }
  void Publish(const Events& events) override {
    Events changed = events;
    tamper_(changed);
    floor_.Publish(changed);
  }

 private:
  FloorServer floor_;
  const std::function<void(Events&)> tamper_;
};

std::vector<std::string> FaultsWith(const std::function<void(Events&)>& tamper) {
  const Candidate candidate = {.name = "tampered",
                               .start = [&] { return std::make_unique<Tampered>(tamper); }};
  const Outcome outcome = Measure(kSmall, {candidate}, kImpatient);
  EXPECT_EQ(outcome.holds(), outcome.servers.front().faults.empty());
  return outcome.servers.front().faults;
}

TEST(MeasureTest, FindsNoFaultWhereThereIsNone) {
  EXPECT_THAT(FaultsWith([](Events&) {}), IsEmpty());
}

TEST(MeasureTest, TellsOfAnEventThatIsLost) {
  EXPECT_THAT(FaultsWith([](Events& events) { events.pop_back(); }),
              ElementsAre(HasSubstr("deliveries are lost")));
}

TEST(MeasureTest, TellsOfEventsThatComeInAnotherOrder) {
  // The first and the fourth are of one topic.
  EXPECT_THAT(FaultsWith([](Events& events) { std::swap(events[0], events[3]); }),
              ElementsAre(HasSubstr("out of order")));
}

TEST(MeasureTest, TellsOfAnEventThatComesTwice) {
  EXPECT_THAT(FaultsWith([](Events& events) { events.push_back(events.back()); }), Not(IsEmpty()));
}

TEST(MeasureTest, MeasuresTheSameBytesOnBothSides) {
  const Outcome outcome =
      Measure(kSmall,
              {{.name = "gateway", .start = [] { return std::make_unique<GatewayServer>(); }},
               {.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }}},
              kShort);
  ASSERT_TRUE(outcome.holds()) << ::testing::PrintToString(outcome.servers[0].faults)
                               << ::testing::PrintToString(outcome.servers[1].faults);
  for (const ServerOutcome& server : outcome.servers) {
    EXPECT_EQ(server.rounds.size(), 2u);
    EXPECT_GT(MedianOf(server, kCpuPerFrame), 0);
    EXPECT_GT(MedianOf(server, kP99), 0);
    EXPECT_GE(MedianOf(server, kP999), MedianOf(server, kP50));
  }
  // But for the digits of a seq.
  EXPECT_NEAR(MedianOf(outcome.servers[0], kFrameBytes), MedianOf(outcome.servers[1], kFrameBytes),
              2);
  EXPECT_NEAR(MedianOf(outcome.servers[0], kFrameBytes), 250, 10);
}

TEST(MeasureTest, ThoseThatNeverReadAreNotWaitedFor) {
  Scenario scenario = kSmall;
  scenario.never_reading_percent = 20;
  const Outcome outcome =
      Measure(scenario,
              {{.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }}}, kShort);
  EXPECT_THAT(outcome.servers.front().faults, IsEmpty());
}

TEST(MeasureTest, MeasuresManyTopicsBesideOne) {
  Scenario scenario = kSmall;
  scenario.kind = Kind::kManyTopics;
  scenario.topics = 1;
  scenario.subtopics = 100;
  const Outcome outcome = Measure(
      scenario, {{.name = "gateway", .start = [] { return std::make_unique<GatewayServer>(); }}},
      kShort);
  ASSERT_TRUE(outcome.holds()) << ::testing::PrintToString(outcome.servers[0].faults)
                               << ::testing::PrintToString(outcome.servers[1].faults);
  ASSERT_EQ(outcome.servers.size(), 2u);
  EXPECT_EQ(outcome.servers[1].name, "one_topic");
  for (const ServerOutcome& server : outcome.servers) EXPECT_EQ(server.rounds.size(), 2u);
  EXPECT_GT(MedianRatio(outcome.servers[0], outcome.servers[1], kCpuPerFrame), 0);
}

TEST(MeasureTest, TellsOfAServerThatHasNoFilters) {
  Scenario scenario = kSmall;
  scenario.kind = Kind::kManyTopics;
  scenario.subtopics = 100;
  const Outcome outcome =
      Measure(scenario,
              {{.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }}}, kShort);
  EXPECT_THAT(outcome.servers.front().faults, ElementsAre(HasSubstr("no filters")));
}

class Hungry : public Tampered {
 public:
  Hungry() : Tampered([](Events&) {}) {}
  size_t PssBytes() override { return pss_bytes_ += size_t{1} << 31; }

 private:
  size_t pss_bytes_ = 0;
};

const Scenario kSmallSlow = {.name = "small",
                             .kind = Kind::kSlowReaders,
                             .connections = 5,
                             .data_bytes = 16 * 1024,
                             .interval = milliseconds(10),
                             .slow = 2,
                             .never_reading = 3,
                             .fill_bytes = 1024 * 1024};

TEST(MeasureTest, SlowReadersAreNoFaultAndMemoryIsLookedAt) {
  const Outcome outcome =
      Measure(kSmallSlow,
              {{.name = "gateway",
                .start =
                    [] {
                      return std::make_unique<GatewayServer>(
                          std::vector<std::string>{"--window_max_bytes=524288"});
                    }},
               {.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }}},
              kShort);
  for (const ServerOutcome& server : outcome.servers) {
    EXPECT_THAT(server.faults, IsEmpty()) << server.name;
    EXPECT_EQ(server.rounds.size(), 2u);
    EXPECT_TRUE(Has(server, kGrowthMore));
    EXPECT_GT(MedianOf(server, kP99Times), 0);
    EXPECT_EQ(MedianOf(server, kSlowLost), 0);
  }
}

TEST(MeasureTest, WhatTheHealthyLoseBesideSlowReadersIsAFault) {
  const Candidate candidate = {
      .name = "tampered",
      .start = [] { return std::make_unique<Tampered>([](Events& events) { events.clear(); }); }};
  EXPECT_THAT(Measure(kSmallSlow, {candidate}, kImpatient).servers.front().faults,
              ElementsAre(HasSubstr("healthy alone: 5 of 5 deliveries are lost")));
}

TEST(MeasureTest, AServerThatGrowsWithoutEndIsGivenUp) {
  const Outcome outcome = Measure(
      kSmallSlow, {{.name = "hungry", .start = [] { return std::make_unique<Hungry>(); }}}, kShort);
  EXPECT_THAT(outcome.servers.front().faults, ElementsAre(HasSubstr("more than 1024 MiB")));
}

TEST(MeasureTest, ARoundIsAsLongAsTheScenarioSays) {
  Scenario scenario = kSmallSlow;
  scenario.slow = 0;
  scenario.never_reading = 0;
  scenario.round = milliseconds(300);
  const base::TimePoint began = base::Now();
  EXPECT_TRUE(Measure(scenario,
                      {{.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }}},
                      {.rounds = 1, .round = std::chrono::hours(1)})
                  .holds());
  EXPECT_GE(base::Now() - began, 2 * scenario.round);
}

TEST(MeasureTest, LooksAtIdleConnections) {
  Scenario scenario = kSmall;
  scenario.kind = Kind::kIdle;
  const Outcome outcome =
      Measure(scenario,
              {{.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }}}, kShort);
  EXPECT_THAT(outcome.servers.front().faults, IsEmpty());
  EXPECT_GT(MedianOf(outcome.servers.front(), kPssAlone), 0);
}

TEST(MeasureTest, CountsWhatConnectingCosts) {
  Scenario scenario = kSmall;
  scenario.kind = Kind::kConnect;
  const Outcome outcome =
      Measure(scenario,
              {{.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }}}, kShort);
  EXPECT_THAT(outcome.servers.front().faults, IsEmpty());
  EXPECT_GT(MedianOf(outcome.servers.front(), kCpuPerConnect), 0);
  EXPECT_GT(MedianOf(outcome.servers.front(), kConnects), 0);
}

TEST(MeasureTest, DoesNotBeginWithMoreConnectionsThanFiles) {
  Scenario scenario = kSmall;
  scenario.connections = size_t{1} << 40;
  EXPECT_THAT(Measure(scenario, {}, kShort).skipped, HasSubstr("too few"));
}

TEST(MeasureTest, TellsOfAServerThatDoesNotStart) {
  const Outcome outcome = Measure(
      kSmall,
      {{.name = "gateway",
        .start =
            [] { return std::make_unique<GatewayServer>(std::vector<std::string>{"--mode=x"}); }},
       {.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }}},
      kShort);
  ASSERT_EQ(outcome.servers.size(), 2u);
  EXPECT_THAT(outcome.servers[0].faults, ElementsAre(HasSubstr("does not listen")));
  EXPECT_THAT(outcome.servers[1].faults, IsEmpty()) << "the others are measured";
  EXPECT_EQ(outcome.servers[1].rounds.size(), 2u);
  EXPECT_FALSE(outcome.holds());
}

}  // namespace
}  // namespace ssegw::bench
