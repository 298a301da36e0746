#include "bench/fanout/load.h"

#include <gtest/gtest.h>

#include "bench/fanout/floor_server.h"
#include "bench/fanout/gateway_server.h"

namespace ssegw::bench {
namespace {

TEST(LoadTest, ThoseThatNeverReadAreSpreadEvenly) {
  size_t never = 0;
  for (size_t i = 0; i < 1000; ++i) {
    never += NeverReads(i, 10) ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(never), static_cast<double>(i) / 10, 1);
    EXPECT_FALSE(NeverReads(i, 0));
    EXPECT_TRUE(NeverReads(i, 100));
  }
  EXPECT_EQ(never, 100u);
}

TEST(LoadTest, KnowsWhoReadsWhat) {
  FloorServer floor;
  Load load(floor.target(), {.connections = 20, .topics = 4, .never_reading_percent = 25});
  load.WaitUntilOpen(std::chrono::seconds(30));
  EXPECT_EQ(load.ReadersOf(0), 5u);
  EXPECT_EQ(load.ReadersOf(3), 0u) << "every fourth never reads";
  floor.Publish({{.topic = 0, .number = 1}, {.topic = 1, .number = 1}});
  EXPECT_TRUE(load.WaitForEvents(10, std::chrono::seconds(30)));
  const LoadReport report = load.Report();
  EXPECT_EQ(report.events, 10u);
  EXPECT_EQ(report.latency.count(), 10u);
  EXPECT_EQ(report.faults(), 0u);
  EXPECT_EQ(report.requested, 20u);
}

TEST(LoadTest, ReadsAsSlowlyAsItIsTold) {
  constexpr uint64_t kEvents = 64;
  FloorServer floor;
  Load load(floor.target(), {.connections = 1, .bytes_per_second = 10'000});
  load.WaitUntilOpen(std::chrono::seconds(30));
  std::vector<NumberedEvent> events;
  for (uint64_t number = 1; number <= kEvents; ++number) events.push_back({.number = number});
  floor.Publish(events);
  // 16 kB.
  EXPECT_FALSE(load.WaitForEvents(kEvents, std::chrono::milliseconds(500)));
  EXPECT_TRUE(load.WaitForEvents(kEvents, std::chrono::seconds(30)));
  EXPECT_EQ(load.Report().faults(), 0u);
}

TEST(LoadTest, FollowsAllTopicsBelowOne) {
  GatewayServer gateway;
  Load load(gateway.target(), {.connections = 3, .with_all_below = true});
  load.WaitUntilOpen(std::chrono::seconds(30));
  gateway.Publish({{.number = 1, .subtopic = 7}, {.number = 2, .subtopic = 9}});
  EXPECT_TRUE(load.WaitForEvents(6, std::chrono::seconds(30)));
  EXPECT_EQ(load.Report().faults(), 0u);
}

TEST(LoadTest, GoesOverTlsAndOverHttp2) {
  for (const Carrier& carrier : {Carrier{.tls = true}, Carrier{.streams_per_socket = 5},
                                 Carrier{.tls = true, .streams_per_socket = 5}}) {
    GatewayServer gateway({}, carrier);
    Load load(gateway.target(), {.connections = 10, .topics = 2});
    load.WaitUntilOpen(std::chrono::seconds(30));
    gateway.Publish({{.topic = 0, .number = 1}, {.topic = 1, .number = 1}});
    EXPECT_TRUE(load.WaitForEvents(10, std::chrono::seconds(30)));
    EXPECT_EQ(load.Report().faults(), 0u) << load.Report().FaultText();
  }
}

}  // namespace
}  // namespace ssegw::bench
