#ifndef SSEGW_BENCH_FANOUT_PROCESS_TREE_H_
#define SSEGW_BENCH_FANOUT_PROCESS_TREE_H_

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <vector>

#include "internal/base/time.h"

namespace ssegw::bench {

// A process and what it has started, and what those have: a server of several processes.
//
// Thread:   one. Cost: reads /proc at each call, some milliseconds.
class ProcessTree {
 public:
  explicit ProcessTree(pid_t root) : root_(root) {}

  // Those that run, the root first.
  std::vector<pid_t> Processes() const;
  // User and system time of all of them. One that has ended counts with what it had at the last
  // call, so that the sum never falls.
  base::Duration CpuTime();
  // Memory that they share counts once.
  size_t PssBytes() const;

 private:
  const pid_t root_;
  std::map<pid_t, base::Duration> cpu_times_;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_PROCESS_TREE_H_
