#include "internal/sse/event_type.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::sse {
namespace {

constexpr std::string_view kReservedTypePrefix = "gateway.";
// Types that every page has a listener for, as onerror and onopen, and which mean something else
// there. With an event "error" in the snapshot a page that reconnects in onerror gets it again each
// time.
constexpr std::string_view kEventSourceTypes[] = {"error", "open"};

// The white space of Unicode and U+FEFF, which is what JavaScript's trim() takes off.
constexpr std::string_view kSpaces[] = {" ",      "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001",
                                        "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
                                        "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F",
                                        "\u205F", "\u3000", "\uFEFF"};

bool BeginsOrEndsWithSpace(std::string_view text) {
  const auto is_visible_ascii = [](char c) { return c > ' ' && c <= '~'; };
  if (text.empty() || (is_visible_ascii(text.front()) && is_visible_ascii(text.back()))) {
    return false;
  }
  return std::any_of(std::begin(kSpaces), std::end(kSpaces), [&](std::string_view space) {
    return text.starts_with(space) || text.ends_with(space);
  });
}

bool HasLineSeparator(std::string_view text) {
  for (size_t i = text.find_first_of("\xC2\xE2"); i < text.size(); ++i) {
    if (base::LineSeparatorAt(text.substr(i)).bytes > 0) return true;
  }
  return false;
}

}  // namespace

absl::Status ValidateEventType(std::string_view type) {
  if (type.starts_with(kReservedTypePrefix)) {
    return absl::InvalidArgumentError(base::Concat("type ", base::Quoted(type), " begins with \"",
                                                   kReservedTypePrefix,
                                                   "\", which is the gateway's own"));
  }
  if (std::find(std::begin(kEventSourceTypes), std::end(kEventSourceTypes), type) !=
      std::end(kEventSourceTypes)) {
    return absl::InvalidArgumentError(
        base::Concat("type ", base::Quoted(type),
                     " is an event of EventSource's own: pages would take it "
                     "for a change of their connection"));
  }
  if (BeginsOrEndsWithSpace(type)) {
    return absl::InvalidArgumentError(
        base::Concat("type ", base::Quoted(type), " begins or ends with white space"));
  }
  if (HasLineSeparator(type)) {
    return absl::InvalidArgumentError(
        base::Concat("type has a line separator (U+0085, U+2028, U+2029): ", base::Quoted(type)));
  }
  if (!base::HasControlCharacter(type)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::Concat("type has a control character (U+0000-001F, U+007F): ", base::Quoted(type)));
}

}  // namespace ssegw::sse
