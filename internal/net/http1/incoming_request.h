#ifndef SSEGW_INTERNAL_NET_HTTP1_INCOMING_REQUEST_H_
#define SSEGW_INTERNAL_NET_HTTP1_INCOMING_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "internal/net/http1/request_parser.h"
#include "internal/net/service/handled_request.h"
#include "internal/net/service/http_service.h"
#include "internal/net/shard/shard_context.h"

namespace ssegw::net {

// The current request of an HTTP/1.1 session, from its first byte to its answer: what has come of
// it, what it is called, and what the service says to it.
//
// Owns:   the bytes that have come, which the shard's head_bytes counts.
// Thread: the shard's.
class IncomingRequest {
 public:
  IncomingRequest(ShardContext& shard, HttpService& service)
      : shard_(shard), handled_(shard, service), parser_(service.speaks_http2()) {}
  ~IncomingRequest() { shard_.stats().head_bytes.Sub(counted_bytes_); }
  IncomingRequest(const IncomingRequest&) = delete;
  IncomingRequest& operator=(const IncomingRequest&) = delete;

  // Without the port; empty: not known.
  void SetPeer(std::string address) { handled_.SetPeer(std::move(address)); }
  const std::string& peer_address() const { return handled_.peer_address(); }

  RequestParser& parser() { return parser_; }
  const RequestParser& parser() const { return parser_; }
  // Call it when the parser may hold more or less than before.
  void Count();

  // After Result::kRequest: gives the request its names, and has the service handle it.
  HttpReply Handle();
  // After Result::kRefused, or if the request takes too long: the answer, noted as a refusal. What
  // had come of the request is forgotten.
  HttpResponse Refuse(int status, std::string_view detail);
  // If the response is a refusal: logs it, and adds the request's id.
  void NoteRefusal(HttpResponse& response) const;

  // See ShardContext::ConnectionId. 0: there has been no request.
  uint64_t number() const { return handled_.number(); }
  std::string connection_id() const { return handled_.connection_id(); }
  // The X-Request-Id that it came with; empty: none, or none that is taken over.
  const std::string& given_id() const { return handled_.given_id(); }
  bool head_only() const { return handled_.head_only(); }
  bool has_body() const { return has_body_; }
  // No other request may follow it.
  bool is_last() const { return is_last_; }

 private:
  ShardContext& shard_;
  HandledRequest handled_;
  RequestParser parser_;
  size_t counted_bytes_ = 0;
  bool has_body_ = false;
  bool is_last_ = false;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP1_INCOMING_REQUEST_H_
