#include "internal/net/incoming_request.h"

#include "internal/net/connection_log.h"

namespace ssegw::net {

void IncomingRequest::Count() {
  const size_t bytes = parser_.buffer_bytes();
  shard_.stats().head_bytes.Add(bytes - counted_bytes_);
  counted_bytes_ = bytes;
}

HttpReply IncomingRequest::Handle() {
  HttpRequest request = parser_.request();
  number_ = shard_.NextConnectionNumber();
  const std::string id = connection_id();
  request.peer_address = peer_address_;
  request.connection_id = id;
  const std::string_view given_id = request.Find("X-Request-Id").value_or("");
  given_id_ = IsRequestId(given_id) ? given_id : std::string_view();
  request.request_id = given_id_.empty() ? std::string_view(id) : given_id_;
  head_only_ = request.method == "HEAD";
  has_body_ = request.has_body;
  is_last_ = !parser_.keep_alive() || !parser_.chunked_allowed();
  return service_.Handle(request);
}

HttpResponse IncomingRequest::Refuse(int status, std::string_view detail) {
  number_ = shard_.NextConnectionNumber();
  given_id_.clear();
  head_only_ = false;
  is_last_ = true;
  HttpResponse response = service_.Refuse(status, detail);
  NoteRefusal(response);
  parser_.ReleaseAll();
  return response;
}

void IncomingRequest::NoteRefusal(HttpResponse& response) const {
  if (response.refusal.empty()) return;
  const std::string id = given_id_.empty() ? connection_id() : given_id_;
  response.fields.emplace_back("X-Request-Id", id);
  RefusalFields refusal{.request = id, .status = response.status, .error = response.refusal};
  HttpRequest request;
  if (parser_.has_request()) request = parser_.request();
  refusal.method = request.method;
  // What comes behind it may hold what only the peer is to know.
  refusal.path = request.target.substr(0, request.target.find('?'));
  refusal.address = response.address.empty() ? peer_address_ : response.address;
  LogRefused(refusal);
}

}  // namespace ssegw::net
