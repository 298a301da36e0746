#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_ESCAPE_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_ESCAPE_H_

#include <string>
#include <string_view>

namespace ssegw::store::jetstream {

// "=XX", with capitals.
inline void AppendEscaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '=';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_ESCAPE_H_
