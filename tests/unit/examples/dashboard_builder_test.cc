#include "examples/host_dashboard/dashboard_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace host_dashboard {
namespace {

using ssegateway::v1::Dashboard;
using ssegateway::v1::Panel;
using std::chrono::milliseconds;
using testing::ElementsAre;

const HostIdentity kHost{"host-1", "Debian", "6.1.0", "x86_64"};

std::chrono::system_clock::time_point AtMs(std::int64_t ms) {
  return std::chrono::system_clock::time_point(milliseconds(ms));
}

std::vector<std::string> PanelIds(const Dashboard& dashboard) {
  std::vector<std::string> ids;
  for (const Panel& panel : dashboard.panels()) ids.push_back(panel.id());
  return ids;
}

// An empty panel where there is none with this id.
const Panel& PanelOf(const Dashboard& dashboard, const std::string& id) {
  for (const Panel& panel : dashboard.panels()) {
    if (panel.id() == id) return panel;
  }
  return Panel::default_instance();
}

HostSample FullSample() {
  HostSample sample;
  sample.cpu = ParseStat("cpu 2 0 0 2\ncpu0 1 0 0 1\ncpu1 1 0 0 1\n");
  sample.memory = MemoryBytes{4ull << 30, 1ull << 30};
  sample.load = LoadAverages{0.5, 0.4, 0.3};
  sample.uptime_s = 1276;
  return sample;
}

HostRates FullRates() {
  HostRates rates;
  rates.cpu_percent = 12.345;
  rates.core_percent = {{0, 10}, {1, 14.66}};
  rates.disk = IoRate{1.4, 2};
  rates.network = IoRate{30, 40};
  rates.processes = {{42, "bash", 99.95, 1572864}};
  return rates;
}

TEST(DashboardBuilderTest, ShowsTheMachine) {
  const Dashboard dashboard = DashboardBuilder(kHost).Build(FullSample(), FullRates(), AtMs(1500));
  EXPECT_EQ(dashboard.id(), "host-1");
  EXPECT_EQ(dashboard.observed_at().seconds(), 1);
  EXPECT_EQ(dashboard.observed_at().nanos(), 500'000'000);
  EXPECT_EQ(dashboard.labels().at("arch"), "x86_64");
  EXPECT_THAT(PanelIds(dashboard),
              ElementsAre("cpu", "cpu_history", "cpu_cores", "memory", "load", "load_5m",
                          "load_15m", "disk_read", "disk_write", "net_rx", "net_tx", "net_history",
                          "processes", "uptime", "kernel"));
  EXPECT_DOUBLE_EQ(PanelOf(dashboard, "cpu").gauge(), 12.3);
  EXPECT_EQ(PanelOf(dashboard, "cpu").unit(), "%");
  EXPECT_DOUBLE_EQ(PanelOf(dashboard, "memory").gauge(), 3.0 * (1ull << 30));
  EXPECT_EQ(PanelOf(dashboard, "memory").title(), "Memory used of 4.0 GiB");
  EXPECT_EQ(PanelOf(dashboard, "uptime").counter(), 1276u);
  EXPECT_EQ(PanelOf(dashboard, "kernel").text(), "6.1.0");
  EXPECT_THAT(PanelOf(dashboard, "cpu_cores").table().rows(1).cells(), ElementsAre("1", "14.7"));
  EXPECT_THAT(PanelOf(dashboard, "processes").table().rows(0).cells(),
              ElementsAre("42", "bash", "100.0", "1.5"));
  EXPECT_DOUBLE_EQ(PanelOf(dashboard, "net_history").series().points(0).value(), 70);
}

TEST(DashboardBuilderTest, LeavesOutWhatTheMachineDoesNotShow) {
  EXPECT_THAT(PanelIds(DashboardBuilder(kHost).Build({}, {}, AtMs(0))), ElementsAre("kernel"));
}

TEST(DashboardBuilderTest, JudgesLoadWithoutKnowingTheCores) {
  HostSample sample;
  sample.load = LoadAverages{2, 0, 0};
  sample.cpu = ParseStat("cpu 1 0 0 1\n");  // a machine that shows no single core
  const Dashboard dashboard = DashboardBuilder(kHost).Build(sample, {}, AtMs(0));
  EXPECT_EQ(PanelOf(dashboard, "load").status(), ssegateway::v1::STATUS_WARNING);
}

TEST(DashboardBuilderTest, KeepsTheNewestSixtyPoints) {
  DashboardBuilder builder(kHost);
  Dashboard dashboard;
  for (int i = 0; i < 100; ++i) {
    HostRates rates;
    rates.cpu_percent = i;
    dashboard = builder.Build({}, rates, AtMs(i * 1000));
  }
  const auto& points = PanelOf(dashboard, "cpu_history").series().points();
  ASSERT_EQ(points.size(), 60);
  EXPECT_DOUBLE_EQ(points[0].value(), 40);
  EXPECT_DOUBLE_EQ(points[59].value(), 99);
  EXPECT_EQ(points[59].time().seconds(), 99);
}

TEST(DashboardBuilderTest, ShowsTheBusiestTenProcesses) {
  HostRates rates;
  for (int pid = 0; pid < 50; ++pid) rates.processes.push_back({pid, "p", 0, 0});
  const Dashboard dashboard = DashboardBuilder(kHost).Build({}, rates, AtMs(0));
  const auto& rows = PanelOf(dashboard, "processes").table().rows();
  ASSERT_EQ(rows.size(), 10);
  EXPECT_EQ(rows[9].cells(0), "9");
}

struct StatusCase {
  std::string name;
  double cpu_percent;
  ssegateway::v1::Status status;
};

class CpuStatusTest : public testing::TestWithParam<StatusCase> {};

TEST_P(CpuStatusTest, FollowsTheThresholds) {
  HostRates rates;
  rates.cpu_percent = GetParam().cpu_percent;
  const Dashboard dashboard = DashboardBuilder(kHost).Build({}, rates, AtMs(0));
  EXPECT_EQ(PanelOf(dashboard, "cpu").status(), GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(All, CpuStatusTest,
                         testing::Values(StatusCase{"Calm", 79.9, ssegateway::v1::STATUS_OK},
                                         StatusCase{"Busy", 80, ssegateway::v1::STATUS_WARNING},
                                         StatusCase{"NearlyBusy", 94.9,
                                                    ssegateway::v1::STATUS_WARNING},
                                         StatusCase{"Full", 95, ssegateway::v1::STATUS_CRITICAL}),
                         [](const auto& test) { return test.param.name; });

TEST(HostIdentityTest, NamesThisMachine) {
  const HostIdentity host = ReadHostIdentity();
  EXPECT_FALSE(host.id.empty());
  EXPECT_FALSE(host.kernel.empty());
  EXPECT_FALSE(host.arch.empty());
}

}  // namespace
}  // namespace host_dashboard
