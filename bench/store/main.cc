// ssegw_bench_store: what the log in NATS costs. The table goes to stdout; the exit code is 0 if
// everything came, 1 if not, 2 for a mistake in the arguments, 77 where there is no nats-server.
#include <algorithm>
#include <charconv>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fanout/outcome.h"
#include "bench/fanout/results.h"
#include "bench/store/measure.h"
#include "internal/base/concat.h"
#include "tests/testing/nats_server.h"

namespace ssegw::bench {
namespace {

using base::Concat;

constexpr char kUsage[] =
    "usage: ssegw_bench_store [publish] [replica] [start] [latency] [consumer] [leader]\n"
    "         [--rounds=N] [--round_ms=N] [--events=N] [--save=FILE]\n";
constexpr int kNoServer = 77;

struct Part {
  std::string_view name;
  std::function<std::vector<Outcome>(const StoreOptions&)> measure;
};

const std::vector<Part>& Parts() {
  static const auto& parts =
      *new std::vector<Part>{{"publish", MeasurePublish},       {"replica", MeasureReplica},
                             {"start", MeasureStart},           {"latency", MeasureLatency},
                             {"consumer", MeasureConsumerLoss}, {"leader", MeasureLeaderLoss}};
  return parts;
}

struct Options {
  StoreOptions store;
  std::vector<std::string_view> parts;  // none: all
  std::string save;
};

// False: there is no such argument, or it is not a number that is greater than 0.
bool ParseArgument(std::string_view argument, Options& options) {
  const size_t equals = argument.find('=');
  if (equals == std::string_view::npos) {
    options.parts.push_back(argument);
    return std::any_of(Parts().begin(), Parts().end(),
                       [&](const Part& part) { return part.name == argument; });
  }
  const std::string_view name = argument.substr(0, equals);
  const std::string_view value = argument.substr(equals + 1);
  if (name == "--save") {
    options.save = value;
    return true;
  }
  size_t count = 0;
  const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (error != std::errc() || rest != value.data() + value.size() || count == 0) return false;
  if (name == "--rounds") {
    options.store.measure.rounds = count;
  } else if (name == "--round_ms") {
    options.store.measure.round = std::chrono::milliseconds(count);
  } else if (name == "--events") {
    options.store.events = count;
  } else {
    return false;
  }
  return true;
}

// A figure as the table has it.
struct Column {
  std::string_view head;
  const char* figure;
  double divisor;
};
constexpr Column kColumns[] = {{"events/s", kEvents, 1},
                               {"CPU µs/event", kCpuPerEvent, 1000},
                               {"p50 ms", kP50, 1000},
                               {"p99 ms", kP99, 1000},
                               {"until it listens s", kStartMs, 1000},
                               {"silence s", kSilenceMs, 1000}};

// Of the scenarios that ran, those columns that one of them has. The ratio is of events/s, with the
// last server of a scenario.
std::string ToTable(const std::vector<Outcome>& outcomes) {
  const auto has = [&](const Column& column) {
    return std::any_of(outcomes.begin(), outcomes.end(), [&](const Outcome& outcome) {
      return Has(outcome.servers.front(), column.figure);
    });
  };
  std::vector<std::vector<std::string>> rows = {{"scenario", "of"}};
  for (const Column& column : kColumns) {
    if (has(column)) rows.front().emplace_back(column.head);
  }
  rows.front().emplace_back("events/s: times the last one's");
  for (const Outcome& outcome : outcomes) {
    for (const ServerOutcome& server : outcome.servers) {
      std::vector<std::string> row = {outcome.scenario.name, server.name};
      for (const Column& column : kColumns) {
        if (!has(column)) continue;
        row.push_back(Has(server, column.figure)
                          ? testing::Number(MedianOf(server, column.figure) / column.divisor)
                          : "");
      }
      row.push_back(outcome.servers.size() < 2
                        ? ""
                        : testing::Number(MedianRatio(server, outcome.servers.back(), kEvents)));
      rows.push_back(std::move(row));
    }
  }
  return testing::MarkdownTable(rows);
}

int Run(const Options& options, const std::string& command) {
  if (!testing::NatsServer::IsInstalled()) {
    std::cerr << "bench: there is no nats-server in PATH or /usr/sbin\n";
    return kNoServer;
  }
  std::vector<Outcome> outcomes;
  for (const Part& part : Parts()) {
    const auto& wanted = options.parts;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), part.name) == wanted.end()) {
      continue;
    }
    for (Outcome& outcome : part.measure(options.store)) outcomes.push_back(std::move(outcome));
  }
  const Provenance provenance = ThisRun(command, options.store.measure);
  std::cout << provenance.gateway_version << ", " << testing::Describe(provenance.machine)
            << ", medians of " << options.store.measure.rounds << " rounds\n\n"
            << ToTable(outcomes);
  Save(options.save, provenance, outcomes);
  return 0;
}

int Main(int argc, char** argv) {
  Options options;
  std::string command = "./dev bench store";
  for (int i = 1; i < argc; ++i) {
    if (!ParseArgument(argv[i], options)) {
      std::cerr << kUsage;
      return 2;
    }
    if (!std::string_view(argv[i]).starts_with("--save=")) command += Concat(' ', argv[i]);
  }
  try {
    return Run(options, command);
  } catch (const std::exception& e) {
    std::cerr << "bench: " << e.what() << '\n';
    return 1;
  }
}

}  // namespace
}  // namespace ssegw::bench

int main(int argc, char** argv) { return ssegw::bench::Main(argc, argv); }
