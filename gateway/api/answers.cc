#include "gateway/api/answers.h"

#include <cstddef>
#include <utility>

#include "gateway/http/problem.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::api {
namespace {

constexpr size_t kMaxShownBytes = 300;

std::string_view AmazonType(int status) {
  switch (status) {
    case 401:
      return "UnauthorizedException";
    case 403:
    case 421:
      return "ForbiddenException";
    case 410:
      return "GoneException";
    case 413:
      return "PayloadTooLargeException";
    case 429:
      return "LimitExceededException";
    case 503:
      return "ServiceUnavailableException";
    default:
      return "BadRequestException";
  }
}

int StatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    default:
      return 503;
  }
}

// That a browser is gone, or slow, is no news.
bool IsRefusal(int status) { return status != 410 && status != 429; }

net::HttpResponse AmazonAnswer(int status, std::string detail) {
  std::string body = R"({"message":)";
  base::AppendJsonString(body, detail);
  body += "}\n";
  return {.status = status,
          .fields = {{"Content-Type", "application/json"},
                     {"Cache-Control", "no-store"},
                     {"X-Content-Type-Options", "nosniff"},
                     {"x-amzn-ErrorType", std::string(AmazonType(status))}},
          .body = std::move(body),
          .refusal = IsRefusal(status) ? std::move(detail) : std::string()};
}

}  // namespace

std::string Shown(std::string_view text) {
  if (!base::IsValidUtf8(text)) return "(an error whose text is not UTF-8)";
  if (text.size() <= kMaxShownBytes) return std::string(text);
  size_t end = kMaxShownBytes;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a code point
  return base::Concat(text.substr(0, end), "…");
}

net::HttpResponse ErrorAnswer(Form form, int status, std::string_view detail) {
  net::HttpResponse response = form == Form::kAmazon
                                   ? AmazonAnswer(status, Shown(detail))
                                   : http::ToResponse({.status = status, .detail = Shown(detail)});
  if (status == 429 || status == 503) response.fields.emplace_back("Retry-After", "1");
  return response;
}

net::HttpResponse ErrorAnswer(Form form, const absl::Status& status) {
  const std::string_view message(status.message().data(), status.message().size());
  return ErrorAnswer(form, StatusOf(status.code()), message);
}

net::HttpResponse JsonAnswer(std::string body) {
  return {.status = 200,
          .fields = {{"Content-Type", "application/json"},
                     {"Cache-Control", "no-store"},
                     {"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body)};
}

}  // namespace ssegw::api
