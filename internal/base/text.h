#ifndef SSEGW_INTERNAL_BASE_TEXT_H_
#define SSEGW_INTERNAL_BASE_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace ssegw::base {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

// The character that text begins with; empty if that is not UTF-8, or if there is none.
std::string_view FirstCharacter(std::string_view text);

// text with U+FFFD in place of each byte that is not UTF-8, cut short at the end of a character so
// that it has at most max_bytes.
std::string ToUtf8(std::string_view text, size_t max_bytes);

// True if text has one of U+0000-001F or U+007F.
bool HasControlCharacter(std::string_view text);

// U+0085, U+2028 and U+2029. An SSE parser ends a line at CR and LF alone (HTML section 9.2.5), but
// several readers of event streams split their text at these three too, and lose the rest of the
// line: Python's httpx (iter_lines), requests (iter_lines with decode_unicode) and sseclient, which
// go by str.splitlines, and npm's @server-sent-stream/web. What else splitlines splits at is below
// U+0020, which no JSON string has raw.
struct LineSeparator {
  size_t bytes = 0;  // 0: there is none
  std::string_view json_escape = {};
};

// The one that text begins with.
inline LineSeparator LineSeparatorAt(std::string_view text) {
  if (text.starts_with("\xC2\x85")) return {.bytes = 2, .json_escape = "\\u0085"};
  if (text.starts_with("\xE2\x80\xA8")) return {.bytes = 3, .json_escape = "\\u2028"};
  if (text.starts_with("\xE2\x80\xA9")) return {.bytes = 3, .json_escape = "\\u2029"};
  return {};
}

// Appends text as a JSON string literal, quotes included (RFC 8259 section 7), in which control
// characters and line separators are escaped. text is valid UTF-8.
void AppendJsonString(std::string& out, std::string_view text);

// The longest prefix of at most max_bytes that does not split a character of UTF-8 text.
std::string_view Utf8Prefix(std::string_view text, size_t max_bytes);

// A value in an error: a JSON string, cut short with "..." where it is long. value is valid UTF-8.
std::string Quoted(std::string_view value);

// Equal but for the case of ASCII letters, as HTTP field names and tokens are compared.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// Makes it empty and gives its memory back, which neither clear() nor assigning an empty string
// does for certain: libstdc++ keeps it for what may come.
inline void Release(std::string& text) { std::string().swap(text); }

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_TEXT_H_
