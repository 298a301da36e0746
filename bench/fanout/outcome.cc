#include "bench/fanout/outcome.h"

#include <algorithm>

#include "tests/testing/figures.h"

namespace ssegw::bench {

bool Outcome::holds() const {
  return std::all_of(servers.begin(), servers.end(),
                     [](const ServerOutcome& server) { return server.faults.empty(); });
}

bool Has(const ServerOutcome& server, const std::string& figure) {
  return std::any_of(server.rounds.begin(), server.rounds.end(),
                     [&](const Figures& round) { return round.contains(figure); });
}

double MedianOf(const ServerOutcome& server, const std::string& figure) {
  std::vector<double> values;
  for (const Figures& round : server.rounds) {
    if (const auto it = round.find(figure); it != round.end()) values.push_back(it->second);
  }
  return testing::Median(std::move(values));
}

double MedianRatio(const ServerOutcome& server, const ServerOutcome& other,
                   const std::string& figure) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(server.rounds.size(), other.rounds.size()); ++i) {
    const auto mine = server.rounds[i].find(figure);
    const auto theirs = other.rounds[i].find(figure);
    if (mine == server.rounds[i].end() || theirs == other.rounds[i].end()) continue;
    if (theirs->second > 0) ratios.push_back(mine->second / theirs->second);
  }
  return testing::Median(std::move(ratios));
}

}  // namespace ssegw::bench
