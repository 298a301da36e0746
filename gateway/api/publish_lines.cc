#include "gateway/api/publish_lines.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "gateway/api/answers.h"
#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::api {
namespace {

// After so many lines others have their turn on the thread.
constexpr size_t kLinesAtOnce = 64;

absl::Status OutOfTime() {
  return absl::UnavailableError(
      "not stored: the lines before it took too long; send it again, and what follows it");
}

std::string_view TakeLine(std::string_view body, size_t& next) {
  while (next < body.size()) {
    const size_t end = std::min(body.find('\n', next), body.size());
    const std::string_view line = base::Trim(body.substr(next, end - next));
    next = end + 1;
    if (!line.empty()) return line;
  }
  return {};
}

}  // namespace

size_t PublishLines::Count(std::string_view body) {
  size_t count = 0;
  for (size_t next = 0; !TakeLine(body, next).empty();) ++count;
  return count;
}

std::string_view PublishLines::NextLine() { return TakeLine(request_.body, next_); }

void PublishLines::Work() {
  for (size_t i = 0; i < kLinesAtOnce; ++i) {
    const std::string_view line = NextLine();
    if (line.empty()) return done_(std::move(answers_));
    if (!Publish(line)) return;
  }
  sink_.Run([self = shared_from_this()] { self->Work(); });
}

bool PublishLines::Publish(std::string_view line) {
  if (base::Now() >= request_.until) {
    Answer(OutOfTime());
    return true;
  }
  // The answer may come before Take has returned, so nothing of this is touched after it.
  const std::optional<store::AppendResult> result = sink_.Take(
      request_.to_wire(line), request_.peer, [self = shared_from_this()](store::AppendResult late) {
        self->sink_.Run([self, late = std::move(late)] {
          self->Answer(late);
          self->Work();
        });
      });
  if (result) Answer(*result);
  return result.has_value();
}

void PublishLines::Answer(const store::AppendResult& result) { AppendResult(result, answers_); }

void AppendResult(const store::AppendResult& result, std::string& json) {
  if (result.ok()) {
    json += R"({"id":)";
    base::AppendJsonString(json, result->id);
    json += result->duplicate ? R"(,"duplicate":true})" : R"(,"duplicate":false})";
  } else {
    const absl::Status& status = result.status();
    json += base::Concat(R"({"error":{"code":)", status.raw_code(), R"(,"message":)");
    base::AppendJsonString(json, Shown({status.message().data(), status.message().size()}));
    if (absl::IsResourceExhausted(status)) json += R"(,"retryDelay":"1s")";
    json += "}}";
  }
  json += '\n';
}

}  // namespace ssegw::api
