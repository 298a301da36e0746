#ifndef SSEGW_BENCH_FANOUT_LOAD_REPORT_H_
#define SSEGW_BENCH_FANOUT_LOAD_REPORT_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <type_traits>

#include "tests/testing/crowd/latency_histogram.h"

namespace ssegw::bench {

// What a load process (load_process.cc) is asked, one byte each, over the socket that it is given.
enum class LoadQuestion : char {
  kReport = 'r',           // answered with a LoadReport
  kForgetLatencies = 'f',  // answered with a LoadReport as well: the one before they are forgotten
};

// Of one load process, and by addition of several. Both ends are of one build: it goes over the
// socket as it is in memory.
struct LoadReport {
  uint64_t requested = 0;  // connections whose request is sent, and that are not ended
  uint64_t open = 0;       // of those that read: the head of the answer has come
  uint64_t events = 0;     // since the beginning, and so on
  uint64_t bytes = 0;
  // Faults, in their order of gravity.
  uint64_t lost = 0;
  uint64_t out_of_order = 0;
  uint64_t strange = 0;
  uint64_t ended = 0;  // streams that the server ended or cut, or that were none
  uint64_t resets = 0;
  uint64_t never_reading_ended = 0;     // of those that never read, who sees only a reset: no fault
  std::array<char, 200> first_fault{};  // text, 0 at its end; empty: there is none
  testing::LatencyHistogram latency;    // of events that were published while the stream was open

  uint64_t faults() const { return lost + out_of_order + strange + ended + resets; }
  // All of them, and the first one, in words.
  std::string FaultText() const;
  void Add(const LoadReport& other);
};
static_assert(std::is_trivially_copyable_v<LoadReport>);

// Memory that is shared with a load process: what is too often looked at to be asked.
struct LoadCounters {
  std::atomic<uint64_t> events;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_LOAD_REPORT_H_
