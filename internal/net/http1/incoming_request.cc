#include "internal/net/http1/incoming_request.h"

namespace ssegw::net {

void IncomingRequest::Count() {
  const size_t bytes = parser_.buffer_bytes();
  shard_.stats().head_bytes.Add(bytes - counted_bytes_);
  counted_bytes_ = bytes;
}

HttpReply IncomingRequest::Handle() {
  const HttpRequest request = parser_.request();
  has_body_ = request.has_body;
  is_last_ = !parser_.keep_alive() || !parser_.chunked_allowed();
  return handled_.Handle(request);
}

HttpResponse IncomingRequest::Refuse(int status, std::string_view detail) {
  is_last_ = true;
  HttpResponse response = handled_.Refuse(status, detail);
  NoteRefusal(response);
  parser_.ReleaseAll();
  return response;
}

void IncomingRequest::NoteRefusal(HttpResponse& response) const {
  handled_.NoteRefusal(response, parser_.has_request() ? parser_.request() : HttpRequest());
}

}  // namespace ssegw::net
