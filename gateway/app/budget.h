#ifndef SSEGW_GATEWAY_APP_BUDGET_H_
#define SSEGW_GATEWAY_APP_BUDGET_H_

#include <cstddef>

#include "gateway/app/memory_budget.h"
#include "gateway/config/config.h"

namespace ssegw::app {

// What the machine gives the process.
struct Machine {
  size_t cpus = 1;
  size_t open_files = 0;    // that it may have: RLIMIT_NOFILE
  size_t memory_limit = 0;  // bytes; 0: none
};

// How the files that may be open are shared out. Each port has a part of its own, so that a flood
// of sockets on one port leaves the other ports theirs.
struct FileBudget {
  // max_public_sockets: what memory has room for.
  FileBudget(const config::Config& config, size_t shards, size_t open_files,
             size_t max_public_sockets);

  // Sockets of each port.
  size_t publisher_connections;
  size_t admin_sockets;
  size_t api_sockets;  // 0: there is no such port
  size_t public_sockets;
  // Of the public port's sockets: those that may be connections. The others answer requests that
  // are not for a stream, and tell connections that are shed.
  size_t connections;
  // Of the others: those on which shed connections are held before they end, in each shard.
  size_t held_per_shard;
};

// How much the parts may use of what the machine gives. Computed once, when the process starts.
struct Budget {
  Budget(const config::Config& config, const Machine& machine);

  size_t shards;
  MemoryBudget memory;
  FileBudget files;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_BUDGET_H_
