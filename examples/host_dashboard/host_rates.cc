#include "examples/host_dashboard/host_rates.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace host_dashboard {
namespace {

// A counter that went back has started again: nothing is known of the time between.
double Increase(std::uint64_t before, std::uint64_t after) {
  return after > before ? static_cast<double>(after - before) : 0;
}

std::optional<double> BusyPercent(const CpuTimes& before, const CpuTimes& after) {
  const double total = Increase(before.total, after.total);
  if (total <= 0) return std::nullopt;
  return std::min(100.0, 100.0 * Increase(before.busy, after.busy) / total);
}

std::optional<IoRate> Rate(const IoByDevice& before, const IoByDevice& after, double elapsed_s) {
  if (after.empty()) return std::nullopt;
  IoRate rate;
  for (const auto& [name, bytes] : after) {
    const auto old = before.find(name);
    if (old == before.end()) continue;
    rate.in += Increase(old->second.in, bytes.in) / elapsed_s;
    rate.out += Increase(old->second.out, bytes.out) / elapsed_s;
  }
  return rate;
}

std::vector<ProcessRate> Busiest(const std::vector<ProcessStat>& before,
                                 const std::vector<ProcessStat>& after, double elapsed_s,
                                 const Units& units) {
  std::map<std::pair<int, std::uint64_t>, std::uint64_t> old_ticks;
  for (const ProcessStat& p : before) old_ticks[{p.pid, p.start_ticks}] = p.cpu_ticks;

  std::vector<ProcessRate> rates;
  rates.reserve(after.size());
  for (const ProcessStat& p : after) {
    // One that was not there before has started since, so all its ticks are new. Unless nothing
    // could be read before.
    const auto old = old_ticks.find({p.pid, p.start_ticks});
    const std::uint64_t from = old != old_ticks.end() ? old->second
                               : before.empty()       ? p.cpu_ticks
                                                      : 0;
    const double busy_s =
        Increase(from, p.cpu_ticks) / static_cast<double>(std::max(1L, units.ticks_per_s));
    rates.push_back({p.pid, p.name, 100.0 * busy_s / elapsed_s,
                     p.rss_pages * static_cast<std::uint64_t>(std::max(0L, units.page_bytes))});
  }
  std::sort(rates.begin(), rates.end(), [](const ProcessRate& a, const ProcessRate& b) {
    return std::tie(b.cpu_percent, b.rss_bytes, a.pid) <
           std::tie(a.cpu_percent, a.rss_bytes, b.pid);
  });
  return rates;
}

}  // namespace

Units SystemUnits() { return {sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE)}; }

HostRates Compare(const HostSample& before, const HostSample& after, const Units& units) {
  HostRates rates;
  const double elapsed_s = std::chrono::duration<double>(after.time - before.time).count();
  if (elapsed_s <= 0) return rates;

  if (before.cpu && after.cpu) {
    rates.cpu_percent = BusyPercent(before.cpu->all, after.cpu->all);
    for (const auto& [core, times] : after.cpu->cores) {
      const auto old = before.cpu->cores.find(core);
      if (old == before.cpu->cores.end()) continue;
      if (const auto percent = BusyPercent(old->second, times)) rates.core_percent[core] = *percent;
    }
  }
  rates.disk = Rate(before.disks, after.disks, elapsed_s);
  rates.network = Rate(before.networks, after.networks, elapsed_s);
  rates.processes = Busiest(before.processes, after.processes, elapsed_s, units);
  return rates;
}

}  // namespace host_dashboard
