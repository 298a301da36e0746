#ifndef SSEGW_INTERNAL_NET_TRANSPORT_TCP_INFO_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_TCP_INFO_H_

#include <cstdint>
#include <optional>

#include "internal/base/time.h"

namespace ssegw::net {

// What the kernel tells of a TCP socket (TCP_INFO). What an older kernel does not tell is 0.
struct TcpInfo {
  uint64_t acked_bytes = 0;
  // Sent and not acknowledged, in packets; written and not sent, in bytes.
  uint32_t unacked_packets = 0;
  uint32_t unsent_bytes = 0;
  // For how long there was something to be acknowledged.
  base::Duration busy{0};
  base::Duration round_trip{0};
  // The shortest ever seen: without what waits in the link's queue.
  base::Duration min_round_trip{0};
  base::Duration since_last_ack{0};
};

// nullopt if it is no TCP socket. One system call.
std::optional<TcpInfo> ReadTcpInfo(int fd);

// A TCP connection as its kernel sees it, for an operator.
struct LinkInfo {
  // Bytes that the kernel has taken and the peer's kernel has not acknowledged.
  uint64_t unacknowledged_bytes = 0;
  // Acknowledged bytes by the time in which there was something to acknowledge: so a peer that
  // gets little does not look like a slow one.
  double bytes_per_second = 0;
  base::Duration round_trip{0};
};

// nullopt if the kernel does not tell. Two system calls.
std::optional<LinkInfo> LinkOf(int fd);

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_TCP_INFO_H_
