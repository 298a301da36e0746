#include "examples/host_dashboard/host_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "tests/unit/examples/value_of.h"

namespace host_dashboard {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr Units kUnits{.ticks_per_s = 100, .page_bytes = 4096};

HostSample At(int second) {
  HostSample sample;
  sample.time = std::chrono::steady_clock::time_point(seconds(second));
  return sample;
}

CpuStat Cpu(CpuTimes all, std::map<int, CpuTimes> cores = {}) { return {all, std::move(cores)}; }

struct CpuCase {
  std::string name;
  CpuTimes before;
  CpuTimes after;
  std::optional<double> percent;
};

class CpuPercentTest : public testing::TestWithParam<CpuCase> {};

TEST_P(CpuPercentTest, IsTheBusyPartOfTheTime) {
  HostSample before = At(0), after = At(1);
  before.cpu = Cpu(GetParam().before);
  after.cpu = Cpu(GetParam().after);
  EXPECT_EQ(Compare(before, after, kUnits).cpu_percent, GetParam().percent);
}

INSTANTIATE_TEST_SUITE_P(
    All, CpuPercentTest,
    testing::Values(CpuCase{"AQuarter", {100, 1000}, {150, 1200}, 25.0},
                    CpuCase{"Idle", {100, 1000}, {100, 1200}, 0.0},
                    CpuCase{"Full", {100, 1000}, {300, 1200}, 100.0},
                    CpuCase{"NoTimePassed", {100, 1000}, {100, 1000}, std::nullopt},
                    CpuCase{"TotalWentBack", {100, 1000}, {150, 900}, std::nullopt},
                    CpuCase{"BusyWentBack", {100, 1000}, {90, 1200}, 0.0},
                    CpuCase{"BusyOutranTotal", {100, 1000}, {200, 1050}, 100.0},
                    CpuCase{"NoCounters", {0, 0}, {0, 0}, std::nullopt}),
    [](const auto& test) { return test.param.name; });

TEST(CompareTest, ComparesOnlyCoresThatBothSamplesHave) {
  HostSample before = At(0), after = At(1);
  before.cpu = Cpu({}, {{0, {0, 100}}, {1, {0, 100}}});
  after.cpu = Cpu({}, {{0, {50, 200}}, {2, {900, 1000}}});
  EXPECT_THAT(Compare(before, after, kUnits).core_percent, ElementsAre(Pair(0, 50.0)));
}

TEST(CompareTest, HasNoRatesWithoutTimeBetween) {
  HostSample before = At(1), after = At(1);
  before.cpu = after.cpu = Cpu({1, 2});
  before.disks = after.disks = {{"vda", {1, 1}}};
  const HostRates rates = Compare(before, after, kUnits);
  EXPECT_FALSE(rates.cpu_percent);
  EXPECT_FALSE(rates.disk);
  EXPECT_THAT(rates.processes, IsEmpty());
}

TEST(CompareTest, SumsTheDevicesAndDividesByTheTime) {
  HostSample before = At(0), after = At(2);
  before.disks = {{"vda", {1000, 0}}, {"vdb", {0, 500}}};
  after.disks = {{"vda", {3000, 0}}, {"vdb", {0, 700}}};
  const HostRates rates = Compare(before, after, kUnits);
  EXPECT_DOUBLE_EQ(ValueOf(rates.disk).in, 1000);
  EXPECT_DOUBLE_EQ(ValueOf(rates.disk).out, 100);
  EXPECT_FALSE(rates.network);
}

TEST(CompareTest, TakesDevicesThatComeGoOrStartAgainForNothing) {
  HostSample before = At(0), after = At(1);
  before.networks = {{"eth0", {1000, 1000}}, {"gone0", {5, 5}}};
  after.networks = {{"eth0", {10, 1200}}, {"new0", {9999, 9999}}};
  const HostRates rates = Compare(before, after, kUnits);
  EXPECT_DOUBLE_EQ(ValueOf(rates.network).in, 0);
  EXPECT_DOUBLE_EQ(ValueOf(rates.network).out, 200);
}

ProcessStat Process(int pid, std::uint64_t start, std::uint64_t cpu, std::uint64_t pages = 1) {
  return {pid, "p" + std::to_string(pid), start, cpu, pages};
}

TEST(CompareTest, RanksProcessesByCpuThenBySize) {
  HostSample before = At(0), after = At(2);
  before.processes = {Process(1, 10, 100, 1), Process(2, 10, 100, 9), Process(3, 10, 100, 5)};
  after.processes = {Process(1, 10, 300, 1), Process(2, 10, 100, 5), Process(3, 10, 100, 9)};
  const HostRates rates = Compare(before, after, kUnits);
  ASSERT_EQ(rates.processes.size(), 3u);
  EXPECT_EQ(rates.processes[0].pid, 1);
  EXPECT_DOUBLE_EQ(rates.processes[0].cpu_percent, 100);
  EXPECT_EQ(rates.processes[1].pid, 3);
  EXPECT_EQ(rates.processes[1].rss_bytes, 9u * 4096);
  EXPECT_DOUBLE_EQ(rates.processes[1].cpu_percent, 0);
}

TEST(CompareTest, TakesAReusedPidForANewProcess) {
  HostSample before = At(0), after = At(1);
  before.processes = {Process(1, 10, 5000)};
  after.processes = {Process(1, 99, 50)};
  EXPECT_DOUBLE_EQ(Compare(before, after, kUnits).processes.at(0).cpu_percent, 50);
}

TEST(CompareTest, DoesNotTakeOldProcessesForNewWhenNoneCouldBeReadBefore) {
  HostSample after = At(1);
  after.processes = {Process(1, 10, 5000)};
  EXPECT_DOUBLE_EQ(Compare(At(0), after, kUnits).processes.at(0).cpu_percent, 0);
}

}  // namespace
}  // namespace host_dashboard
