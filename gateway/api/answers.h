#ifndef SSEGW_GATEWAY_API_ANSWERS_H_
#define SSEGW_GATEWAY_API_ANSWERS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/net/service/http_service.h"

namespace ssegw::api {

// How those who ask understand errors.
enum class Form {
  kProblem,  // application/problem+json (RFC 9457)
  // As the management API of Amazon API Gateway has them, so that its SDKs throw the classes that
  // they have for them: x-amzn-ErrorType, and {"message":…}.
  kAmazon,
};

// An error. Its detail is for the person who wrote the request; it is cut short where it is long.
net::HttpResponse ErrorAnswer(Form form, int status, std::string_view detail);

// What became of an event, or a message, as the status of its answer: INVALID_ARGUMENT 400,
// PERMISSION_DENIED 403, RESOURCE_EXHAUSTED 429, others 503. The last two say when to try again.
net::HttpResponse ErrorAnswer(Form form, const absl::Status& status);

// 200 with JSON. body: with its line end.
net::HttpResponse JsonAnswer(std::string body);

// Fit to be shown: valid UTF-8, and not too long.
std::string Shown(std::string_view text);

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_ANSWERS_H_
