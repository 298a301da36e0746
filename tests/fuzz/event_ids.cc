// A last event id.
#include <algorithm>
#include <optional>
#include <string_view>

#include "internal/sse/event_id.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The rule once more, as plainly as it can be written.
bool HasForm(std::string_view text) {
  constexpr std::string_view kLargest = "18446744073709551615";
  const auto parts = Split(text, '-');
  if (parts.size() != 2) return false;
  const std::string_view epoch = parts[0];
  const std::string_view seq = parts[1];
  if (epoch.empty() || !std::all_of(epoch.begin(), epoch.end(), IsAlnum)) return false;
  if (seq.empty() || !std::all_of(seq.begin(), seq.end(), IsDigit)) return false;
  if (seq.size() > 1 && seq[0] == '0') return false;
  return seq.size() < kLargest.size() || (seq.size() == kLargest.size() && seq <= kLargest);
}

}  // namespace

void EventIds(std::string_view input) {
  const std::optional<sse::EventId> id = sse::ParseEventId(input);
  Holds(id.has_value() == HasForm(input), "an id is what the rule says");
  if (!id) return;
  Same("an id that is taken is the one that is made", sse::FormatEventId(id->epoch, id->seq),
       input);
}

}  // namespace ssegw::fuzz
