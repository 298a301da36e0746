#include "internal/base/text.h"

#include <algorithm>
#include <cstddef>

#include "internal/base/ascii.h"

namespace ssegw::base {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace

bool IsValidUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = p + text.size();
  while (p < end) {
    const unsigned char lead = *p++;
    if (lead < 0x80) continue;
    int tail = 0;
    // The second byte has a narrower range after some leads: that is what keeps out overlong forms,
    // surrogates and what lies beyond U+10FFFF (RFC 3629 section 4).
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      tail = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      tail = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      tail = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (end - p < tail) return false;
    if (*p < low || *p > high) return false;
    ++p;
    for (int i = 1; i < tail; ++i, ++p) {
      if (*p < 0x80 || *p > 0xBF) return false;
    }
  }
  return true;
}

std::string_view FirstCharacter(std::string_view text) {
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view character = text.substr(0, bytes);
  return IsValidUtf8(character) ? character : std::string_view();
}

std::string ToUtf8(std::string_view text, size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::string_view character = FirstCharacter(text);
    const std::string_view shown = character.empty() ? kReplacement : character;
    if (out.size() + shown.size() > max_bytes) break;
    out += shown;
    text.remove_prefix(std::max<size_t>(character.size(), 1));
  }
  return out;
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\xC2':
      case '\xE2':
        if (const LineSeparator found = LineSeparatorAt(text.substr(i)); found.bytes > 0) {
          out += found.json_escape;
          i += found.bytes - 1;
        } else {
          out += c;
        }
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
          out += "\\u00";
          out += kHex[byte >> 4];
          out += kHex[byte & 0xF];
        } else {
          out += c;
        }
      }
    }
  }
  out += '"';
}

std::string_view Utf8Prefix(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string Quoted(std::string_view value) {
  constexpr size_t kMaxQuotedBytes = 80;
  const std::string_view shown = Utf8Prefix(value, kMaxQuotedBytes);
  std::string out;
  AppendJsonString(out, shown);
  if (shown.size() < value.size()) out += "...";
  return out;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ToLower(x) == ToLower(y); });
}

}  // namespace ssegw::base
