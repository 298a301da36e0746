#include "gateway/http/problem.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

std::string_view Title(int status) {
  if (status == 410) return "Gone";
  if (status == 503) return "Service Unavailable";
  const auto* known = std::find_if(kRefusals.begin(), kRefusals.end(),
                                   [&](const RefusalStatus& r) { return r.code == status; });
  return known == kRefusals.end() ? "Refused" : known->title;
}

}  // namespace

net::HttpResponse ToResponse(const Problem& problem) {
  std::string body = base::Concat(R"({"type":"about:blank","title":")", Title(problem.status),
                                  R"(","status":)", problem.status);
  // What a peer sent may be quoted in it, and JSON has no place for broken UTF-8.
  if (!problem.detail.empty() && base::IsValidUtf8(problem.detail)) {
    body += R"(,"detail":)";
    base::AppendJsonString(body, problem.detail);
  }
  if (!problem.parameter.empty()) {
    body += R"(,"parameter":)";
    base::AppendJsonString(body, problem.parameter);
  }
  if (!problem.check.empty()) {
    body += R"(,"check":)";
    base::AppendJsonString(body, problem.check);
  }
  body += "}\n";
  return {.status = problem.status,
          .fields = {{"Content-Type", "application/problem+json"},
                     {"Cache-Control", "no-store"},
                     {"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body),
          .static_body = {},
          .refusal = problem.detail};
}

Problem BodyRefused() { return {.status = 413, .detail = "a body is not accepted"}; }

std::string Quoted(std::string_view text) {
  constexpr size_t kMaxBytes = 64;
  if (text.size() <= kMaxBytes) return base::Concat('"', text, '"');
  size_t end = kMaxBytes;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a code point
  return base::Concat('"', text.substr(0, end), "…\"");
}

}  // namespace ssegw::http
