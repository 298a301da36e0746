#ifndef SSEGW_INTERNAL_BASE_HEX_H_
#define SSEGW_INTERNAL_BASE_HEX_H_

#include <string>
#include <string_view>

namespace ssegw::base {

// The byte as two hexadecimal digits, of which the letters are capitals.
inline void AppendHex(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += kDigits[byte >> 4];
  out += kDigits[byte & 0xF];
}

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_HEX_H_
