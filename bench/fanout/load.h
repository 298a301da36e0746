#ifndef SSEGW_BENCH_FANOUT_LOAD_H_
#define SSEGW_BENCH_FANOUT_LOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/fanout/load_report.h"
#include "bench/fanout/server.h"
#include "internal/base/time.h"

namespace ssegw::bench {

struct LoadOptions {
  size_t connections = 0;
  // Connection i asks for topic i modulo this.
  size_t topics = 1;
  size_t never_reading_percent = 0;
  // Of each that reads; 0: what comes.
  size_t bytes_per_second = 0;
  // And for all topics below that (Target::all_below).
  bool with_all_below = false;
  size_t connects_per_second = 4000;
  // Of connections whose stream is not open yet, so that no server is asked for more at once than
  // it can hold; 0: any number.
  size_t max_opening = 64;
  // A token a line, for one connection after the other, from the first again after the last;
  // empty: they present none.
  std::string tokens_file = {};
};

// The generator: connections to one server that check what they get, in as many processes as the
// limit of open files asks for.
//
// Owns:     the processes. Thread: one. Lifetime: they end with the object, and the connections
//           with them.
// Errors:   Failure, where a process ends or does not answer.
class Load {
 public:
  // Begins to connect.
  Load(const Target& target, const LoadOptions& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Connections that read what a topic gets.
  size_t ReadersOf(size_t topic) const { return readers_of_[topic]; }
  // Failure: not everybody is there in this time.
  void WaitUntilOpen(base::Duration patience);
  // Events that have come to all connections since the beginning.
  uint64_t Events() const;
  // True as soon as Events() is at least this; false if it is not in this time.
  bool WaitForEvents(uint64_t events, base::Duration patience) const;
  LoadReport Report();
  // From here on latencies are counted anew.
  LoadReport ForgetLatencies();
  // CPU time of all processes since they began.
  base::Duration CpuTime() const;

 private:
  class Child;

  LoadReport Ask(LoadQuestion question);

  size_t readers_ = 0;
  size_t connections_ = 0;
  std::vector<size_t> readers_of_;  // by topic
  std::vector<std::unique_ptr<Child>> children_;
};

// Which connections never read: spread evenly over all, and so over all topics.
bool NeverReads(size_t connection, size_t percent);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_LOAD_H_
