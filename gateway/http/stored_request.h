#ifndef SSEGW_GATEWAY_HTTP_STORED_REQUEST_H_
#define SSEGW_GATEWAY_HTTP_STORED_REQUEST_H_

#include <string>
#include <string_view>

#include "internal/net/service/http_service.h"

namespace ssegw::http {

// A request that is answered later than it was handled: with everything that it is a view of.
//
// Thread: immutable.
class StoredRequest {
 public:
  explicit StoredRequest(const net::HttpRequest& request);
  StoredRequest(const StoredRequest&) = delete;
  StoredRequest& operator=(const StoredRequest&) = delete;

  // It lives as long as this. It has no body any more.
  const net::HttpRequest& request() const { return request_; }

 private:
  std::string_view Store(std::string_view text);

  std::string text_;
  net::HttpRequest request_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_STORED_REQUEST_H_
