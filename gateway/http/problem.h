#ifndef SSEGW_GATEWAY_HTTP_PROBLEM_H_
#define SSEGW_GATEWAY_HTTP_PROBLEM_H_

#include <array>
#include <string>
#include <string_view>

#include "internal/net/service/http_service.h"

namespace ssegw::http {

struct RefusalStatus {
  int code;
  std::string_view title;  // the reason phrase (RFC 9110 section 15.5, RFC 6585)
};

// Every status with which a request is refused before a stream.
inline constexpr std::array<RefusalStatus, 11> kRefusals = {{
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {421, "Misdirected Request"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
}};

// Why a request is refused.
struct Problem {
  int status = 400;
  // For the person who wrote the request.
  std::string detail = {};
  // The query parameter at fault; empty if there is none.
  std::string parameter = {};
  // The check of who asks that failed; empty: it was none of these.
  std::string check = {};
};

// As application/problem+json (RFC 9457), which no cache keeps.
net::HttpResponse ToResponse(const Problem& problem);

// Refuses a request that has a body.
Problem BodyRefused();

// text in double quotes for a detail, cut short where it is long. text is valid UTF-8.
std::string Quoted(std::string_view text);

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_PROBLEM_H_
