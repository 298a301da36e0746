#include "internal/sse/event_id.h"

#include <algorithm>
#include <charconv>
#include <random>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"

namespace ssegw::sse {

std::string FormatEventId(std::string_view epoch, uint64_t seq) {
  return base::Concat(epoch, '-', seq);
}

std::optional<EventId> ParseEventId(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == 0 || dash == std::string_view::npos) return std::nullopt;
  const std::string_view epoch = text.substr(0, dash);
  const std::string_view digits = text.substr(dash + 1);
  const bool epoch_ok = std::all_of(epoch.begin(), epoch.end(), base::IsLetterOrDigit);
  if (!epoch_ok || digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  EventId id{.epoch = epoch, .seq = 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id.seq);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return id;
}

std::string NewEpoch() {
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::uniform_int_distribution<size_t> index(0, kAlphabet.size() - 1);
  std::string epoch;
  for (int i = 0; i < 8; ++i) epoch += kAlphabet[index(random)];
  return epoch;
}

}  // namespace ssegw::sse
