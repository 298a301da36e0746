#ifndef SSEGW_INTERNAL_BASE_CONCAT_H_
#define SSEGW_INTERNAL_BASE_CONCAT_H_

#include <concepts>
#include <string>
#include <string_view>

namespace ssegw::base {

namespace internal {
inline void AppendPiece(std::string& out, std::string_view piece) { out += piece; }
inline void AppendPiece(std::string& out, char piece) { out += piece; }
template <std::integral T>
void AppendPiece(std::string& out, T piece) {
  out += std::to_string(piece);
}
}  // namespace internal

// absl::StrCat for std::string_view, which Debian's abseil does not take: strings, chars, integers.
template <typename... Pieces>
std::string Concat(const Pieces&... pieces) {
  std::string out;
  (internal::AppendPiece(out, pieces), ...);
  return out;
}

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_CONCAT_H_
