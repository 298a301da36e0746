#include "bench/fanout/kernel_memory.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

namespace ssegw::bench {
namespace {

TEST(KernelMemoryTest, SeesSockets) {
  constexpr int64_t kSockets = 500;
  const std::optional<KernelMemory> before = ReadKernelMemory();
  if (!before) GTEST_SKIP() << "this user may not read /proc/slabinfo";
  std::vector<int> sockets;
  for (int64_t i = 0; i < kSockets; ++i) {
    sockets.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }
  const KernelMemory after = ReadKernelMemory().value_or(KernelMemory{});
  const int64_t added = after.slab_bytes - before->slab_bytes;
  for (const int fd : sockets) close(fd);
  // A struct tcp_sock alone is more than 1.5 kB; what else happens meanwhile may take some back.
  EXPECT_GT(added, kSockets * 1500);
}

}  // namespace
}  // namespace ssegw::bench
