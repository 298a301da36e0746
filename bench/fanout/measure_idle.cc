#include <algorithm>
#include <optional>
#include <thread>

#include "bench/fanout/kernel_memory.h"
#include "bench/fanout/load.h"
#include "bench/fanout/measure.h"
#include "internal/base/concat.h"

namespace ssegw::bench {
namespace {

// Until what a start, or the last answer, left to do is done.
constexpr base::Duration kSettle = std::chrono::milliseconds(500);

// Both ends are on this machine.
constexpr double kEnds = 2;

void RunRound(const Scenario& scenario, const Candidate& candidate, base::Duration length,
              ServerOutcome& outcome) {
  const std::unique_ptr<Server> server = candidate.start();
  std::this_thread::sleep_for(kSettle);
  const auto pss_before = static_cast<double>(server->PssBytes());
  const std::optional<KernelMemory> kernel_before = ReadKernelMemory();
  Load load(server->target(), {.connections = scenario.connections});
  load.WaitUntilOpen(kConnectPatience);
  std::this_thread::sleep_for(kSettle);
  const auto pss = static_cast<double>(server->PssBytes());
  const std::optional<KernelMemory> kernel = ReadKernelMemory();
  const base::Duration cpu_before = server->CpuTime();
  const base::TimePoint began = base::Now();
  std::this_thread::sleep_for(length);
  const base::Duration cpu = server->CpuTime() - cpu_before;
  const double seconds = base::ToSeconds(base::Now() - began);
  if (const LoadReport report = load.Report(); report.faults() > 0 || report.events > 0) {
    outcome.faults.push_back(
        base::Concat(report.ended, " idle streams ended, ", report.events,
                     " events came: ", std::string_view(report.first_fault.data())));
    return;
  }
  const auto connections = static_cast<double>(scenario.connections);
  Figures figures = {
      {kPssAlone, pss_before},
      {kPss, (pss - pss_before) / connections},
      {kCpuIdle, static_cast<double>(cpu.count()) / connections / seconds},
  };
  if (kernel_before && kernel) {
    const auto of_one = [&](int64_t bytes) {
      return static_cast<double>(bytes) / kEnds / connections;
    };
    figures[kSlab] = of_one(kernel->slab_bytes - kernel_before->slab_bytes);
    figures[kBuffers] = of_one(kernel->buffer_bytes - kernel_before->buffer_bytes);
  }
  outcome.rounds.push_back(figures);
}

}  // namespace

Outcome MeasureIdle(const Scenario& scenario, const std::vector<Candidate>& candidates,
                    const MeasureOptions& options) {
  Outcome outcome{.scenario = scenario};
  for (const Candidate& candidate : candidates) outcome.servers.push_back({.name = candidate.name});
  for (size_t round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      OrFault(outcome.servers[i],
              [&] { RunRound(scenario, candidates[i], 5 * options.round, outcome.servers[i]); });
    }
  }
  return outcome;
}

}  // namespace ssegw::bench
