// From two samples of a machine's counters to what happened between them.

#ifndef EXAMPLES_HOST_DASHBOARD_HOST_RATES_H_
#define EXAMPLES_HOST_DASHBOARD_HOST_RATES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "examples/host_dashboard/host_stats.h"

namespace host_dashboard {

// Bytes per second.
struct IoRate {
  double in = 0;
  double out = 0;
};

struct ProcessRate {
  int pid = 0;
  std::string name;
  // Of one core: a process with two busy threads has 200.
  double cpu_percent = 0;
  std::uint64_t rss_bytes = 0;
};

struct HostRates {
  std::optional<double> cpu_percent;
  std::map<int, double> core_percent;
  // Absent where the machine shows no such device.
  std::optional<IoRate> disk;
  std::optional<IoRate> network;
  // Busiest first, then largest first.
  std::vector<ProcessRate> processes;
};

// What the kernel counts in.
struct Units {
  long ticks_per_s = 100;
  long page_bytes = 4096;
};
Units SystemUnits();

// Cores, devices and processes may come and go between the samples, and counters may start again:
// only what both samples have is compared, and nothing is ever negative. Without time between the
// samples there are no rates.
HostRates Compare(const HostSample& before, const HostSample& after, const Units& units);

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_HOST_RATES_H_
