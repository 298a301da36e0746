#include "gateway/operators/list_query.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/http/query.h"
#include "internal/base/concat.h"

namespace ssegw::operators {
namespace {

using http::Problem;

Problem Fault(std::string_view name, std::string_view what) {
  return {.detail = base::Concat("parameter ", name, ' ', what), .parameter = std::string(name)};
}

// The value of a parameter that is given once at most. Empty if it is not given.
std::variant<std::string, Problem> ValueOf(std::string_view name, std::string_view query) {
  std::optional<std::string> value;
  for (const http::Parameter& parameter : http::ParseQuery(query)) {
    if (parameter.name != name) continue;
    if (value) return Fault(name, "is given twice");
    absl::StatusOr<std::string> decoded = http::DecodeText(parameter.raw_value);
    if (!decoded.ok()) {
      const auto message = decoded.status().message();
      return Fault(name, std::string_view(message.data(), message.size()));
    }
    value = *std::move(decoded);
  }
  return value.value_or("");
}

template <typename T = uint32_t>
std::optional<T> ParseNumber(std::string_view text) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A parameter that is a whole number; nullopt if it is not given.
std::variant<std::optional<uint32_t>, Problem> NumberOf(std::string_view name,
                                                        std::string_view query) {
  auto value = ValueOf(name, query);
  if (auto* problem = std::get_if<Problem>(&value)) return std::move(*problem);
  const auto& text = std::get<std::string>(value);
  if (text.empty()) return std::nullopt;
  const std::optional<uint32_t> number = ParseNumber(text);
  if (!number) return Fault(name, "is no whole number");
  return number;
}

}  // namespace

std::variant<ssegateway::v1::ListConnectionsRequest, Problem> ParseListQuery(
    std::string_view query) {
  ssegateway::v1::ListConnectionsRequest request;
  const std::pair<std::string_view, std::string*> texts[] = {
      {"topic", request.mutable_topic()},
      {"subject", request.mutable_subject()},
      {"address", request.mutable_address()},
      {"page_token", request.mutable_page_token()}};
  for (const auto& [name, text] : texts) {
    auto value = ValueOf(name, query);
    if (auto* problem = std::get_if<Problem>(&value)) return std::move(*problem);
    *text = std::get<std::string>(std::move(value));
  }
  auto page_size = NumberOf("page_size", query);
  if (auto* problem = std::get_if<Problem>(&page_size)) return std::move(*problem);
  request.set_page_size(std::get<std::optional<uint32_t>>(page_size).value_or(0));
  return request;
}

std::variant<ssegateway::v1::CloseConnectionsRequest, Problem> ParseCloseQuery(
    std::string_view id, std::string_view query) {
  ssegateway::v1::CloseConnectionsRequest request;
  request.add_ids(std::string(id));
  auto retry = NumberOf("retry", query);
  if (auto* problem = std::get_if<Problem>(&retry)) return std::move(*problem);
  if (const auto seconds = std::get<std::optional<uint32_t>>(retry)) {
    request.mutable_retry()->set_seconds(*seconds);
  }
  return request;
}

std::variant<connections::LifecycleSearch::Wanted, Problem> ParseLifecycleQuery(
    std::string id, std::string_view replica, std::string_view query) {
  connections::LifecycleSearch::Wanted wanted{.id = std::move(id)};
  std::string before;
  std::vector<std::pair<std::string_view, std::string*>> texts = {
      {"subject", &wanted.subject}, {"address", &wanted.address}, {"before", &before}};
  if (wanted.id.empty()) texts.emplace_back("id", &wanted.id);
  for (const auto& [name, text] : texts) {
    auto value = ValueOf(name, query);
    if (auto* problem = std::get_if<Problem>(&value)) return std::move(*problem);
    *text = std::get<std::string>(std::move(value));
  }
  auto limit = NumberOf("limit", query);
  if (auto* problem = std::get_if<Problem>(&limit)) return std::move(*problem);
  if (const auto events = std::get<std::optional<uint32_t>>(limit)) {
    if (*events == 0 || *events > kMaxEvents) {
      return Fault("limit", base::Concat("is not between 1 and ", kMaxEvents));
    }
    wanted.max_events = *events;
  }
  if (before.empty()) return wanted;
  const std::string prefix = base::Concat(replica, '.');
  const auto number = ParseNumber<uint64_t>(
      std::string_view(before).substr(before.starts_with(prefix) ? prefix.size() : before.size()));
  if (!number) return Fault("before", "is none of this gateway");
  wanted.before = *number;
  return wanted;
}

std::string PlaceOf(std::string_view replica, uint64_t number) {
  return base::Concat(replica, '.', number);
}

}  // namespace ssegw::operators
