#include "bench/fanout/sizing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using ::testing::HasSubstr;

// Round numbers: 0.2 million deliveries a second and core, 5,000 B a connection.
constexpr Costs kCosts = {.event_ns = 20'000,
                          .isolated_delivery_ns = 5'000,
                          .burst_delivery_ns = 500,
                          .connect_ns = 100'000,
                          .idle_ns = 0,
                          .connection_bytes = 1'500,
                          .kernel_bytes = 3'500,
                          .process_bytes = 8 * 1024 * 1024,
                          .frame_bytes = 234};
constexpr Pod kPod = {.cpus = 2,
                      .memory_bytes = 900.0 * 1024 * 1024,
                      .planned_cpu = 0.5,
                      .planned_memory = 0.5,
                      .connections = 50'000};

TEST(SizingTest, CpuDecidesWhereThereIsMuchToDeliver) {
  // A pod plans with one core: 0.9998 s are left for 20,000 connections of 50 µs each, but for the
  // 0.2 ms that ten events a second take.
  const Need need = NeedOf(kCosts, kPod, 1e6, 10);
  EXPECT_EQ(need.deliveries_per_second, 1e7);
  EXPECT_EQ(need.pods, 51u);
  EXPECT_EQ(need.limit, "CPU");
  EXPECT_NEAR(need.cores, 50 + 51 * 10 * 20e-6, 1e-9);
  EXPECT_DOUBLE_EQ(need.bits_per_second, 1e7 * (234 + 66) * 8);
}

TEST(SizingTest, TheRuleDecidesWhereThereIsLittle) {
  const Need need = NeedOf(kCosts, kPod, 1e6, 0.1);
  EXPECT_EQ(need.pods, 20u);
  EXPECT_EQ(need.limit, "connections of a pod");
}

TEST(SizingTest, MemoryDecidesWhereAPodHasLittleOfIt) {
  Pod pod = kPod;
  pod.memory_bytes = 300.0 * 1024 * 1024;
  // 150 MiB, less 128 for the window and the snapshot and 8 for the process, are 2,936 connections.
  const Need need = NeedOf(kCosts, pod, 10'000, 1);
  EXPECT_EQ(need.limit, "memory");
  EXPECT_EQ(need.pods, 4u);
  EXPECT_DOUBLE_EQ(need.memory_bytes, 10'000 * 5'000.0 + 4 * 136.0 * 1024 * 1024);
}

TEST(SizingTest, OnePodHasNoLimit) { EXPECT_EQ(NeedOf(kCosts, kPod, 1000, 1).limit, "none"); }

TEST(SizingTest, TablesShowTheArithmetic) {
  const std::string tables = SizingTables(kCosts, kPod);
  EXPECT_THAT(tables, HasSubstr("| deliveries a second, events alone | 100,000 |"));
  EXPECT_THAT(tables, HasSubstr("| connections, kernel memory included | 215,000 |"));
  EXPECT_THAT(tables, HasSubstr("| 1,000,000 | 10 | 10,000,000 | 50"));
  EXPECT_THAT(tables, HasSubstr("| bandwidth out: deliveries × (234 B + 66 B) × 8 | 2.4"));
}

TEST(SizingTest, CostsAreThoseOfTheFirstServer) {
  std::vector<Outcome> outcomes;
  for (const Scenario& scenario : SizingScenarios()) {
    outcomes.push_back({.scenario = scenario,
                        .servers = {{.name = "gateway", .rounds = {{{kCpuPerFrame, 7}}}},
                                    {.name = "floor", .rounds = {{{kCpuPerFrame, 3}}}}}});
  }
  EXPECT_EQ(CostsOf(outcomes).isolated_delivery_ns, 7);
  outcomes.pop_back();
  EXPECT_THROW(CostsOf(outcomes), testing::Failure);
}

}  // namespace
}  // namespace ssegw::bench
