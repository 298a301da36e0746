#ifndef SSEGW_GATEWAY_APP_MEMORY_USE_H_
#define SSEGW_GATEWAY_APP_MEMORY_USE_H_

#include <cstddef>
#include <string>

namespace ssegw::app {

// How much memory the process uses, and how much it may use: --memory_limit, or else the limit of
// its cgroup (v2 or v1), which a container has, or else three quarters of what the machine had
// available when the process began.
//
// Thread: one.
// Cost:   each call of in_use reads a file or two.
class MemoryUse {
 public:
  struct Paths {
    std::string cgroup_of_self = "/proc/self/cgroup";
    std::string cgroup_root = "/sys/fs/cgroup";
    std::string statm = "/proc/self/statm";
    std::string meminfo = "/proc/meminfo";
  };

  // limit_flag: bytes; 0: the cgroup's, or the machine's.
  explicit MemoryUse(size_t limit_flag) : MemoryUse(limit_flag, Paths()) {}
  MemoryUse(size_t limit_flag, Paths paths);

  // Bytes; 0 if nothing tells how much there is.
  size_t limit() const { return limit_; }
  // Resident memory. If the limit is the cgroup's, it is what the cgroup counts if that is more:
  // with the kernel's socket buffers, but without the files that it would drop to get room.
  size_t in_use() const;

 private:
  const Paths paths_;
  // Of the cgroup whose limit holds; empty if there is none.
  std::string current_file_;
  std::string stat_file_;
  std::string reclaimable_;  // its name in stat_file_
  size_t limit_ = 0;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_USE_H_
