#include "gateway/http/routes.h"

#include "gateway/http/problem.h"
#include "internal/base/concat.h"
#include "internal/base/enum_array.h"

namespace ssegw::http {

std::string_view ToString(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
  }
  return "";
}

std::optional<Method> ParseMethod(std::string_view text) {
  for (const Method method : base::AllOf<Method>()) {
    if (text == http::ToString(method)) return method;
  }
  return std::nullopt;
}

std::string Methods::ToString() const {
  std::string list;
  for (const Method method : base::AllOf<Method>()) {
    if (!Has(method)) continue;
    if (!list.empty()) list += ", ";
    list += http::ToString(method);
  }
  return list;
}

net::HttpResponse MethodNotAllowed(Methods methods) {
  const std::string allow = methods.ToString();
  net::HttpResponse response =
      ToResponse({.status = 405, .detail = base::Concat("this resource has ", allow)});
  response.fields.emplace_back("Allow", allow);
  return response;
}

}  // namespace ssegw::http
