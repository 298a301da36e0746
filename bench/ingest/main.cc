// ssegw_bench_ingest: how much CPU the gateway takes for an event that it is given, beside a server
// that parses each and throws it away; and in batches, beside one event a message, with nobody
// subscribed and with one connection that gets them all. The table goes to stdout; the exit
// code is 0 if all events were acknowledged, 1 if not, 2 for a mistake in the arguments.
#include <algorithm>
#include <charconv>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/fanout/outcome.h"
#include "bench/fanout/results.h"
#include "bench/ingest/publishers.h"
#include "bench/ingest/reader.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"

namespace ssegw::bench {
namespace {

using base::Concat;

constexpr char kUsage[] =
    "usage: ssegw_bench_ingest [--rounds=N] [--round_ms=N] [--save=FILE] [scenario ...]\n";
constexpr std::string_view kScenarios[] = {"ingest_stream", "ingest_unary", "ingest_large_alone",
                                           "batch", "batch_one_connection"};

struct Options {
  MeasureOptions measure;
  std::string save;
  // Empty: all.
  std::vector<std::string> scenarios;
};

// False: there is no such argument, or it is not a number that is greater than 0.
bool ParseArgument(std::string_view argument, Options& options) {
  if (std::find(std::begin(kScenarios), std::end(kScenarios), argument) != std::end(kScenarios)) {
    options.scenarios.emplace_back(argument);
    return true;
  }
  const size_t equals = argument.find('=');
  if (equals == std::string_view::npos) return false;
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
    options.measure.rounds = count;
  } else if (name == "--round_ms") {
    options.measure.round = std::chrono::milliseconds(count);
  } else {
    return false;
  }
  return true;
}

// A server that is published to, and how.
struct Taker {
  std::string name;
  std::string address;
  const testing::Process* process;
  Method method = Method::kPublishStream;
  const Reader* reader = nullptr;
};

void RunRound(const Taker& taker, base::Duration length, ServerOutcome& outcome, bool counts) {
  const base::Duration cpu_before = taker.process->CpuTime();
  const base::TimePoint began = base::Now();
  const auto events =
      static_cast<double>(PublishFor(taker.address, taker.method, length, taker.reader));
  const double seconds = base::ToSeconds(base::Now() - began);
  const double cpu = base::ToSeconds(taker.process->CpuTime() - cpu_before);
  if (!counts) return;
  outcome.rounds.push_back({{kCpuPerEvent, cpu * 1e9 / events},
                            {kEvents, events / seconds},
                            {kServerCores, cpu / seconds}});
}

Outcome Measure(const std::string& name, const std::vector<Taker>& takers,
                const MeasureOptions& options) {
  Outcome outcome{.scenario = {.name = name, .what = "events that are acknowledged"}};
  for (const Taker& taker : takers) outcome.servers.push_back({.name = taker.name});
  // The first round warms up.
  for (size_t round = 0; round <= options.rounds; ++round) {
    for (size_t i = 0; i < takers.size(); ++i) {
      const size_t turn = round % 2 == 0 ? i : takers.size() - 1 - i;
      RunRound(takers[turn], options.round, outcome.servers[turn], round > 0);
    }
  }
  return outcome;
}

std::string ToTable(const std::vector<Outcome>& outcomes) {
  std::vector<std::vector<std::string>> rows = {{"method", "server", "CPU µs/event",
                                                 "events/s per core", "events/s",
                                                 "events/s per core: times the other's"}};
  for (const Outcome& outcome : outcomes) {
    const ServerOutcome& other = outcome.servers.back();
    for (const ServerOutcome& server : outcome.servers) {
      const double cpu = MedianOf(server, kCpuPerEvent);
      rows.push_back({outcome.scenario.name, server.name, testing::Number(cpu / 1000),
                      testing::Number(1e9 / cpu), testing::Number(MedianOf(server, kEvents)),
                      testing::Number(MedianRatio(other, server, kCpuPerEvent))});
    }
  }
  return testing::MarkdownTable(rows);
}

std::string PortOf(const testing::Process& discard) {
  std::string word;
  std::string port;
  testing::WaitFor([&] {
    std::istringstream line(discard.Stdout());
    return static_cast<bool>(line >> word >> port);
  });
  if (port.empty()) throw testing::Failure("the server that discards does not start");
  return port;
}

int Run(const Options& options, const std::string& command) {
  const testing::GatewayProcess gateway;
  const testing::Process discard(SSEGW_BENCH_DISCARD_BINARY, {});
  const std::string discard_address = Concat("127.0.0.1:", PortOf(discard));
  const auto beside_discard = [&](const std::string& name, Method method) {
    return Measure(
        name,
        {{.name = "gateway",
          .address = gateway.grpc(),
          .process = &gateway.process(),
          .method = method},
         {.name = "discard", .address = discard_address, .process = &discard, .method = method}},
        options.measure);
  };
  // The same events, by PublishBatch and by PublishStream; and what of the former is gRPC's, where
  // nobody reads.
  const auto beside_stream = [&](const std::string& name, const Reader* reader) {
    Taker taker = {.name = "batch",
                   .address = gateway.grpc(),
                   .process = &gateway.process(),
                   .method = Method::kBatch,
                   .reader = reader};
    Taker stream = taker;
    stream.name = "stream";
    stream.method = Method::kJsonStream;
    std::vector<Taker> takers = {taker, stream};
    if (reader == nullptr) {
      takers.insert(takers.begin() + 1, {.name = "discard",
                                         .address = discard_address,
                                         .process = &discard,
                                         .method = Method::kBatch});
    }
    return Measure(name, takers, options.measure);
  };
  std::vector<Outcome> outcomes;
  const auto wanted = [&](std::string_view name) {
    return options.scenarios.empty() ||
           std::find(options.scenarios.begin(), options.scenarios.end(), name) !=
               options.scenarios.end();
  };
  for (const auto& [name, method] : {std::pair("ingest_stream", Method::kPublishStream),
                                     std::pair("ingest_unary", Method::kPublish),
                                     std::pair("ingest_large_alone", Method::kLargeAlone)}) {
    if (wanted(name)) outcomes.push_back(beside_discard(name, method));
  }
  if (wanted("batch")) outcomes.push_back(beside_stream("batch", nullptr));
  if (wanted("batch_one_connection")) {
    const Reader reader(gateway.http());
    outcomes.push_back(beside_stream("batch_one_connection", &reader));
  }
  const Provenance provenance = ThisRun(command, options.measure);
  std::cout << provenance.gateway_version << ", " << testing::Describe(provenance.machine)
            << ", medians of " << options.measure.rounds << " rounds\n\n"
            << ToTable(outcomes);
  Save(options.save, provenance, outcomes);
  return 0;
}

int Main(int argc, char** argv) {
  Options options;
  std::string command = "./dev bench ingest";
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
