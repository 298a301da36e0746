#ifndef SSEGW_INTERNAL_BASE_TEXT_H_
#define SSEGW_INTERNAL_BASE_TEXT_H_

#include <string>
#include <string_view>

namespace ssegw::base {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

// True if text has one of U+0000-001F or U+007F.
bool HasControlCharacter(std::string_view text);

// Appends text as a JSON string literal, quotes included (RFC 8259 section 7). text is valid UTF-8.
void AppendJsonString(std::string& out, std::string_view text);

// Equal but for the case of ASCII letters, as HTTP field names and tokens are compared.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// Makes it empty and gives its memory back, which neither clear() nor assigning an empty string
// does for certain: libstdc++ keeps it for what may come.
inline void Release(std::string& text) { std::string().swap(text); }

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_TEXT_H_
