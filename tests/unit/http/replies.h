#ifndef SSEGW_TESTS_UNIT_HTTP_REPLIES_H_
#define SSEGW_TESTS_UNIT_HTTP_REPLIES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/net/service/http_service.h"

namespace ssegw::http {

// The value of the field of that name; "(none)" without one, "(twice)" where there are several.
inline std::string FieldOf(const net::HttpFields& fields, std::string_view name) {
  std::string found = "(none)";
  for (const auto& [field, value] : fields) {
    if (field == name) found = found == "(none)" ? value : "(twice)";
  }
  return found;
}

inline net::HttpRequest Request(std::string_view method, std::string_view target,
                                std::vector<net::HttpRequest::Field> fields = {}) {
  net::HttpRequest request{.method = method,
                           .target = target,
                           .fields = std::move(fields),
                           .peer_address = "192.0.2.1",
                           .connection_id = "c-1",
                           .request_id = "r-1"};
  request.host = request.Find("Host").value_or("");
  return request;
}

}  // namespace ssegw::http

#endif  // SSEGW_TESTS_UNIT_HTTP_REPLIES_H_
