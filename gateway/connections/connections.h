#ifndef SSEGW_GATEWAY_CONNECTIONS_CONNECTIONS_H_
#define SSEGW_GATEWAY_CONNECTIONS_CONNECTIONS_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/base/time.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {

// Hears the answer to a question, once, on any thread; perhaps before the question has returned. It
// must not block.
template <typename T>
using Done = absl::AnyInvocable<void(absl::StatusOr<T>) &&>;

// A message for one connection.
struct Message {
  std::string connection_id;
  // What its data: lines have; each line end begins another. UTF-8.
  std::string text;
  // SSE event name; empty: none.
  std::string type = {};
  // Answered when it is queued, instead of when the socket has taken it.
  bool answer_when_queued = false;
  // It is taken back then, if nothing of it has been sent, and if nobody has heard that it is
  // queued.
  base::TimePoint deadline = base::TimePoint::max();
};

// The open connections, of this gateway or of all: what ConnectionService, the HTTP API and the
// console ask. The rules and errors of each question are those of
// proto/ssegateway/v1/connections.proto.
//
// Thread:   any, at the same time; no call blocks.
// Lifetime: it answers every question before it goes.
class Connections {
 public:
  virtual ~Connections() = default;

  virtual void List(const ssegateway::v1::ListConnectionsRequest& request,
                    Done<ssegateway::v1::ListConnectionsResponse> done) = 0;
  virtual void Get(const std::string& id, Done<ssegateway::v1::Connection> done) = 0;
  // INVALID_ARGUMENT: the type, or text that is no UTF-8. Whoever has JSON checks it before.
  virtual void Send(Message message, absl::AnyInvocable<void(absl::Status) &&> done) = 0;
  virtual void Close(const ssegateway::v1::CloseConnectionsRequest& request,
                     Done<ssegateway::v1::CloseConnectionsResponse> done) = 0;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_CONNECTIONS_H_
