#ifndef SSEGW_BENCH_FANOUT_KERNEL_MEMORY_H_
#define SSEGW_BENCH_FANOUT_KERNEL_MEMORY_H_

#include <cstdint>
#include <optional>

namespace ssegw::bench {

// What the kernel holds for sockets, of the whole machine: the objects of its slabs that a TCP
// connection is made of (/proc/slabinfo, which root may read), and what waits in buffers
// (/proc/net/sockstat). Where both ends of each connection are on this machine, half of what is
// added is one end's. nullopt: this user may not know.
struct KernelMemory {
  int64_t slab_bytes = 0;
  int64_t buffer_bytes = 0;
};
std::optional<KernelMemory> ReadKernelMemory();

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_KERNEL_MEMORY_H_
