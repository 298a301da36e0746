#ifndef SSEGW_INTERNAL_NET_SHARD_NET_STATS_H_
#define SSEGW_INTERNAL_NET_SHARD_NET_STATS_H_

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

// Why a handshake was refused before it took the private key's time, or given up.
enum class HandshakeRefusal : uint8_t {
  kRate,  // its address began too many
  kRoom,  // too many were under way, and it was the oldest
  kLast = kRoom,
};
std::string_view ToString(HandshakeRefusal refusal);

// What is spoken over a transport.
enum class Protocol : uint8_t { kHttp1, kHttp2, kLast = kHttp2 };
std::string_view ToString(Protocol protocol);

// Transports by what is spoken over them. Gauges.
struct TransportCounts {
  base::EnumArray<Protocol, metrics::Counter> in_the_clear;
  base::EnumArray<Protocol, metrics::Counter> with_tls;

  metrics::Counter& Of(Protocol protocol, bool is_tls) {
    return (is_tls ? with_tls : in_the_clear)[protocol];
  }
};

// What too much of ended an HTTP/2 session, or did not let it begin.
enum class Http2Flood : uint8_t {
  kReset,  // streams that are opened and reset
  kSettings,
  kPing,
  kContinuation,  // heads in many pieces
  kEmptyData,
  kWindowUpdate,  // by very little
  kPriority,
  kHeaderList,  // a head that unpacks to very much
  kSessions,    // more of them than a shard has room for
  kLast = kSessions,
};
std::string_view ToString(Http2Flood kind);

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
  // Of handshakes that began; those of refused ones are not among them.
  metrics::Counter handshakes_ok;
  metrics::Counter handshakes_failed;
  base::EnumArray<HandshakeRefusal, metrics::Counter> handshakes_refused;
  TransportCounts transports;
  metrics::Counter http2_streams;  // gauge: requests and connections
  base::EnumArray<Http2Flood, metrics::Counter> http2_floods;
  // Gauges: bytes of requests that are held, and of answers on their way, except what answers
  // share; what HTTP/2 sessions gather of their streams is with these.
  metrics::Counter head_bytes;
  metrics::Counter answer_bytes;
  // Gauge: bytes of what connections have in common.
  metrics::Counter shared_text_bytes;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_NET_STATS_H_
