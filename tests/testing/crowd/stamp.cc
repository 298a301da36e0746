#include "tests/testing/crowd/stamp.h"

#include <charconv>

#include "internal/base/concat.h"

namespace ssegw::testing {
namespace {

// Takes a number and what ends it off the front of text.
template <typename Number>
bool TakeNumber(std::string_view& text, char end, Number& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto taken = static_cast<size_t>(rest - text.data());
  if (error != std::errc() || taken == text.size() || *rest != end) return false;
  text.remove_prefix(taken + 1);
  return true;
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string StampText(const Stamp& stamp) {
  return base::Concat(stamp.published_ns, " ", stamp.topic, " ", stamp.key, " ", stamp.number);
}

std::optional<Stamp> StampOf(std::string_view data) {
  Stamp stamp;
  const bool whole = TakePrefix(data, R"({"id":")") && TakeNumber(data, ' ', stamp.published_ns) &&
                     TakeNumber(data, ' ', stamp.topic) && TakeNumber(data, ' ', stamp.key) &&
                     TakeNumber(data, '"', stamp.number);
  return whole ? std::optional(stamp) : std::nullopt;
}

std::optional<DeletedKey> DeletedKeyOf(std::string_view data) {
  if (!TakePrefix(data, R"({"topic":")")) return std::nullopt;
  const std::string_view topic = data.substr(0, data.find('"'));
  data.remove_prefix(topic.rfind('.') + 1);
  DeletedKey deleted;
  const bool whole = TakeNumber(data, '"', deleted.topic) && TakePrefix(data, R"(,"key":")") &&
                     TakeNumber(data, '"', deleted.key);
  return whole ? std::optional(deleted) : std::nullopt;
}

}  // namespace ssegw::testing
