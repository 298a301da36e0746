#include "internal/net/shard/net_stats.h"

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

std::string_view ToString(Http2Flood kind) {
  switch (kind) {
    case Http2Flood::kReset:
      return "reset";
    case Http2Flood::kSettings:
      return "settings";
    case Http2Flood::kPing:
      return "ping";
    case Http2Flood::kContinuation:
      return "continuation";
    case Http2Flood::kEmptyData:
      return "empty_data";
    case Http2Flood::kWindowUpdate:
      return "window_update";
    case Http2Flood::kPriority:
      return "priority";
    case Http2Flood::kSessions:
      return "sessions";
    case Http2Flood::kHeaderList:
      return "header_list";
  }
  return "";
}

}  // namespace ssegw::net
