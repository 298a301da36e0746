#include "bench/fanout/results.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"

namespace ssegw::bench {
namespace {

using base::Concat;
using testing::Number;

constexpr double kMiB = 1024 * 1024;

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return quoted + '"';
}

// Four digits that count: what is behind them is noise.
std::string JsonNumber(double value) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), value >= 1000 ? "%.0f" : "%.4g", value);
  return text.data();
}

std::string ToJson(const ServerOutcome& server) {
  std::string json = Concat("{\"name\": ", Quoted(server.name), ", \"faults\": [");
  for (size_t i = 0; i < server.faults.size(); ++i) {
    json += Concat(i > 0 ? ", " : "", Quoted(server.faults[i]));
  }
  json += "], \"rounds\": [";
  for (size_t i = 0; i < server.rounds.size(); ++i) {
    json += i > 0 ? ",\n          {" : "\n          {";
    bool first = true;
    for (const auto& [name, value] : server.rounds[i]) {
      json += Concat(first ? "" : ", ", Quoted(name), ": ", JsonNumber(value));
      first = false;
    }
    json += '}';
  }
  return json + "]}";
}

std::string ToJson(const Outcome& outcome) {
  const Scenario& scenario = outcome.scenario;
  std::string json =
      Concat("    {\"name\": ", Quoted(scenario.name), ", \"what\": ", Quoted(scenario.what),
             ",\n     \"connections\": ", scenario.connections, ", \"topics\": ", scenario.topics,
             ", \"burst\": ", scenario.burst, ", \"data_bytes\": ", scenario.data_bytes,
             ", \"interval_ms\": ", scenario.interval / std::chrono::milliseconds(1),
             ", \"never_reading_percent\": ", scenario.never_reading_percent);
  if (scenario.subtopics > 0) json += Concat(", \"subtopics\": ", scenario.subtopics);
  if (scenario.kind == Kind::kSlowReaders) {
    json += Concat(", \"slow\": ", scenario.slow, ", \"never_reading\": ", scenario.never_reading,
                   ", \"fill_bytes\": ", scenario.fill_bytes);
  }
  if (scenario.carrier.tls) {
    json +=
        Concat(", \"tls\": true, \"streams_per_socket\": ", scenario.carrier.streams_per_socket);
  }
  if (scenario.round > base::Duration::zero()) {
    json += Concat(", \"round_ms\": ", scenario.round / std::chrono::milliseconds(1));
  }
  if (!outcome.skipped.empty()) json += Concat(", \"skipped\": ", Quoted(outcome.skipped));
  json += ",\n     \"servers\": [";
  for (size_t i = 0; i < outcome.servers.size(); ++i) {
    json += Concat(i > 0 ? "," : "", "\n       ", ToJson(outcome.servers[i]));
  }
  return json + "]}";
}

struct Column {
  std::string head;
  std::string figure;
  double divisor = 1;
};

struct TableOf {
  Kind kind;
  std::vector<Column> columns;
  std::string ratio = {};  // of which figure
  std::string ratio_head = {};
};

const std::vector<TableOf>& AllTables() {
  static const auto* const tables = new std::vector<TableOf>{
      {.kind = Kind::kDelivery,
       .columns = {{"CPU µs/frame", kCpuPerFrame, 1000},
                   {"deliveries/s", kDeliveries},
                   {"server's cores", kServerCores},
                   {"generator's cores", kGeneratorCores},
                   {"p50 ms", kP50, 1000},
                   {"p99 ms", kP99, 1000},
                   {"p99.9 ms", kP999, 1000},
                   {"frame B", kFrameBytes},
                   {"PSS B/connection", kPss},
                   {"lost", kLost}},
       .ratio = kCpuPerFrame,
       .ratio_head = "CPU: times the floor's"},
      {.kind = Kind::kManyTopics,
       .columns = {{"CPU µs/frame", kCpuPerFrame, 1000},
                   {"deliveries/s", kDeliveries},
                   {"server's cores", kServerCores},
                   {"generator's cores", kGeneratorCores},
                   {"p50 ms", kP50, 1000},
                   {"p99 ms", kP99, 1000},
                   {"lost", kLost}},
       .ratio = kCpuPerFrame,
       .ratio_head = "CPU: times one topic's"},
      {.kind = Kind::kCarriers,
       .columns = {{"CPU µs/frame", kCpuPerFrame, 1000},
                   {"deliveries/s", kDeliveries},
                   {"server's cores", kServerCores},
                   {"generator's cores", kGeneratorCores},
                   {"p50 ms", kP50, 1000},
                   {"p99 ms", kP99, 1000},
                   {"lost", kLost}},
       .ratio = kCpuPerFrame,
       .ratio_head = "CPU: times plain HTTP/1.1's"},
      {.kind = Kind::kIdleStreams,
       .columns = {{"PSS B/socket", kPssOfSocket},
                   {"more than TLS alone B", kPssOfSession},
                   {"B/further stream", kPssOfStream}}},
      {.kind = Kind::kHandshakes,
       .columns = {{"CPU µs/full handshake", kCpuPerFull, 1000},
                   {"CPU µs/resumed", kCpuPerResumed, 1000},
                   {"full ones/s and core", kFullOfCore}},
       .ratio = kFullOfCore,
       .ratio_head = "full ones: times s_server's"},
      {.kind = Kind::kTokens,
       .columns = {{"CPU µs/connection", kCpuPerConnect, 1000},
                   {"more than without µs", kCpuMore, 1000},
                   {"OpenSSL's verification alone µs", kCpuOfVerification, 1000},
                   {"connections/s", kConnects}}},
      {.kind = Kind::kSlowReaders,
       .columns = {{"growth MiB", kGrowth, kMiB},
                   {"healthy alone", kGrowthAlone, kMiB},
                   {"more MiB", kGrowthMore, kMiB},
                   {"p99 ms", kP99, 1000},
                   {"healthy alone", kP99Alone, 1000},
                   {"times alone", kP99Times},
                   {"deliveries/s", kDeliveries},
                   {"slow: told of gaps", kSlowResets},
                   {"slow: ended", kSlowEnded},
                   {"slow: lost untold", kSlowLost}}},
      {.kind = Kind::kConnect,
       .columns = {{"CPU µs/connection", kCpuPerConnect, 1000}, {"connections/s", kConnects}},
       .ratio = kCpuPerConnect,
       .ratio_head = "CPU: times the floor's"},
      {.kind = Kind::kIdle,
       .columns = {{"PSS B/connection", kPss},
                   {"kernel B/connection", kSlab},
                   {"in buffers B/connection", kBuffers},
                   {"CPU ns/connection and s", kCpuIdle},
                   {"PSS MiB without", kPssAlone, kMiB}}},
  };
  return *tables;
}

std::vector<std::string> RowOf(const TableOf& table, const Outcome& outcome,
                               const ServerOutcome& server) {
  std::vector<std::string> row = {outcome.scenario.name, server.name};
  for (const Column& column : table.columns) {
    row.push_back(
        Has(server, column.figure) ? Number(MedianOf(server, column.figure) / column.divisor) : "");
  }
  if (table.ratio.empty()) return row;
  const ServerOutcome& last = outcome.servers.back();
  const bool compares = Has(server, table.ratio) && Has(last, table.ratio);
  row.push_back(!compares          ? ""
                : &server == &last ? "1"
                                   : Number(MedianRatio(server, last, table.ratio)));
  return row;
}

// An entry of an object, with the comma before it; empty: there are none.
std::string PeersToJson(const std::map<std::string, std::string>& peers) {
  std::string json;
  for (const auto& [name, version] : peers) {
    json += Concat(json.empty() ? ",\n  \"peers\": {" : ", ", Quoted(name), ": ", Quoted(version));
  }
  return json.empty() ? "" : json + '}';
}

// Of those outcomes that the table is of; empty: there are none.
std::string ToTable(const TableOf& table, const std::vector<Outcome>& outcomes) {
  std::vector<std::vector<std::string>> rows = {{"scenario", "server"}};
  for (const Column& column : table.columns) rows.front().push_back(column.head);
  if (!table.ratio.empty()) rows.front().push_back(table.ratio_head);
  for (const Outcome& outcome : outcomes) {
    if (outcome.scenario.kind != table.kind) continue;
    for (const ServerOutcome& server : outcome.servers) {
      rows.push_back(RowOf(table, outcome, server));
    }
  }
  return rows.size() > 1 ? Concat(testing::MarkdownTable(rows), '\n') : "";
}

// What is no figure.
std::string ToRemarks(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.skipped.empty()) {
      text += Concat(outcome.scenario.name, ": skipped: ", outcome.skipped, '\n');
    }
    for (const ServerOutcome& server : outcome.servers) {
      for (const std::string& fault : server.faults) {
        text += Concat(outcome.scenario.name, ": FAULT: ", server.name, ": ", fault, '\n');
      }
    }
  }
  return text;
}

std::string Date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

std::string GatewayVersion() {
  const std::string version = testing::RunGateway({"--version"}).out;
  return version.substr(0, version.find('\n'));
}

}  // namespace

Provenance ThisRun(const std::string& command, const MeasureOptions& options,
                   const std::map<std::string, std::string>& peers) {
  return {.machine = testing::ThisMachine(),
          .gateway_version = GatewayVersion(),
          .peers = peers,
          .command = command,
          .date = Date(),
          .options = options};
}

std::string ToJson(const Provenance& provenance, const std::vector<Outcome>& outcomes) {
  const testing::Machine& machine = provenance.machine;
  std::string json = Concat(
      "{\n  \"date\": ", Quoted(provenance.date), ",\n  \"command\": ", Quoted(provenance.command),
      ",\n  \"gateway\": ", Quoted(provenance.gateway_version),
      ",\n  \"compiler\": ", Quoted(provenance.compiler), PeersToJson(provenance.peers),
      ",\n  \"machine\": {\"cpu\": ", Quoted(machine.cpu), ", \"cpus\": ", machine.cpus,
      ", \"memory_bytes\": ", JsonNumber(machine.memory_bytes),
      ", \"system\": ", Quoted(machine.system), ", \"kernel\": ", Quoted(machine.kernel),
      "},\n  \"rounds\": ", provenance.options.rounds,
      ", \"round_ms\": ", provenance.options.round / std::chrono::milliseconds(1),
      ",\n  \"scenarios\": [\n");
  for (size_t i = 0; i < outcomes.size(); ++i) {
    json += Concat(i > 0 ? ",\n" : "", ToJson(outcomes[i]));
  }
  return json + "]\n}\n";
}

void Save(const std::string& path, const Provenance& provenance,
          const std::vector<Outcome>& outcomes) {
  if (path.empty()) return;
  std::ofstream file(path);
  file << ToJson(provenance, outcomes);
  if (!file.flush()) throw testing::Failure(Concat(path, ": cannot be written"));
}

std::string ToTables(const std::vector<Outcome>& outcomes, TableFor table_for) {
  std::string text;
  if (table_for == TableFor::kKind) {
    for (const TableOf& table : AllTables()) text += ToTable(table, outcomes);
  } else {
    for (const Outcome& outcome : outcomes) {
      for (const TableOf& table : AllTables()) text += ToTable(table, {outcome});
    }
  }
  return text + ToRemarks(outcomes);
}

}  // namespace ssegw::bench
