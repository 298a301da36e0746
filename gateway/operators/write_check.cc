#include "gateway/operators/write_check.h"

#include <string_view>

#include "gateway/http/field_value.h"
#include "gateway/http/own_origin.h"
#include "internal/base/text.h"

namespace ssegw::operators {
namespace {

bool IsJson(std::string_view content_type) {
  const std::string_view media_type =
      http::TrimSpace(content_type.substr(0, content_type.find(';')));
  return base::EqualsIgnoreCase(media_type, "application/json");
}

}  // namespace

std::optional<http::Problem> CheckWrite(const net::HttpRequest& request) {
  if (const auto site = request.Find("Sec-Fetch-Site"); site && *site != "same-origin") {
    return http::Problem{.status = 403, .detail = "a page of another origin may not do that"};
  }
  if (const auto origin = request.Find("Origin");
      origin && !http::IsOwnOrigin(request, *origin, /*trusted_proxies=*/{})) {
    return http::Problem{.status = 403, .detail = "a page of another origin may not do that"};
  }
  if (request.Find("X-Operator").value_or("") != "1") {
    return http::Problem{.status = 403, .detail = "the field X-Operator: 1 is missing"};
  }
  if (request.has_body && !IsJson(request.Find("Content-Type").value_or(""))) {
    return http::Problem{.detail = "the Content-Type of the body is not application/json"};
  }
  return std::nullopt;
}

}  // namespace ssegw::operators
