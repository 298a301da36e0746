#include "gateway/connections/requests.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/sse/event_type.h"

namespace ssegw::connections {
namespace {

constexpr size_t kMaxTokenBytes = 128;
constexpr int kMaxNanos = 999'999'999;

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

absl::StatusOr<std::optional<window::Filter>> ParseFilter(std::string_view field,
                                                          const std::string& text) {
  if (text.empty()) return std::optional<window::Filter>();
  absl::StatusOr<window::Filter> filter = window::Filter::Parse(text);
  if (filter.ok()) return std::optional(*std::move(filter));
  const std::string_view why(filter.status().message().data(), filter.status().message().size());
  return absl::InvalidArgumentError(base::Concat(field, ": ", why));
}

absl::StatusOr<std::chrono::milliseconds> ParseRetry(const google::protobuf::Duration& retry) {
  const bool in_range = retry.seconds() >= 0 && retry.nanos() >= 0 && retry.nanos() <= kMaxNanos;
  const auto given = std::chrono::seconds(in_range ? retry.seconds() : 0);
  if (!in_range || given > kMaxRetry || (given == kMaxRetry && retry.nanos() > 0)) {
    return absl::InvalidArgumentError(base::Concat("retry {seconds: ", retry.seconds(), ", nanos: ",
                                                   retry.nanos(), "} is not in 0..24 hours"));
  }
  return std::chrono::ceil<std::chrono::milliseconds>(given +
                                                      std::chrono::nanoseconds(retry.nanos()));
}

}  // namespace

absl::StatusOr<net::PageWanted> ParseList(const ssegateway::v1::ListConnectionsRequest& request) {
  if (request.page_size() > kMaxPageSize) {
    return absl::InvalidArgumentError(
        base::Concat("page_size ", request.page_size(), " exceeds ", kMaxPageSize));
  }
  const std::string& token = request.page_token();
  if (token.size() > kMaxTokenBytes || !std::ranges::all_of(token, IsIdCharacter)) {
    return absl::InvalidArgumentError("page_token is not one that this service has given");
  }
  absl::StatusOr<std::optional<window::Filter>> filter = ParseFilter("topic", request.topic());
  if (!filter.ok()) return filter.status();
  return net::PageWanted{.criteria = {.filter = *std::move(filter),
                                      .subject = request.subject(),
                                      .address = request.address()},
                         .after = token,
                         .size = request.page_size() == 0 ? kDefaultPageSize : request.page_size()};
}

absl::StatusOr<CloseOrder> ParseClose(const ssegateway::v1::CloseConnectionsRequest& request) {
  if (request.ids().empty() && request.subject().empty() && request.filter().empty()) {
    return absl::InvalidArgumentError("nothing is chosen: give ids, subject or filter");
  }
  if (static_cast<size_t>(request.ids_size()) > kMaxIds) {
    return absl::InvalidArgumentError(
        base::Concat("ids has ", request.ids_size(), " of them, exceeds ", kMaxIds));
  }
  CloseOrder order{.ids = {request.ids().begin(), request.ids().end()}};
  absl::StatusOr<std::optional<window::Filter>> filter = ParseFilter("filter", request.filter());
  if (!filter.ok()) return filter.status();
  if (!request.subject().empty() || filter->has_value()) {
    order.criteria = {.filter = *std::move(filter), .subject = request.subject()};
  }
  if (request.has_retry()) {
    const absl::StatusOr<std::chrono::milliseconds> retry = ParseRetry(request.retry());
    if (!retry.ok()) return retry.status();
    order.retry = *retry;
  }
  return order;
}

absl::Status CheckMessage(const Message& message, size_t max_bytes) {
  if (message.text.size() > max_bytes) {
    return absl::InvalidArgumentError(base::Concat("message ", message.text.size(),
                                                   " bytes exceeds send_queue_bytes ", max_bytes));
  }
  if (!base::IsValidUtf8(message.text)) return absl::InvalidArgumentError("message is not UTF-8");
  if (!base::IsValidUtf8(message.type)) return absl::InvalidArgumentError("type is not UTF-8");
  return sse::ValidateEventType(message.type);
}

std::optional<uint64_t> NumberOf(std::string_view id, std::string_view prefix) {
  if (!id.starts_with(prefix)) return std::nullopt;
  id.remove_prefix(prefix.size());
  if (id.starts_with('0')) return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
  return number;
}

}  // namespace ssegw::connections
