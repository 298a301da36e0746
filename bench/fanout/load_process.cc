// ssegw_bench_load: one process of the generator (load.h), started by it: its arguments are in the
// order of Load::Child, and it ends when the socket does.
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/fanout/load.h"
#include "bench/fanout/load_report.h"
#include "internal/base/concat.h"
#include "tests/testing/crowd/crowd.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using testing::Crowd;
using testing::CrowdGroup;
using testing::CrowdReading;
using testing::StreamDialect;

// One token, none, if there is no file.
std::vector<std::string> ReadTokens(const std::string& path) {
  if (path.empty()) return {""};
  std::vector<std::string> tokens;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) tokens.push_back(line);
  if (tokens.empty()) throw testing::Failure(base::Concat("no tokens: ", path));
  return tokens;
}

// Those that read, and those that never do.
std::vector<CrowdGroup> MakeGroups(const std::string& query, const std::string& behind_topic,
                                   bool is_gateway, size_t first, size_t count, size_t topics,
                                   size_t never_reading_percent,
                                   const std::vector<std::string>& tokens) {
  std::vector<CrowdGroup> groups = {{.name = "readers"},
                                    {.name = "never reading", .reading = CrowdReading::kNever}};
  for (size_t i = first; i < first + count; ++i) {
    const auto topic = static_cast<uint32_t>(i % topics);
    groups[NeverReads(i, never_reading_percent) ? 1 : 0].members.push_back(
        {.query = base::Concat(query, topic, behind_topic),
         .coverage = {.first_topic = topic,
                      .every_event = true,
                      .from_the_first = true,
                      .gateway_ids = is_gateway},
         .token = tokens[i % tokens.size()]});
  }
  return groups;
}

LoadReport MakeReport(Crowd& crowd) {
  const std::vector<testing::CrowdReport> reports = crowd.Report();
  const testing::CrowdReport& readers = reports[0];
  const testing::Deliveries& got = readers.deliveries;
  LoadReport report;
  report.requested = readers.requested + reports[1].requested;
  report.open = readers.connected;
  report.events = got.events;
  report.bytes = readers.bytes;
  report.lost = got.lost_events;
  report.out_of_order = got.order_violations;
  report.strange = got.strange_events;
  report.ended = readers.ended + readers.cut + readers.given_up;
  report.resets = got.resets_expired + got.resets_other_epoch + got.resets_unknown_id;
  report.never_reading_ended = reports[1].ended + reports[1].cut + reports[1].given_up;
  report.latency = got.latency;
  const std::string fault = got.first_fault.empty() ? crowd.LastError() : got.first_fault;
  std::copy_n(fault.data(), std::min(fault.size(), report.first_fault.size() - 1),
              report.first_fault.data());
  return report;
}

int Main(int argc, char** argv) {
  constexpr int kArguments = 18;
  if (argc != kArguments) {
    std::cerr << "ssegw_bench_load is started by ssegw_bench_fanout\n";
    return 2;
  }
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const bool is_gateway = std::string_view(argv[5]) == "gateway";
  const int socket = static_cast<int>(number(16));
  void* const memory = mmap(nullptr, sizeof(LoadCounters), PROT_READ | PROT_WRITE, MAP_SHARED,
                            static_cast<int>(number(17)), 0);
  if (memory == MAP_FAILED) throw testing::Failure("the shared memory cannot be mapped");
  std::vector<CrowdGroup> groups = MakeGroups(argv[3], argv[4], is_gateway, number(6), number(7),
                                              number(8), number(9), ReadTokens(argv[15]));
  if (const size_t bytes_per_second = number(10); bytes_per_second > 0) {
    groups[0].reading = CrowdReading::kSlowly;
    groups[0].bytes_per_second = bytes_per_second;
  }
  Crowd crowd({.address = argv[1],
               .path = argv[2],
               .dialect = is_gateway ? StreamDialect::kGateway : StreamDialect::kAny,
               .tls = std::string_view(argv[13]) == "tls",
               .streams_per_socket = number(14),
               .connects_per_second = number(11),
               .max_opening = number(12),
               .events = &static_cast<LoadCounters*>(memory)->events},
              std::move(groups));
  crowd.Start();
  for (LoadQuestion question{}; recv(socket, &question, 1, 0) == 1;) {
    const LoadReport report = MakeReport(crowd);
    if (question == LoadQuestion::kForgetLatencies) crowd.ForgetLatencies();
    send(socket, &report, sizeof(report), MSG_NOSIGNAL);
  }
  return 0;
}

}  // namespace
}  // namespace ssegw::bench

int main(int argc, char** argv) {
  try {
    return ssegw::bench::Main(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
