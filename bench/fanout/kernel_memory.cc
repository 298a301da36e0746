#include "bench/fanout/kernel_memory.h"

#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace ssegw::bench {
namespace {

// The socket, its inode, its file and its name; what epoll has of it; what waits in it.
const std::set<std::string>& SocketCaches() {
  static const auto* const caches = new std::set<std::string>{"TCP",
                                                              "sock_inode_cache",
                                                              "filp",
                                                              "dentry",
                                                              "eventpoll_epi",
                                                              "eventpoll_pwq",
                                                              "ep_head",
                                                              "skbuff_head_cache",
                                                              "skbuff_fclone_cache",
                                                              "skbuff_small_head",
                                                              "tcp_bind_bucket",
                                                              "tcp_bind2_bucket",
                                                              "request_sock_TCP"};
  return *caches;
}

}  // namespace

std::optional<KernelMemory> ReadKernelMemory() {
  KernelMemory memory;
  std::ifstream slabs("/proc/slabinfo");
  for (std::string line; std::getline(slabs, line);) {
    std::istringstream words(line);
    std::string name;
    int64_t active = 0;
    int64_t objects = 0;
    int64_t object_bytes = 0;
    if (words >> name >> active >> objects >> object_bytes && SocketCaches().contains(name)) {
      memory.slab_bytes += active * object_bytes;
    }
  }
  if (memory.slab_bytes == 0) return std::nullopt;
  std::ifstream sockets("/proc/net/sockstat");
  for (std::string line; std::getline(sockets, line);) {
    const size_t pages = line.find(" mem ");
    if (!line.starts_with("TCP:") || pages == std::string::npos) continue;
    memory.buffer_bytes = std::stoll(line.substr(pages + 5)) * sysconf(_SC_PAGESIZE);
  }
  return memory;
}

}  // namespace ssegw::bench
