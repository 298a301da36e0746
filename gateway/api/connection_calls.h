#ifndef SSEGW_GATEWAY_API_CONNECTION_CALLS_H_
#define SSEGW_GATEWAY_API_CONNECTION_CALLS_H_

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "gateway/connections/connections.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"

namespace ssegw::api {

// What Amazon API Gateway's management API has: a message to one connection, what is known of it,
// and its end. The answers are Amazon's, byte for byte where its SDKs look.
//
// Thread:   any.
// Lifetime: the connections outlive it; its answers may outlive it.
class ConnectionCalls {
 public:
  // A message that the socket has not begun to take by then is taken back, and the answer is 429.
  static constexpr base::Duration kPatience = std::chrono::seconds(10);

  // Gives what is asked, at each call.
  using Find = std::function<connections::Connections&()>;

  explicit ConnectionCalls(Find connections) : connections_(std::move(connections)) {}

  // 200: the socket took the message, or was at it when kPatience was over, which a reader that is
  // slow and alive can make of it. 410: there is no such connection, or it closed before. 429: its
  // queue is full, or it has taken nothing. 413: more than it may be sent.
  //
  // The body is the data of an event without a name. An empty one is refused: EventSource
  // dispatches no event without data.
  net::HttpReply Post(const std::string& id, std::string body) const;
  // 200, or 410.
  net::HttpReply Get(const std::string& id) const;
  // 204, or 410. The browser of that connection comes back after the retry that it is told.
  net::HttpReply Delete(const std::string& id) const;

 private:
  const Find connections_;
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_CONNECTION_CALLS_H_
