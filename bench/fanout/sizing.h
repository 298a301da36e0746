#ifndef SSEGW_BENCH_FANOUT_SIZING_H_
#define SSEGW_BENCH_FANOUT_SIZING_H_

#include <cstddef>
#include <string>
#include <vector>

#include "bench/fanout/outcome.h"
#include "bench/fanout/scenario.h"

namespace ssegw::bench {

// The arithmetic of docs/operations/sizing.md, from what was measured to pods and bandwidth.

// What the gateway costs.
struct Costs {
  double event_ns = 0;              // CPU, to take an event and deliver it once
  double isolated_delivery_ns = 0;  // CPU, each further time
  double burst_delivery_ns = 0;     // CPU, where 32 come at once
  double connect_ns = 0;            // CPU
  double idle_ns = 0;               // CPU, of a connection in a second
  double connection_bytes = 0;      // of the process
  double kernel_bytes = 0;          // of a connection that has nothing waiting; 0: not known
  double process_bytes = 0;         // without connections
  double frame_bytes = 0;           // with all of HTTP
};

// What a pod is given, and how much of it is planned with.
struct Pod {
  double cpus = 2;
  double memory_bytes = 1024.0 * 1024 * 1024;
  // The rest is for bursts, for what comes back from another pod, and for what was not measured.
  double planned_cpu = 0.6;
  // As docs/operations/overload.md has it.
  double planned_memory = 2.0 / 3;
  // That a pod that dies takes with it, and that come to the others at once.
  double connections = 50'000;
};

struct Need {
  double deliveries_per_second = 0;
  double cores = 0;  // that work, all pods together
  double memory_bytes = 0;
  double bits_per_second = 0;  // to browsers or their proxy, with TCP, IP and Ethernet
  size_t pods = 0;
  std::string limit;  // which decides how many
};

// For so many connections with so many events a second each, of a stream that is the same for all.
Need NeedOf(const Costs& costs, const Pod& pod, double connections, double events_per_second);

// What SizingTables needs to have run.
std::vector<Scenario> SizingScenarios();
// Of the first server. Failure: a scenario is missing.
Costs CostsOf(const std::vector<Outcome>& outcomes);
// In Markdown, as the page has them.
std::string SizingTables(const Costs& costs, const Pod& pod = {});

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_SIZING_H_
