#ifndef SSEGW_INTERNAL_NET_SERVICE_ARRIVAL_H_
#define SSEGW_INTERNAL_NET_SERVICE_ARRIVAL_H_

#include <string>
#include <string_view>
#include <variant>

#include "internal/net/service/http_service.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard/shard_context.h"

namespace ssegw::net {

// What a connection is told that was not admitted.
struct Shed {
  // Bare SSE text, with gateway.bye "busy".
  std::string text;
};

// A request for an event stream, by any protocol.
struct StreamRequest {
  const HttpStream& stream;
  // Of its session, without the port.
  std::string_view peer_address = {};
  std::string_view connection_id = {};
  // The X-Request-Id that it came with; empty: none.
  std::string_view request_id = {};
  // There is room for what its session holds: a socket may carry many connections.
  bool session_has_room = true;
};

// Admits the connection, or sheds it, which is counted and logged.
//
// Thread: the shard's.
std::variant<Admission::Ticket, Shed> Receive(ShardContext& shard, const StreamRequest& request);

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SERVICE_ARRIVAL_H_
