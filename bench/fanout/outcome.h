#ifndef SSEGW_BENCH_FANOUT_OUTCOME_H_
#define SSEGW_BENCH_FANOUT_OUTCOME_H_

#include <map>
#include <string>
#include <vector>

#include "bench/fanout/scenario.h"

namespace ssegw::bench {

// What one round measured, by the names below.
using Figures = std::map<std::string, double>;

// Of a delivery.
inline constexpr char kCpuPerFrame[] = "cpu_ns_per_frame";
inline constexpr char kDeliveries[] = "deliveries_per_second";
inline constexpr char kFrameBytes[] = "bytes_per_frame";
inline constexpr char kP50[] = "p50_us";
inline constexpr char kP99[] = "p99_us";
inline constexpr char kP999[] = "p99_9_us";
inline constexpr char kServerCores[] = "server_cores";        // CPU seconds a second
inline constexpr char kGeneratorCores[] = "generator_cores";  // the same
inline constexpr char kLost[] = "lost";
// Of a delivery to the healthy beside slow ones, and alone.
inline constexpr char kGrowth[] = "pss_growth_bytes";
inline constexpr char kGrowthAlone[] = "pss_growth_bytes_alone";
inline constexpr char kGrowthMore[] = "pss_growth_bytes_more";  // than alone
inline constexpr char kP99Alone[] = "p99_us_alone";
inline constexpr char kP99Times[] = "p99_times_alone";
inline constexpr char kSlowResets[] = "slow_resets";  // slow ones are told what they missed
inline constexpr char kSlowEnded[] = "slow_ended";    // slow ones are closed
inline constexpr char kSlowLost[] = "slow_lost";      // slow ones miss and are not told
// Of idle connections, for each.
inline constexpr char kPss[] = "pss_bytes_per_connection";
inline constexpr char kSlab[] = "kernel_slab_bytes_per_connection";
inline constexpr char kBuffers[] = "kernel_buffer_bytes_per_connection";
inline constexpr char kCpuIdle[] = "cpu_ns_per_connection_second";
inline constexpr char kPssAlone[] = "pss_bytes_without_connections";
// Of connecting.
inline constexpr char kCpuPerConnect[] = "cpu_ns_per_connect";
inline constexpr char kConnects[] = "connects_per_second";

// Of sockets of HTTP/2, beside those over TLS and beside those with one stream.
inline constexpr char kPssOfSocket[] = "pss_bytes_per_socket";
inline constexpr char kPssOfSession[] = "pss_bytes_of_session";
inline constexpr char kPssOfStream[] = "pss_bytes_of_further_stream";
// Of handshakes.
inline constexpr char kCpuPerFull[] = "cpu_ns_per_full_handshake";
inline constexpr char kCpuPerResumed[] = "cpu_ns_per_resumed_handshake";
inline constexpr char kFullOfCore[] = "full_handshakes_per_second_and_core";
// Of connecting with a token: more CPU than without; and of OpenSSL's verification alone.
inline constexpr char kCpuMore[] = "cpu_ns_per_connect_more";
inline constexpr char kCpuOfVerification[] = "cpu_ns_of_verification";

// Of being given an event (bench/ingest).
inline constexpr char kCpuPerEvent[] = "cpu_ns_per_event";
inline constexpr char kEvents[] = "events_per_second";

struct ServerOutcome {
  std::string name;
  std::vector<Figures> rounds = {};
  // What must not be: loss, disorder, a stream that ended, or that it does not start. Empty: all
  // came, in order.
  std::vector<std::string> faults = {};
};

struct Outcome {
  Scenario scenario = {};
  // The last one is what the others are compared with.
  std::vector<ServerOutcome> servers = {};
  // Why it did not run; empty: it did.
  std::string skipped = {};

  // Everything came to everybody, in order.
  bool holds() const;
};

// The median of the rounds; 0: none of them has this figure.
double MedianOf(const ServerOutcome& server, const std::string& figure);
bool Has(const ServerOutcome& server, const std::string& figure);
// The median of the ratios of the rounds, each with the other server's round of the same number;
// 0: there is none.
double MedianRatio(const ServerOutcome& server, const ServerOutcome& other,
                   const std::string& figure);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_OUTCOME_H_
