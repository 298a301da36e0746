#include "bench/fanout/load.h"
#include "bench/fanout/measure.h"
#include "internal/base/concat.h"

namespace ssegw::bench {
namespace {

// Of connections at once, so that no backlog is too short for them.
constexpr size_t kAtOnce = 256;
constexpr size_t kAsFastAsItGoes = 1'000'000'000;

void RunRound(const Scenario& scenario, const Candidate& candidate, ServerOutcome& outcome) {
  const std::unique_ptr<Server> server = candidate.start();
  const base::Duration cpu_before = server->CpuTime();
  const base::TimePoint began = base::Now();
  Load load(server->target(), {.connections = scenario.connections,
                               .connects_per_second = kAsFastAsItGoes,
                               .max_opening = kAtOnce});
  load.WaitUntilOpen(kConnectPatience);
  const double seconds = base::ToSeconds(base::Now() - began);
  const base::Duration cpu = server->CpuTime() - cpu_before;
  if (const LoadReport report = load.Report(); report.faults() > 0) {
    outcome.faults.push_back(base::Concat(
        report.ended, " streams ended: ", std::string_view(report.first_fault.data())));
    return;
  }
  const auto connections = static_cast<double>(scenario.connections);
  outcome.rounds.push_back({{kConnects, connections / seconds},
                            {kCpuPerConnect, static_cast<double>(cpu.count()) / connections}});
}

}  // namespace

Outcome MeasureConnect(const Scenario& scenario, const std::vector<Candidate>& candidates,
                       const MeasureOptions& options) {
  Outcome outcome{.scenario = scenario};
  for (const Candidate& candidate : candidates) outcome.servers.push_back({.name = candidate.name});
  for (size_t round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      OrFault(outcome.servers[i], [&] { RunRound(scenario, candidates[i], outcome.servers[i]); });
    }
  }
  return outcome;
}

}  // namespace ssegw::bench
