#ifndef SSEGW_INTERNAL_NET_SERVICE_RESPONSE_HEAD_H_
#define SSEGW_INTERNAL_NET_SERVICE_RESPONSE_HEAD_H_

#include <cstddef>
#include <optional>
#include <string>

#include "internal/net/service/http_service.h"

namespace ssegw::net {

// The value of Date: now (RFC 9110 section 5.6.7).
std::string HttpDate();

// The head of an HTTP/1.1 response, Date included, up to the blank line.
struct ResponseHead {
  int status = 200;
  const HttpFields& fields;
  // nullopt: no Content-Length.
  std::optional<size_t> content_length = std::nullopt;
  bool chunked = false;
  bool close = false;
};
std::string Serialize(const ResponseHead& head);

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SERVICE_RESPONSE_HEAD_H_
