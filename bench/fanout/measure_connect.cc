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
                               .max_opening = kAtOnce,
                               .tokens_file = candidate.tokens_file});
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
  if (candidate.beside) outcome.rounds.back().merge(candidate.beside());
}

// What a connection of this round costs more than one of the last server.
void CompareWithLast(size_t round, std::vector<ServerOutcome>& servers) {
  for (ServerOutcome& server : servers) {
    if (server.rounds.size() <= round || servers.back().rounds.size() <= round) continue;
    server.rounds[round][kCpuMore] =
        server.rounds[round][kCpuPerConnect] - servers.back().rounds[round][kCpuPerConnect];
  }
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
    if (scenario.kind == Kind::kTokens) CompareWithLast(round, outcome.servers);
  }
  return outcome;
}

}  // namespace ssegw::bench
