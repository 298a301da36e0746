#ifndef SSEGW_INTERNAL_NET_SERVICE_HANDLED_REQUEST_H_
#define SSEGW_INTERNAL_NET_SERVICE_HANDLED_REQUEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "internal/net/service/http_service.h"
#include "internal/net/shard/shard_context.h"

namespace ssegw::net {

// A request of any protocol on its way through a service: what it is called, and whether its answer
// refuses it.
//
// Thread: the shard's.
class HandledRequest {
 public:
  HandledRequest(ShardContext& shard, HttpService& service) : shard_(shard), service_(service) {}
  HandledRequest(const HandledRequest&) = delete;
  HandledRequest& operator=(const HandledRequest&) = delete;

  // Without the port; empty: not known.
  void SetPeer(std::string address) { peer_address_ = std::move(address); }
  const std::string& peer_address() const { return peer_address_; }

  // Gives the request its names, and has the service handle it.
  HttpReply Handle(HttpRequest request);
  // The answer to what never became a request. It is no refusal until it is noted.
  HttpResponse Refuse(int status, std::string_view detail);
  // If the response is a refusal: logs it, and adds the request's id. request: what is known of it.
  void NoteRefusal(HttpResponse& response, const HttpRequest& request) const;

  // See ShardContext::ConnectionId. 0: there has been no request.
  uint64_t number() const { return number_; }
  std::string connection_id() const { return shard_.ConnectionId(number_); }
  // The X-Request-Id that it came with; empty: none, or none that is taken over.
  const std::string& given_id() const { return given_id_; }
  bool head_only() const { return head_only_; }

 private:
  ShardContext& shard_;
  HttpService& service_;
  std::string peer_address_;
  uint64_t number_ = 0;
  std::string given_id_;
  bool head_only_ = false;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SERVICE_HANDLED_REQUEST_H_
