// ssegw_bench_fanout: the gateway and the floor side by side, scenario by scenario; with "peers"
// other servers between them. Tables go to stdout, what it is doing to stderr; the exit code is 0
// if everything came to everybody in order, 1 if not, 2 for a mistake in the arguments. What a peer
// does is no reason for 1: the table has it.
#include <algorithm>
#include <charconv>
#include <exception>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fanout/candidates.h"
#include "bench/fanout/measure.h"
#include "bench/fanout/peer_server.h"
#include "bench/fanout/results.h"
#include "bench/fanout/sizing.h"
#include "internal/base/concat.h"

namespace ssegw::bench {
namespace {

using base::Concat;

constexpr char kUsage[] =
    "usage: ssegw_bench_fanout [peers] [scenario ... | sizing] [--rounds=N] [--round_ms=N]\n"
    "                          [--connections=N] [--before=BINARY] [--save=FILE]\n"
    "Without a scenario all of them run; with peers those with a star:\n";

std::string Usage() {
  std::string usage = kUsage;
  for (const Scenario& scenario : Scenarios()) {
    usage += Concat(scenario.with_peers ? "* " : "  ", scenario.name, ": ", scenario.what, '\n');
  }
  return usage;
}

struct Options {
  std::vector<Scenario> scenarios;
  bool sizing = false;
  bool peers = false;
  MeasureOptions measure;
  std::string before;  // the gateway's binary of another build
  std::string save;
};

std::optional<size_t> ParseCount(std::string_view text) {
  size_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc() && rest == text.data() + text.size() && count > 0;
  return whole ? std::optional(count) : std::nullopt;
}

std::optional<Options> ParseOptions(int argc, char** argv) {
  Options options;
  size_t round_ms = 0;
  size_t connections = 0;
  const std::map<std::string_view, size_t*> counts = {{"--rounds=", &options.measure.rounds},
                                                      {"--round_ms=", &round_ms},
                                                      {"--connections=", &connections}};
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const size_t equals = argument.find('=');
    if (equals == std::string_view::npos) {
      const Scenario* const scenario = FindScenario(std::string(argument));
      if (argument == "sizing") {
        options.sizing = true;
      } else if (argument == "peers") {
        options.peers = true;
      } else if (scenario != nullptr) {
        options.scenarios.push_back(*scenario);
      } else {
        return std::nullopt;
      }
    } else if (argument.starts_with("--save=")) {
      options.save = argument.substr(equals + 1);
    } else if (argument.starts_with("--before=")) {
      options.before = argument.substr(equals + 1);
    } else {
      const auto count = counts.find(argument.substr(0, equals + 1));
      const std::optional<size_t> value = ParseCount(argument.substr(equals + 1));
      if (count == counts.end() || !value) return std::nullopt;
      *count->second = *value;
    }
  }
  if (round_ms > 0) options.measure.round = std::chrono::milliseconds(round_ms);
  if (options.sizing) options.scenarios = SizingScenarios();
  if (options.scenarios.empty()) {
    std::copy_if(Scenarios().begin(), Scenarios().end(), std::back_inserter(options.scenarios),
                 [&](const Scenario& s) { return s.with_peers || !options.peers; });
  }
  for (Scenario& scenario : options.scenarios) {
    if (connections > 0) scenario.connections = connections;
    if (round_ms > 0) scenario.round = {};
    // A topic without a connection costs nothing that is of interest here.
    scenario.topics = std::min(scenario.topics, scenario.connections);
  }
  return options;
}

// Those that can run; returns their versions.
std::map<std::string, std::string> AddPeers(std::vector<Peer>& peers) {
  std::map<std::string, std::string> versions;
  for (const Peer& peer : Peers()) {
    if (const std::string missing = MissingPackages(peer); !missing.empty()) {
      std::cout << peer.name << ": does not take part: missing: " << missing << '\n';
      continue;
    }
    versions[peer.name] = VersionOf(peer);
    peers.push_back(peer);
  }
  return versions;
}

int Run(const Options& options, const std::string& command) {
  std::vector<Peer> peers;
  std::map<std::string, std::string> versions;
  if (options.peers) versions = AddPeers(peers);
  std::vector<Outcome> outcomes;
  bool holds = true;
  for (const Scenario& scenario : options.scenarios) {
    std::cerr << "bench: " << scenario.name << ": " << scenario.what << '\n';
    outcomes.push_back(
        Measure(scenario, CandidatesOf(scenario, peers, options.before), options.measure));
    Outcome ours = outcomes.back();
    std::erase_if(ours.servers, [&](const auto& server) { return versions.contains(server.name); });
    holds = holds && ours.holds();
  }
  const Provenance provenance = ThisRun(command, options.measure, versions);
  std::cout << provenance.gateway_version << ", " << testing::Describe(provenance.machine)
            << ", medians of " << options.measure.rounds << " rounds\n";
  for (const auto& [name, version] : versions) std::cout << name << ": " << version << '\n';
  std::cout << '\n' << ToTables(outcomes, options.peers ? TableFor::kScenario : TableFor::kKind);
  if (options.sizing && holds) std::cout << SizingTables(CostsOf(outcomes));
  Save(options.save, provenance, outcomes);
  return holds ? 0 : 1;
}

int Main(int argc, char** argv) {
  if (argc == 2 && (std::string_view(argv[1]) == "help" || std::string_view(argv[1]) == "--help")) {
    std::cout << Usage();
    return 0;
  }
  const std::optional<Options> options = ParseOptions(argc, argv);
  if (!options) {
    std::cerr << Usage();
    return 2;
  }
  std::string command = options->peers ? "./dev bench" : "./dev bench fanout";
  for (int i = 1; i < argc; ++i) {
    if (!std::string_view(argv[i]).starts_with("--save=")) command += Concat(' ', argv[i]);
  }
  try {
    return Run(*options, command);
  } catch (const std::exception& e) {
    std::cerr << "bench: " << e.what() << '\n';
    return 1;
  }
}

}  // namespace
}  // namespace ssegw::bench

int main(int argc, char** argv) { return ssegw::bench::Main(argc, argv); }
