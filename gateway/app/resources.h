#ifndef SSEGW_GATEWAY_APP_RESOURCES_H_
#define SSEGW_GATEWAY_APP_RESOURCES_H_

#include <cstddef>

namespace ssegw::app {

// The CPUs that this process may use: of its affinity and of its cgroup's quota (cpu.max of cgroup
// v2, cpu.cfs_quota_us of v1), rounded up, at least 1.
size_t AvailableCpus();

// Raises the soft limit of open files to the hard one. Returns what holds then.
size_t RaiseOpenFilesLimit();

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_RESOURCES_H_
