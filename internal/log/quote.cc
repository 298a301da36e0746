#include "internal/log/quote.h"

#include <algorithm>
#include <cstddef>

#include "internal/base/text.h"

namespace ssegw::log {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool IsC1Control(std::string_view sequence) {
  return sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

std::string ReplaceUnprintable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const std::string_view sequence = base::FirstCharacter(text.substr(at));
    if (sequence.empty()) {
      out += kReplacement;
      ++at;
      continue;
    }
    out += sequence.size() == 2 && IsC1Control(sequence) ? kReplacement : sequence;
    at += sequence.size();
  }
  return out;
}

}  // namespace

void AppendQuoted(std::string& out, std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) {
    base::AppendJsonString(out, text);
  } else {
    base::AppendJsonString(out, ReplaceUnprintable(text));
  }
}

void AppendLogfmtValue(std::string& out, std::string_view text) {
  const bool bare = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '=';
  });
  if (bare) {
    out += text;
  } else {
    AppendQuoted(out, text);
  }
}

}  // namespace ssegw::log
