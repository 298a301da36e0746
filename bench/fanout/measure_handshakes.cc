#include <thread>

#include "bench/fanout/handshakes.h"
#include "bench/fanout/measure.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

// Until the server has done what the last handshake left to do.
constexpr base::Duration kSettle = std::chrono::milliseconds(50);
// For tickets that do not come.
constexpr base::Duration kTicketPatience = std::chrono::milliseconds(300);

// ns of the server's CPU for each.
double CostOf(Server& server, HandshakeKind kind, size_t count) {
  const base::Duration before = server.CpuTime();
  ShakeHands(server.target().address, kind, count);
  std::this_thread::sleep_for(kSettle);
  return static_cast<double>((server.CpuTime() - before).count()) / static_cast<double>(count);
}

Figures RunRound(Server& server, size_t count) {
  const double full = CostOf(server, HandshakeKind::kFull, count);
  const double resumed = CostOf(server, HandshakeKind::kResumed, count);
  return {{kCpuPerFull, full}, {kCpuPerResumed, resumed}, {kFullOfCore, 1e9 / full}};
}

// A ticket is a part of what a handshake costs: all servers give as many.
void CheckTickets(const std::vector<std::unique_ptr<Server>>& servers, Outcome& outcome) {
  std::vector<size_t> tickets(servers.size());
  for (size_t i = 0; i < servers.size(); ++i) {
    OrFault(outcome.servers[i], [&] {
      tickets[i] = CountTickets(servers[i]->target().address, kTicketPatience);
      if (tickets[i] == tickets.front()) return;
      throw testing::Failure(base::Concat(tickets[i], " tickets, not ", tickets.front()));
    });
  }
}

}  // namespace

Outcome MeasureHandshakes(const Scenario& scenario, const std::vector<Candidate>& candidates,
                          const MeasureOptions& options) {
  Outcome outcome{.scenario = scenario};
  for (const Candidate& candidate : candidates) outcome.servers.push_back({.name = candidate.name});
  std::vector<std::unique_ptr<Server>> servers(candidates.size());
  for (size_t i = 0; i < servers.size(); ++i) {
    OrFault(outcome.servers[i], [&] { servers[i] = candidates[i].start(); });
    if (servers[i] == nullptr) return outcome;
  }
  CheckTickets(servers, outcome);
  // The first round warms up.
  for (size_t round = 0; round <= options.rounds; ++round) {
    for (size_t turn = 0; turn < servers.size(); ++turn) {
      const size_t i = round % 2 == 0 ? turn : servers.size() - 1 - turn;
      OrFault(outcome.servers[i], [&] {
        const Figures figures = RunRound(*servers[i], scenario.connections);
        if (round > 0) outcome.servers[i].rounds.push_back(figures);
      });
    }
  }
  return outcome;
}

}  // namespace ssegw::bench
