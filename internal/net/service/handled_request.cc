#include "internal/net/service/handled_request.h"

#include "internal/net/shard/connection_log.h"

namespace ssegw::net {

HttpReply HandledRequest::Handle(HttpRequest request) {
  number_ = shard_.NextConnectionNumber();
  const std::string id = connection_id();
  request.peer_address = peer_address_;
  request.connection_id = id;
  const std::string_view given_id = request.Find("X-Request-Id").value_or("");
  given_id_ = IsRequestId(given_id) ? given_id : std::string_view();
  request.request_id = given_id_.empty() ? std::string_view(id) : given_id_;
  head_only_ = request.method == "HEAD";
  return service_.Handle(request);
}

HttpResponse HandledRequest::Refuse(int status, std::string_view detail) {
  number_ = shard_.NextConnectionNumber();
  given_id_.clear();
  head_only_ = false;
  return service_.Refuse(status, detail);
}

void HandledRequest::NoteRefusal(HttpResponse& response, const HttpRequest& request) const {
  if (response.refusal.empty()) return;
  const std::string id = given_id_.empty() ? connection_id() : given_id_;
  response.fields.emplace_back("X-Request-Id", id);
  LogRefused({.request = id,
              .status = response.status,
              .error = response.refusal,
              .method = request.method,
              // What comes behind it may hold what only the peer is to know.
              .path = request.target.substr(0, request.target.find('?')),
              .address = response.address.empty() ? peer_address_ : response.address,
              .identity = response.identity});
}

}  // namespace ssegw::net
