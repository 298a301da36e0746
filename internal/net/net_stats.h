#ifndef SSEGW_INTERNAL_NET_NET_STATS_H_
#define SSEGW_INTERNAL_NET_NET_STATS_H_

#include <cstdint>
#include <string_view>

#include "internal/base/enum_array.h"
#include "internal/metrics/counter.h"

namespace ssegw::net {

// Why an event stream ended. Each has exactly one.
enum class CloseReason : uint8_t {
  kPeerClosed,  // the browser left in order
  kPeerReset,   // the connection broke
  kPeerFlood,   // it sent bytes that nobody asked for
  kWriteStall,  // it took nothing for write_stall_timeout
  kMaxAge,      // max_connection_age
  kDrain,       // the gateway leaves
  kShutdown,    // the gateway is gone before the connection could be told
  kLast = kShutdown,
};
std::string_view ToString(CloseReason reason);

// Why a connection was turned away with gateway.bye "busy".
enum class ShedReason : uint8_t {
  kMaxConnections,
  kMaxConnectionsPerIp,
  kConnectRate,
  kMemory,
  kRequestRate,
  kLast = kRequestRate,
};
std::string_view ToString(ShedReason reason);

// What one shard counts about connections.
//
// Thread: written by the shard's, read by any (a scrape).
struct NetStats {
  metrics::Counter connections;  // gauge: event streams
  metrics::Counter opened;
  base::EnumArray<CloseReason, metrics::Counter> closed;
  base::EnumArray<ShedReason, metrics::Counter> shed;
  // Sockets closed to make room for others, while nothing was asked on them.
  metrics::Counter idle_closed;
  // Gauges: what has come of requests and is held, and answers that are being written, but for what
  // they share.
  metrics::Counter head_bytes;
  metrics::Counter answer_bytes;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_NET_STATS_H_
