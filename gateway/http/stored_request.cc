#include "gateway/http/stored_request.h"

#include <cstddef>

namespace ssegw::http {

StoredRequest::StoredRequest(const net::HttpRequest& request) : request_(request) {
  size_t bytes = request.method.size() + request.target.size() + request.peer_address.size() +
                 request.connection_id.size() + request.host.size() + request.request_id.size();
  for (const net::HttpRequest::Field& field : request.fields) {
    bytes += field.name.size() + field.value.size();
  }
  // At once, so that what it holds does not move below the views.
  text_.reserve(bytes);
  for (std::string_view* const view :
       {&request_.method, &request_.target, &request_.peer_address, &request_.connection_id,
        &request_.host, &request_.request_id}) {
    *view = Store(*view);
  }
  for (net::HttpRequest::Field& field : request_.fields) {
    field.name = Store(field.name);
    field.value = Store(field.value);
  }
  request_.has_body = false;
}

std::string_view StoredRequest::Store(std::string_view text) {
  const size_t begin = text_.size();
  text_ += text;
  return std::string_view(text_).substr(begin);
}

}  // namespace ssegw::http
