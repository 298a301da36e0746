#include "gateway/app/budget.h"

#include <algorithm>

namespace ssegw::app {
namespace {

// Files that are no socket of a port: event queues, listeners, the log, and spare ones.
constexpr size_t kFilesOfProcess = 48;
constexpr size_t kFilesPerShard = 4;
constexpr size_t kAdminSockets = 16;
// Publishers get this fraction of all files, within these bounds. A flag may ask for more or less,
// up to the second fraction.
constexpr size_t kPublisherDivisor = 16;
constexpr size_t kMinPublishers = 16;
constexpr size_t kMaxPublishers = 1024;
constexpr size_t kFlaggedPublisherDivisor = 4;
// However little memory there is, the public port has so many sockets, to turn connections away.
constexpr size_t kMinPublicSockets = 64;
// One public socket in 16 is kept for what is not a connection.
constexpr size_t kOtherSocketsDivisor = 16;
// Half of those others may be held after their connection was shed.
constexpr size_t kHeldSocketsDivisor = 2 * kOtherSocketsDivisor;

size_t PublisherConnections(size_t flag, size_t open_files) {
  if (flag > 0) return std::clamp<size_t>(open_files / kFlaggedPublisherDivisor, 1, flag);
  return std::clamp(open_files / kPublisherDivisor, kMinPublishers, kMaxPublishers);
}

// What is left of open_files, and at least half of them.
size_t WithoutReserved(size_t open_files, size_t reserved) {
  return open_files > 2 * reserved ? open_files - reserved : open_files / 2;
}

}  // namespace

FileBudget::FileBudget(const config::Config& config, size_t shards, size_t open_files,
                       size_t max_public_sockets)
    : publisher_connections(PublisherConnections(config.max_publisher_connections, open_files)),
      admin_sockets(kAdminSockets),
      api_sockets(config.api_listen ? PublisherConnections(0, open_files) : 0) {
  const size_t threads = shards + (api_sockets > 0 ? 1 : 0);
  const size_t reserved = kFilesOfProcess + kFilesPerShard * threads + admin_sockets + api_sockets +
                          publisher_connections;
  public_sockets = std::min(WithoutReserved(open_files, reserved),
                            std::max(max_public_sockets, kMinPublicSockets));
  connections = public_sockets - public_sockets / kOtherSocketsDivisor - 1;
  held_per_shard = public_sockets / kHeldSocketsDivisor / shards;
}

Budget::Budget(const config::Config& config, const Machine& machine)
    : shards(config.threads > 0 ? config.threads : machine.cpus),
      memory(config, machine.memory_limit),
      files(config, shards, machine.open_files, memory.sockets) {}

}  // namespace ssegw::app
