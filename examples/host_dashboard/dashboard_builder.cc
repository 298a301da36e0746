#include "examples/host_dashboard/dashboard_builder.h"

#include <google/protobuf/timestamp.pb.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <utility>

namespace host_dashboard {
namespace {

using google::protobuf::Timestamp;
using ssegateway::v1::Dashboard;
using ssegateway::v1::Panel;
using ssegateway::v1::Series;
using ssegateway::v1::Status;
using ssegateway::v1::Table;

constexpr int kHistoryPoints = 60;
constexpr std::size_t kProcessRows = 10;

// Units are UCUM codes.
constexpr char kPercent[] = "%";
constexpr char kBytes[] = "By";
constexpr char kBytesPerSecond[] = "By/s";
constexpr char kSeconds[] = "s";
constexpr char kNumber[] = "1";

std::string Fixed1(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

// Digits that mean nothing would only make the JSON longer.
double Round1(double value) { return std::round(value * 10) / 10; }

Status Judge(double value, double warning, double critical) {
  if (value >= critical) return ssegateway::v1::STATUS_CRITICAL;
  if (value >= warning) return ssegateway::v1::STATUS_WARNING;
  return ssegateway::v1::STATUS_OK;
}

Timestamp ToTimestamp(std::chrono::system_clock::time_point time) {
  const std::int64_t ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  Timestamp timestamp;
  timestamp.set_seconds(ms / 1000);
  timestamp.set_nanos(static_cast<std::int32_t>(ms % 1000) * 1'000'000);
  return timestamp;
}

Panel& AddPanel(Dashboard& dashboard, const char* id, std::string title, const char* unit = "") {
  Panel& panel = *dashboard.add_panels();
  panel.set_id(id);
  panel.set_title(std::move(title));
  panel.set_unit(unit);
  return panel;
}

Panel& AddGauge(Dashboard& dashboard, const char* id, std::string title, const char* unit,
                double value) {
  Panel& panel = AddPanel(dashboard, id, std::move(title), unit);
  panel.set_gauge(value);
  return panel;
}

void AddSeries(Dashboard& dashboard, const char* id, const char* title, const char* unit,
               const Series& history) {
  if (history.points().empty()) return;
  *AddPanel(dashboard, id, title, unit).mutable_series() = history;
}

Table& AddTable(Dashboard& dashboard, const char* id, const char* title,
                std::initializer_list<const char*> columns) {
  Table& table = *AddPanel(dashboard, id, title).mutable_table();
  for (const char* column : columns) table.add_columns(column);
  return table;
}

void AddRow(Table& table, std::initializer_list<std::string> cells) {
  auto& row = *table.add_rows();
  for (const std::string& cell : cells) row.add_cells(cell);
}

void AddPoint(Series& history, const Timestamp& time, double value) {
  auto& points = *history.mutable_points();
  if (points.size() == kHistoryPoints) points.erase(points.begin());
  auto& point = *points.Add();
  *point.mutable_time() = time;
  point.set_value(value);
}

void AddCpu(Dashboard& dashboard, const HostRates& rates, const Series& history) {
  if (rates.cpu_percent) {
    AddGauge(dashboard, "cpu", "CPU", kPercent, Round1(*rates.cpu_percent))
        .set_status(Judge(*rates.cpu_percent, 80, 95));
  }
  AddSeries(dashboard, "cpu_history", "CPU, recent", kPercent, history);
  if (rates.core_percent.empty()) return;
  Table& table = AddTable(dashboard, "cpu_cores", "CPU by core", {"core", "%"});
  for (const auto& [core, percent] : rates.core_percent) {
    AddRow(table, {std::to_string(core), Fixed1(percent)});
  }
}

void AddMemory(Dashboard& dashboard, const MemoryBytes& memory) {
  const double used = static_cast<double>(memory.total - memory.available);
  const double total = static_cast<double>(memory.total);
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  AddGauge(dashboard, "memory", "Memory used of " + Fixed1(total / kGiB) + " GiB", kBytes, used)
      .set_status(Judge(100 * used / total, 85, 95));
}

void AddLoad(Dashboard& dashboard, const LoadAverages& load, std::size_t cores) {
  const double per_core = load.one_minute / static_cast<double>(std::max<std::size_t>(1, cores));
  AddGauge(dashboard, "load", "Load, 1 min", kNumber, load.one_minute)
      .set_status(Judge(per_core, 1.5, 4));
  AddGauge(dashboard, "load_5m", "Load, 5 min", kNumber, load.five_minutes);
  AddGauge(dashboard, "load_15m", "Load, 15 min", kNumber, load.fifteen_minutes);
}

void AddProcesses(Dashboard& dashboard, const std::vector<ProcessRate>& processes) {
  constexpr double kMiB = 1024.0 * 1024;
  Table& table =
      AddTable(dashboard, "processes", "Busiest processes", {"pid", "name", "CPU %", "RSS MiB"});
  for (std::size_t i = 0; i < std::min(processes.size(), kProcessRows); ++i) {
    const ProcessRate& process = processes[i];
    AddRow(table, {std::to_string(process.pid), process.name, Fixed1(process.cpu_percent),
                   Fixed1(static_cast<double>(process.rss_bytes) / kMiB)});
  }
}

}  // namespace

HostIdentity ReadHostIdentity() {
  HostIdentity identity;
  utsname name{};
  if (uname(&name) == 0) {
    identity.id = name.nodename;
    identity.os = name.sysname;
    identity.kernel = name.release;
    identity.arch = name.machine;
  }
  if (identity.id.empty()) identity.id = "localhost";
  if (auto os = ParseOsName(ReadFile("/etc/os-release"))) identity.os = *std::move(os);
  return identity;
}

DashboardBuilder::DashboardBuilder(HostIdentity identity) : identity_(std::move(identity)) {}

Dashboard DashboardBuilder::Build(const HostSample& sample, const HostRates& rates,
                                  std::chrono::system_clock::time_point observed_at) {
  const Timestamp time = ToTimestamp(observed_at);
  if (rates.cpu_percent) AddPoint(cpu_history_, time, Round1(*rates.cpu_percent));
  if (rates.network) {
    AddPoint(network_history_, time, std::round(rates.network->in + rates.network->out));
  }

  Dashboard dashboard;
  dashboard.set_id(identity_.id);
  dashboard.set_title(identity_.id);
  *dashboard.mutable_observed_at() = time;
  (*dashboard.mutable_labels())["os"] = identity_.os;
  (*dashboard.mutable_labels())["kernel"] = identity_.kernel;
  (*dashboard.mutable_labels())["arch"] = identity_.arch;

  AddCpu(dashboard, rates, cpu_history_);
  if (sample.memory) AddMemory(dashboard, *sample.memory);
  if (sample.load) AddLoad(dashboard, *sample.load, sample.cpu ? sample.cpu->cores.size() : 1);
  if (rates.disk) {
    AddGauge(dashboard, "disk_read", "Disk read", kBytesPerSecond, std::round(rates.disk->in));
    AddGauge(dashboard, "disk_write", "Disk written", kBytesPerSecond, std::round(rates.disk->out));
  }
  if (rates.network) {
    AddGauge(dashboard, "net_rx", "Network received", kBytesPerSecond,
             std::round(rates.network->in));
    AddGauge(dashboard, "net_tx", "Network sent", kBytesPerSecond, std::round(rates.network->out));
  }
  AddSeries(dashboard, "net_history", "Network, recent", kBytesPerSecond, network_history_);
  if (!rates.processes.empty()) AddProcesses(dashboard, rates.processes);
  if (sample.uptime_s) {
    AddPanel(dashboard, "uptime", "Uptime", kSeconds).set_counter(*sample.uptime_s);
  }
  AddPanel(dashboard, "kernel", "Kernel").set_text(identity_.kernel);
  return dashboard;
}

}  // namespace host_dashboard
