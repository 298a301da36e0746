#include "bench/fanout/sizing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/figures.h"

namespace ssegw::bench {
namespace {

using base::Concat;
using testing::MarkdownTable;

constexpr double kSecond = 1e9;  // ns
constexpr double kKibibyte = 1024;
constexpr double kGibibyte = 1024 * 1024 * 1024;
// Ethernet 14, IPv4 20, TCP 20 with timestamps 12: an event that comes alone is a packet.
constexpr double kPacketBytes = 66;
// The window and the snapshot, full (--window_max_bytes, twice).
constexpr double kWindowBytes = 2 * 64 * 1024 * 1024;

constexpr char kEvent[] = "one_connection";
constexpr char kIsolated[] = "isolated_10000";
constexpr char kBurst[] = "burst_10000";
constexpr char kConnect[] = "connect_5000";
constexpr char kIdle[] = "idle_17500";

// Three digits count: "0.0913", "25.3", "1,230,000".
std::string Rounded(double value) {
  if (value < 1000) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.3g", value);
    return text.data();
  }
  const double unit = std::pow(10, std::floor(std::log10(value)) - 2);
  std::string digits = Concat(static_cast<int64_t>(std::round(value / unit) * unit));
  for (size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

std::string Bandwidth(double bits) {
  return bits < 1e9 ? Concat(Rounded(bits / 1e6), " Mbit/s")
                    : Concat(Rounded(bits / 1e9), " Gbit/s");
}

std::string Memory(double bytes) {
  return bytes < kGibibyte ? Concat(Rounded(bytes / kKibibyte / kKibibyte), " MiB")
                           : Concat(Rounded(bytes / kGibibyte), " GiB");
}

double CpuOfConnection(const Costs& costs, double events_per_second) {
  return (events_per_second * costs.isolated_delivery_ns + costs.idle_ns) / kSecond;
}

double BytesOfConnection(const Costs& costs) { return costs.connection_bytes + costs.kernel_bytes; }

double Pods(double connections, double connections_of_a_pod) {
  return std::ceil(connections / std::max(connections_of_a_pod, 1.0));
}

// What a pod holds by each of its limits.
struct Capacity {
  double by_cpu = 0;
  double by_memory = 0;
  double by_choice = 0;
};

Capacity CapacityOf(const Costs& costs, const Pod& pod, double events_per_second) {
  const double taking = events_per_second * costs.event_ns / kSecond;
  return {
      .by_cpu = (pod.cpus * pod.planned_cpu - taking) / CpuOfConnection(costs, events_per_second),
      .by_memory = (pod.memory_bytes * pod.planned_memory - costs.process_bytes - kWindowBytes) /
                   BytesOfConnection(costs),
      .by_choice = pod.connections};
}

double Figure(const std::vector<Outcome>& outcomes, const std::string& scenario,
              const std::string& figure) {
  for (const Outcome& outcome : outcomes) {
    if (outcome.scenario.name != scenario || outcome.servers.empty()) continue;
    return MedianOf(outcome.servers.front(), figure);
  }
  throw testing::Failure(Concat("sizing needs ", scenario, ", which did not run"));
}

std::string CostTable(const Costs& costs) {
  const auto microseconds = [](double ns) { return Concat(testing::Number(ns / 1000), " µs"); };
  return MarkdownTable(
      {{"what", "cost", "scenario"},
       {"an event, taken and delivered once", Concat(microseconds(costs.event_ns), " CPU"), kEvent},
       {"a delivery of an event that comes alone",
        Concat(microseconds(costs.isolated_delivery_ns), " CPU"), kIsolated},
       {"a delivery of one of 32 events that come at once",
        Concat(microseconds(costs.burst_delivery_ns), " CPU"), kBurst},
       {"a new connection", Concat(microseconds(costs.connect_ns), " CPU"), kConnect},
       {"an idle connection, a second", Concat(microseconds(costs.idle_ns), " CPU"), kIdle},
       {"a connection, in the process", Concat(Rounded(costs.connection_bytes), " B"), kIdle},
       {"a connection, in the kernel", Concat(Rounded(costs.kernel_bytes), " B"), kIdle},
       {"the process without connections", Memory(costs.process_bytes), kIdle},
       {"a frame, with its chunk", Concat(Rounded(costs.frame_bytes), " B"), kIsolated}});
}

std::string UnitTable(const Costs& costs, const Pod& pod) {
  const auto a_second = [&](double ns) { return Rounded(pod.planned_cpu * kSecond / ns); };
  return MarkdownTable(
      {{Concat("a core, planned with ", Rounded(pod.planned_cpu * 100), " %"), ""},
       {"deliveries a second, events alone", a_second(costs.isolated_delivery_ns)},
       {"deliveries a second, 32 at once", a_second(costs.burst_delivery_ns)},
       {"events taken a second", a_second(costs.event_ns)},
       {"new connections a second", a_second(costs.connect_ns)},
       {"connections with 1 event a second", Rounded(pod.planned_cpu / CpuOfConnection(costs, 1))},
       {"connections with 10 events a second",
        Rounded(pod.planned_cpu / CpuOfConnection(costs, 10))},
       {"**a GiB**", ""},
       {"connections, kernel memory included", Rounded(kGibibyte / BytesOfConnection(costs))}});
}

std::string NeedTable(const Costs& costs, const Pod& pod) {
  std::vector<std::vector<std::string>> rows = {{"connections", "events/s each", "deliveries/s",
                                                 "cores", "memory", "bandwidth", "pods", "limit"}};
  for (const double connections : {1e3, 1e4, 1e5, 1e6}) {
    for (const double events_per_second : {1.0, 10.0}) {
      const Need need = NeedOf(costs, pod, connections, events_per_second);
      rows.push_back({Rounded(connections), events_per_second < 10 ? "1" : "10",
                      Rounded(need.deliveries_per_second), Rounded(need.cores),
                      Memory(need.memory_bytes), Bandwidth(need.bits_per_second), Concat(need.pods),
                      need.limit});
    }
  }
  return MarkdownTable(rows);
}

std::string MillionTable(const Costs& costs, const Pod& pod) {
  constexpr double kMillion = 1e6;
  std::vector<std::vector<std::string>> rows = {
      {"1,000,000 connections", "1 event/s", "10 events/s"}};
  std::array<Need, 2> needs;
  std::array<Capacity, 2> capacities;
  constexpr std::array<double, 2> kRates = {1, 10};
  for (size_t i = 0; i < kRates.size(); ++i) {
    needs[i] = NeedOf(costs, pod, kMillion, kRates[i]);
    capacities[i] = CapacityOf(costs, pod, kRates[i]);
  }
  const auto row = [&](const std::string& what, const auto& figure) {
    rows.push_back({what, figure(0), figure(1)});
  };
  row("deliveries a second", [&](size_t i) { return Rounded(needs[i].deliveries_per_second); });
  row(Concat("cores that work: deliveries × ", testing::Number(costs.isolated_delivery_ns / 1000),
             " µs, and what is idle"),
      [&](size_t i) { return Rounded(needs[i].cores); });
  row(Concat("cores to have: by ", Rounded(pod.planned_cpu * 100), " %"),
      [&](size_t i) { return Rounded(needs[i].cores / pod.planned_cpu); });
  row(Concat("memory of connections: × (", Rounded(costs.connection_bytes), " B + ",
             Rounded(costs.kernel_bytes), " B)"),
      [&](size_t) { return Memory(kMillion * BytesOfConnection(costs)); });
  row("connections of a pod, by CPU", [&](size_t i) { return Rounded(capacities[i].by_cpu); });
  row("connections of a pod, by memory",
      [&](size_t i) { return Rounded(capacities[i].by_memory); });
  row("connections of a pod, by choice",
      [&](size_t i) { return Rounded(capacities[i].by_choice); });
  row("pods: by the least of these",
      [&](size_t i) { return Concat(needs[i].pods, ", by ", needs[i].limit); });
  row(Concat("bandwidth out: deliveries × (", Rounded(costs.frame_bytes), " B + ",
             Rounded(kPacketBytes), " B) × 8"),
      [&](size_t i) { return Bandwidth(needs[i].bits_per_second); });
  row("bandwidth out, of a pod", [&](size_t i) {
    return Bandwidth(needs[i].bits_per_second / static_cast<double>(needs[i].pods));
  });
  row("acknowledgements in, one of 66 B for each, at most",
      [&](size_t i) { return Bandwidth(needs[i].deliveries_per_second * kPacketBytes * 8); });
  row("until an event has gone to the last connection of a pod", [&](size_t i) {
    const double connections = kMillion / static_cast<double>(needs[i].pods);
    const double ns = connections * costs.isolated_delivery_ns / pod.cpus;
    return Concat(Rounded(ns / 1e6), " ms");
  });
  row("new connections a second of each other pod, when one dies and all come back within 3 s",
      [&](size_t i) {
        const auto pods = static_cast<double>(needs[i].pods);
        return Rounded(kMillion / pods / 3 / std::max(pods - 1, 1.0));
      });
  return MarkdownTable(rows);
}

}  // namespace

Need NeedOf(const Costs& costs, const Pod& pod, double connections, double events_per_second) {
  Need need;
  need.deliveries_per_second = connections * events_per_second;
  const Capacity capacity = CapacityOf(costs, pod, events_per_second);
  const double by_cpu = Pods(connections, capacity.by_cpu);
  const double by_memory = Pods(connections, capacity.by_memory);
  const double by_choice = Pods(connections, capacity.by_choice);
  const double pods = std::max({by_cpu, by_memory, by_choice});
  need.pods = static_cast<size_t>(pods);
  need.limit = pods == 1           ? "none"
               : pods == by_cpu    ? "CPU"
               : pods == by_memory ? "memory"
                                   : "connections of a pod";
  need.cores = connections * CpuOfConnection(costs, events_per_second) +
               pods * events_per_second * costs.event_ns / kSecond;
  need.memory_bytes =
      connections * BytesOfConnection(costs) + pods * (costs.process_bytes + kWindowBytes);
  need.bits_per_second = need.deliveries_per_second * (costs.frame_bytes + kPacketBytes) * 8;
  return need;
}

std::vector<Scenario> SizingScenarios() {
  std::vector<Scenario> scenarios;
  for (const char* const name : {kEvent, kIsolated, kBurst, kConnect, kIdle}) {
    scenarios.push_back(*FindScenario(name));
  }
  return scenarios;
}

Costs CostsOf(const std::vector<Outcome>& outcomes) {
  return {.event_ns = Figure(outcomes, kEvent, kCpuPerFrame),
          .isolated_delivery_ns = Figure(outcomes, kIsolated, kCpuPerFrame),
          .burst_delivery_ns = Figure(outcomes, kBurst, kCpuPerFrame),
          .connect_ns = Figure(outcomes, kConnect, kCpuPerConnect),
          .idle_ns = Figure(outcomes, kIdle, kCpuIdle),
          .connection_bytes = Figure(outcomes, kIdle, kPss),
          .kernel_bytes = Figure(outcomes, kIdle, kSlab) + Figure(outcomes, kIdle, kBuffers),
          .process_bytes = Figure(outcomes, kIdle, kPssAlone),
          .frame_bytes = Figure(outcomes, kIsolated, kFrameBytes)};
}

std::string SizingTables(const Costs& costs, const Pod& pod) {
  return Concat(CostTable(costs), '\n', UnitTable(costs, pod), '\n', NeedTable(costs, pod), '\n',
                MillionTable(costs, pod));
}

}  // namespace ssegw::bench
