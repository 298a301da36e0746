#ifndef SSEGW_BENCH_FANOUT_RESULTS_H_
#define SSEGW_BENCH_FANOUT_RESULTS_H_

#include <map>
#include <string>
#include <vector>

#include "bench/fanout/measure.h"
#include "bench/fanout/outcome.h"
#include "tests/testing/figures.h"

namespace ssegw::bench {

// What ran, so that it can be run again and compared.
struct Provenance {
  testing::Machine machine;
  std::string gateway_version;
  std::string compiler = "g++ " __VERSION__;
  std::map<std::string, std::string> peers = {};  // their versions, by name
  std::string command;
  std::string date;  // UTC, as RFC 3339 has it
  MeasureOptions options = {};
};

// Of this machine and now. command: as it was typed. Runs the gateway for its version.
Provenance ThisRun(const std::string& command, const MeasureOptions& options,
                   const std::map<std::string, std::string>& peers = {});

// Every round of every server, as JSON.
std::string ToJson(const Provenance& provenance, const std::vector<Outcome>& outcomes);

// Puts that into a file; an empty path: nowhere. Errors: Failure: it cannot be written.
void Save(const std::string& path, const Provenance& provenance,
          const std::vector<Outcome>& outcomes);

enum class TableFor { kKind, kScenario };

// Medians, and how often the last server's figure fits into each other's, as tables in Markdown:
// one for each kind of scenario that ran, or for each scenario; below them what is no figure.
std::string ToTables(const std::vector<Outcome>& outcomes, TableFor table_for = TableFor::kKind);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_RESULTS_H_
