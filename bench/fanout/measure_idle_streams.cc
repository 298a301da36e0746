#include <algorithm>
#include <thread>

#include "bench/fanout/load.h"
#include "bench/fanout/measure.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

constexpr base::Duration kSettle = std::chrono::milliseconds(500);
// Sockets with one connection are so many times those with several, so that the growth of the
// process is as well told from its own ups and downs.
constexpr size_t kMoreSockets = 10;

// A server's memory for each socket, with as many connections on each as its carrier says.
double PssOfSocket(const Scenario& scenario, const Candidate& candidate) {
  const std::unique_ptr<Server> server = candidate.start();
  const size_t streams = std::max<size_t>(server->target().carrier.streams_per_socket, 1);
  const size_t most = scenario.carrier.streams_per_socket;
  const size_t several = scenario.connections / most;
  const size_t sockets = std::max<size_t>(streams == most ? several : several * kMoreSockets, 1);
  std::this_thread::sleep_for(kSettle);
  const auto before = static_cast<double>(server->PssBytes());
  Load load(server->target(), {.connections = sockets * streams});
  load.WaitUntilOpen(kConnectPatience);
  std::this_thread::sleep_for(kSettle);
  const auto after = static_cast<double>(server->PssBytes());
  if (const LoadReport report = load.Report(); report.faults() > 0) {
    throw testing::Failure(report.FaultText());
  }
  return (after - before) / static_cast<double>(sockets);
}

}  // namespace

// The candidates: over TLS; over HTTP/2, one stream a socket; and as many as the scenario says.
Outcome MeasureIdleStreams(const Scenario& scenario, const std::vector<Candidate>& candidates,
                           const MeasureOptions& options) {
  Outcome outcome{.scenario = scenario};
  for (const Candidate& candidate : candidates) outcome.servers.push_back({.name = candidate.name});
  for (size_t round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      OrFault(outcome.servers[i], [&] {
        outcome.servers[i].rounds.push_back({{kPssOfSocket, PssOfSocket(scenario, candidates[i])}});
      });
    }
    if (!outcome.holds() || candidates.size() != 3) return outcome;
    const auto of = [&](size_t i) -> Figures& { return outcome.servers[i].rounds.back(); };
    const auto others = static_cast<double>(scenario.carrier.streams_per_socket - 1);
    of(1)[kPssOfSession] = of(1)[kPssOfSocket] - of(0)[kPssOfSocket];
    of(2)[kPssOfStream] = (of(2)[kPssOfSocket] - of(1)[kPssOfSocket]) / others;
  }
  return outcome;
}

}  // namespace ssegw::bench
