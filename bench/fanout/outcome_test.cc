#include "bench/fanout/outcome.h"

#include <gtest/gtest.h>

namespace ssegw::bench {
namespace {

ServerOutcome With(const std::vector<double>& values) {
  ServerOutcome server{.name = "server"};
  for (const double value : values) server.rounds.push_back({{kCpuPerFrame, value}});
  return server;
}

TEST(OutcomeTest, TheMedianIsTheMiddleOne) {
  EXPECT_EQ(MedianOf(With({9, 1, 5}), kCpuPerFrame), 5);
  EXPECT_EQ(MedianOf(With({}), kCpuPerFrame), 0);
  EXPECT_FALSE(Has(With({1}), kP99));
}

TEST(OutcomeTest, RatiosAreOfTheSameRound) {
  // Of the medians it would be 20 / 20: a machine that was busy in two rounds of three.
  EXPECT_EQ(MedianRatio(With({20, 40, 10}), With({10, 20, 20}), kCpuPerFrame), 2);
}

TEST(OutcomeTest, ARoundThatTheOtherLacksHasNoRatio) {
  EXPECT_EQ(MedianRatio(With({20, 40}), With({10}), kCpuPerFrame), 2);
  EXPECT_EQ(MedianRatio(With({20}), With({0}), kCpuPerFrame), 0);
}

TEST(OutcomeTest, HoldsAsLongAsNobodyHasAFault) {
  Outcome outcome{.servers = {With({1}), With({1})}};
  EXPECT_TRUE(outcome.holds());
  outcome.servers[1].faults.emplace_back("1 lost");
  EXPECT_FALSE(outcome.holds());
}

}  // namespace
}  // namespace ssegw::bench
