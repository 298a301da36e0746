#ifndef SSEGW_INTERNAL_NET_SHARD_CONNECTION_OPTIONS_H_
#define SSEGW_INTERNAL_NET_SHARD_CONNECTION_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "internal/base/time.h"

namespace ssegw::net {

// What one shard does with its sessions and connections.
struct ConnectionOptions {
  base::Duration heartbeat_interval = std::chrono::seconds(15);
  std::chrono::milliseconds retry = std::chrono::seconds(2);
  // From the session's beginning, and from the first byte of each later request.
  base::Duration request_header_timeout = std::chrono::seconds(10);
  // Between two requests of a session. Longer than nginx and AWS load balancers keep an idle one
  // (60 s), so that they close it, and none sends a request into our close.
  base::Duration keepalive_timeout = std::chrono::seconds(75);
  base::Duration write_stall_timeout = std::chrono::seconds(60);
  // An answer is given up if its peer takes it more slowly than this, on average and after
  // write_stall_timeout: it holds memory for one peer.
  size_t min_answer_bytes_per_second = 8 * 1024;
  base::Duration max_connection_age{0};  // zero: none
  // The time over which connections come back that leave at a drain or are shed.
  base::Duration drain_window = std::chrono::seconds(20);
  // How long an answer that says gateway.bye "busy" is held before it ends: some clients come back
  // at once after an end, whatever retry: says.
  base::Duration shed_hold = std::chrono::seconds(2);
  // Answers that one shard holds at the same time; the one held longest ends for a new one.
  size_t max_held = 1024;
  // An HTTP/2 client that has sent no frame for so long is asked whether it is still there, and has
  // so long to answer, once it has taken what was sent before.
  base::Duration ping_after = std::chrono::seconds(30);
  base::Duration ping_patience = std::chrono::seconds(10);
  // Of one HTTP/2 session at the same time.
  uint32_t max_http2_streams = 100;
  // In the clear, of one shard: by prior knowledge, as a proxy speaks it. With TLS every socket may
  // be one.
  size_t max_http2_sessions = std::numeric_limits<size_t>::max();
  // Bytes of half requests that one shard holds; beyond it the half request that began first is
  // refused.
  size_t max_head_bytes = size_t{64} * 1024 * 1024;
  // Messages that wait for one connection; and for all of one shard, beyond which only those that
  // take what they are sent get small ones.
  size_t max_send_queue_bytes = size_t{64} * 1024;
  size_t max_all_send_queues_bytes = size_t{64} * 1024 * 1024;
  // Bytes that the filters of one shard's connections take; beyond it new connections with many
  // filters are shed.
  size_t max_filter_bytes = size_t{256} * 1024 * 1024;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_CONNECTION_OPTIONS_H_
