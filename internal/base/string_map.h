#ifndef SSEGW_INTERNAL_BASE_STRING_MAP_H_
#define SSEGW_INTERNAL_BASE_STRING_MAP_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"

namespace ssegw::base {

// Debian's absl::string_view is a type of its own, so abseil's transparent lookup knows nothing of
// std::string_view; these two give it back.
struct StringViewHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const noexcept { return absl::Hash<std::string_view>{}(s); }
};
struct StringViewEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
};

// Keyed by std::string, looked up by std::string_view.
template <typename V>
using StringMap = absl::flat_hash_map<std::string, V, StringViewHash, StringViewEqual>;

// Gives back the memory that a table of abseil's keeps after most of its elements have been erased.
// Call it after erasing; it invalidates iterators.
template <typename Table>
void ShrinkIfSparse(Table& table) {
  constexpr size_t kSmall = 16;
  if (table.capacity() > kSmall && table.size() < table.capacity() / 8) table.rehash(0);
}

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_STRING_MAP_H_
