#include "gateway/app/resources.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>

namespace ssegw::app {
namespace {

// CPUs of the cgroup's quota; infinite where there is none.
double CgroupCpus() {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  std::string quota;
  double period = 0;
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> quota >> period) {
    return quota == "max" || period <= 0 ? kNone : std::stod(quota) / period;
  }
  double v1_quota = 0;
  std::ifstream v1_quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream v1_period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (v1_quota_file >> v1_quota && v1_period_file >> period && v1_quota > 0 && period > 0) {
    return v1_quota / period;
  }
  return kNone;
}

}  // namespace

size_t AvailableCpus() {
  cpu_set_t affinity;
  const bool known = sched_getaffinity(0, sizeof(affinity), &affinity) == 0;
  const double cpus = std::min(known ? static_cast<double>(CPU_COUNT(&affinity)) : 1, CgroupCpus());
  return std::max<size_t>(1, static_cast<size_t>(std::ceil(cpus)));
}

size_t RaiseOpenFilesLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
  return limit.rlim_cur;
}

}  // namespace ssegw::app
