#ifndef SSEGW_GATEWAY_OPERATORS_OPERATOR_CALLS_H_
#define SSEGW_GATEWAY_OPERATORS_OPERATOR_CALLS_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/connections/connections.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"

namespace ssegw::operators {

// The calls of ConnectionService as requests of HTTP with JSON, for the operator's page.
//
// Thread:   any.
// Lifetime: the connections outlive it; its answers may outlive it.
// Errors:   problem+json: INVALID_ARGUMENT 400, NOT_FOUND 404, RESOURCE_EXHAUSTED 429, others 503.
class OperatorCalls {
 public:
  // A message that the socket has not begun to take by then is taken back.
  static constexpr base::Duration kSendPatience = std::chrono::seconds(10);
  // Of a message's JSON, with its escapes.
  static constexpr size_t kMaxBodyBytes = size_t{1024} * 1024;

  explicit OperatorCalls(connections::Connections& connections) : connections_(connections) {}

  // ListConnectionsResponse. query: the fields of the request.
  net::HttpReply List(std::string_view query) const;
  // A Connection.
  net::HttpReply Get(const std::string& id) const;
  // {"result":"delivered"}, or "queued" if that was asked. body: a SendToConnectionRequest.
  net::HttpReply Send(const std::string& id, std::string_view body) const;
  // {"closed":"1"}. query: may have a retry, in seconds.
  net::HttpReply Close(const std::string& id, std::string_view query) const;

 private:
  connections::Connections& connections_;
};

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_OPERATOR_CALLS_H_
