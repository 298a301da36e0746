#include "internal/net/net_stats.h"

namespace ssegw::net {

std::string_view ToString(CloseReason reason) {
  switch (reason) {
    case CloseReason::kPeerClosed:
      return "peer_closed";
    case CloseReason::kPeerReset:
      return "peer_reset";
    case CloseReason::kPeerFlood:
      return "peer_flood";
    case CloseReason::kWriteStall:
      return "write_stall";
    case CloseReason::kMaxAge:
      return "max_age";
    case CloseReason::kAuthExpired:
      return "auth_expired";
    case CloseReason::kClosed:
      return "closed";
    case CloseReason::kDrain:
      return "drain";
    case CloseReason::kShutdown:
      return "shutdown";
  }
  return "";
}

std::string_view ToString(ShedReason reason) {
  switch (reason) {
    case ShedReason::kMaxConnections:
      return "max_connections";
    case ShedReason::kMaxConnectionsPerIp:
      return "max_connections_per_ip";
    case ShedReason::kConnectRate:
      return "connect_rate";
    case ShedReason::kMemory:
      return "memory";
    case ShedReason::kRequestRate:
      return "request_rate";
  }
  return "";
}

std::string_view ToString(HandshakeRefusal refusal) {
  return refusal == HandshakeRefusal::kRate ? "rate" : "room";
}

std::string_view ToString(Protocol protocol) { return protocol == Protocol::kHttp1 ? "h1" : "h2"; }

}  // namespace ssegw::net
