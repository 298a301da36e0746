#ifndef SSEGW_INTERNAL_NET_NET_STATS_H_
#define SSEGW_INTERNAL_NET_NET_STATS_H_

#include <cstdint>
#include <string_view>

#include "internal/base/enum_array.h"
#include "internal/metrics/counter.h"

namespace ssegw::net {

// Why a connection ended. Each has exactly one.
enum class CloseReason : uint8_t {
  kPeerClosed,   // the browser left gracefully
  kPeerReset,    // the connection broke
  kPeerFlood,    // it sent bytes that nobody asked for
  kWriteStall,   // it took nothing for write_stall_timeout
  kMaxAge,       // max_connection_age
  kAuthExpired,  // what it was let in with is no longer good
  kClosed,       // an operator or a backend closed it
  kDrain,        // the gateway leaves
  kShutdown,     // the gateway is gone before the connection could be told
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

// What one shard counts about sessions and connections.
//
// Thread: written by the shard's, read by any (a scrape).
struct NetStats {
  metrics::Counter connections;  // gauge
  metrics::Counter opened;
  base::EnumArray<CloseReason, metrics::Counter> closed;
  base::EnumArray<ShedReason, metrics::Counter> shed;
  // Bytes of the heads of event streams that sockets have taken; ShardStats::bytes_sent has the
  // rest.
  metrics::Counter stream_head_bytes_sent;
  // Sockets closed to make room for others, while nothing was asked on them.
  metrics::Counter idle_closed;
  // Gauges: bytes of requests that are held, and of answers on their way, except what answers
  // share.
  metrics::Counter head_bytes;
  metrics::Counter answer_bytes;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_NET_STATS_H_
