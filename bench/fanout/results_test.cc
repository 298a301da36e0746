#include "bench/fanout/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/json.h"

namespace ssegw::bench {
namespace {

using ::testing::HasSubstr;

Outcome MakeOutcome() {
  return {
      .scenario = {.name = "isolated_10", .what = "an \"event\"", .connections = 10},
      .servers = {
          {.name = "gateway",
           .rounds = {{{kCpuPerFrame, 4000}}, {{kCpuPerFrame, 6000}}, {{kCpuPerFrame, 5000}}}},
          {.name = "floor",
           .rounds = {{{kCpuPerFrame, 2000}}, {{kCpuPerFrame, 2000}}, {{kCpuPerFrame, 2000}}}}}};
}

TEST(ResultsTest, JsonHasEveryRoundAndWhatRan) {
  const Provenance provenance = {.machine = {.cpu = "some CPU", .cpus = 2, .kernel = "Linux 6"},
                                 .gateway_version = "sse-gateway 1",
                                 .command = "ssegw_bench_fanout isolated_10",
                                 .date = "2026-01-01T00:00:00Z"};
  const auto json = testing::ParseJson(ToJson(provenance, {MakeOutcome()}));
  EXPECT_EQ(testing::StringAt(json, "machine.cpu"), "some CPU");
  EXPECT_EQ(testing::StringAt(json, "gateway"), "sse-gateway 1");
  EXPECT_THAT(testing::StringAt(json, "compiler"), HasSubstr("g++"));
  EXPECT_EQ(testing::StringAt(json, "command"), "ssegw_bench_fanout isolated_10");
  const auto& scenario = testing::At(json, "scenarios").list_value().values(0);
  EXPECT_EQ(testing::StringAt(scenario, "what"), "an \"event\"");
  EXPECT_EQ(testing::NumberAt(scenario, "connections"), 10);
  const auto& gateway = testing::At(scenario, "servers").list_value().values(0);
  const auto& rounds = testing::At(gateway, "rounds").list_value();
  ASSERT_EQ(rounds.values_size(), 3);
  EXPECT_EQ(testing::NumberAt(rounds.values(1), kCpuPerFrame), 6000);
}

TEST(ResultsTest, TablesHaveMediansAndTheRatioToTheLastServer) {
  const std::string tables = ToTables({MakeOutcome()});
  EXPECT_THAT(tables, HasSubstr("| isolated_10 | gateway | 5.000 |"));
  EXPECT_THAT(tables, HasSubstr("| 2.500 |\n| isolated_10 | floor | 2.000 |"));
}

TEST(ResultsTest, ManyTopicsHaveATableOfTheirOwn) {
  Outcome outcome = MakeOutcome();
  outcome.scenario.kind = Kind::kManyTopics;
  outcome.scenario.subtopics = 100;
  outcome.servers[1].name = "one_topic";
  const std::string tables = ToTables({MakeOutcome(), outcome});
  EXPECT_THAT(tables, HasSubstr("times the floor's |"));
  EXPECT_THAT(tables, HasSubstr("times one topic's |"));
  EXPECT_THAT(tables, HasSubstr("| 2.500 |\n| isolated_10 | one_topic | 2.000 |"));
  const auto json = testing::ParseJson(ToJson({}, {outcome}));
  const auto& scenario = testing::At(json, "scenarios").list_value().values(0);
  EXPECT_EQ(testing::NumberAt(scenario, "subtopics"), 100);
}

TEST(ResultsTest, SlowReadersHaveATableOfTheirOwn) {
  const Outcome outcome = {.scenario = {.name = "slow_readers",
                                        .kind = Kind::kSlowReaders,
                                        .slow = 10,
                                        .round = std::chrono::seconds(60)},
                           .servers = {{.name = "gateway",
                                        .rounds = {{{kGrowth, 3 * 1048576},
                                                    {kGrowthAlone, 1048576},
                                                    {kGrowthMore, 2 * 1048576},
                                                    {kP99, 1500},
                                                    {kP99Alone, 1000},
                                                    {kP99Times, 1.5}}}}}};
  EXPECT_THAT(ToTables({outcome}), HasSubstr("| slow_readers | gateway | 3.000 | 1.000 | 2.000 | "
                                             "1.500 | 1.000 | 1.500 |"));
  const auto json = testing::ParseJson(ToJson({}, {outcome}));
  const auto& scenario = testing::At(json, "scenarios").list_value().values(0);
  EXPECT_EQ(testing::NumberAt(scenario, "slow"), 10);
  EXPECT_EQ(testing::NumberAt(scenario, "round_ms"), 60000);
}

TEST(ResultsTest, CarriersAreComparedWithPlainHttp) {
  Outcome outcome = MakeOutcome();
  outcome.scenario.kind = Kind::kCarriers;
  outcome.scenario.carrier = {.tls = true, .streams_per_socket = 100};
  outcome.servers[1].name = "plain";
  const std::string tables = ToTables({outcome});
  EXPECT_THAT(tables, HasSubstr("times plain HTTP/1.1's |"));
  EXPECT_THAT(tables, HasSubstr("| 2.500 |\n| isolated_10 | plain | 2.000 |"));
  const auto json = testing::ParseJson(ToJson({}, {outcome}));
  const auto& scenario = testing::At(json, "scenarios").list_value().values(0);
  EXPECT_EQ(testing::NumberAt(scenario, "streams_per_socket"), 100);
}

TEST(ResultsTest, SessionsHandshakesAndTokensHaveTablesOfTheirOwn) {
  const auto table_of = [](Kind kind, const std::vector<ServerOutcome>& servers) {
    return ToTables({{.scenario = {.name = "x", .kind = kind}, .servers = servers}});
  };
  EXPECT_THAT(
      table_of(Kind::kIdleStreams,
               {{.name = "http2", .rounds = {{{kPssOfSocket, 90000}, {kPssOfStream, 800}}}}}),
      HasSubstr("| x | http2 | 90000 | | 800 |"));
  EXPECT_THAT(
      table_of(Kind::kHandshakes,
               {{.name = "gateway", .rounds = {{{kCpuPerFull, 200000}, {kFullOfCore, 5000}}}},
                {.name = "s_server", .rounds = {{{kFullOfCore, 4000}}}}}),
      HasSubstr("| x | gateway | 200 | | 5000 | 1.250 |"));
  EXPECT_THAT(table_of(Kind::kTokens, {{.name = "new_tokens",
                                        .rounds = {{{kCpuPerConnect, 80000}, {kCpuMore, 55000}}}}}),
              HasSubstr("| x | new_tokens | 80.0 | 55.0 |"));
}

TEST(ResultsTest, TablesTellOfFaultsAndOfWhatDidNotRun) {
  Outcome outcome = MakeOutcome();
  outcome.servers[0].faults.emplace_back("3 lost");
  EXPECT_THAT(ToTables({outcome}), HasSubstr("isolated_10: FAULT: gateway: 3 lost"));
  EXPECT_THAT(ToTables({{.scenario = {.name = "idle"}, .skipped = "too few files"}}),
              HasSubstr("idle: skipped: too few files"));
}

}  // namespace
}  // namespace ssegw::bench
