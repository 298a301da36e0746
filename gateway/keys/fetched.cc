#include "gateway/keys/fetched.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>

#include "internal/base/text.h"

namespace ssegw::keys {
namespace {

// More than any interval; 2^31 is what RFC 9111 section 1.2.2 has for what is too large.
constexpr int64_t kMaxSeconds = int64_t{1} << 31;

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Seconds, also in quotes; what is none is 0: an answer that cannot be understood is stale.
int64_t SecondsOf(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
    text = text.substr(1, text.size() - 2);
  }
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range) return kMaxSeconds;
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return 0;
  return seconds < kMaxSeconds ? seconds : kMaxSeconds;
}

}  // namespace

base::Duration MaxAgeOf(std::string_view cache_control) {
  base::Duration age = kDefaultAge;
  while (!cache_control.empty()) {
    const size_t comma = cache_control.find(',');
    const std::string_view directive = Trimmed(cache_control.substr(0, comma));
    cache_control.remove_prefix(comma == std::string_view::npos ? cache_control.size() : comma + 1);
    const size_t equals = directive.find('=');
    const std::string_view name = Trimmed(directive.substr(0, equals));
    if (base::EqualsIgnoreCase(name, "no-cache") || base::EqualsIgnoreCase(name, "no-store")) {
      return base::Duration(0);
    }
    if (equals == std::string_view::npos || !base::EqualsIgnoreCase(name, "max-age")) continue;
    age = std::chrono::seconds(SecondsOf(Trimmed(directive.substr(equals + 1))));
  }
  return age;
}

}  // namespace ssegw::keys
