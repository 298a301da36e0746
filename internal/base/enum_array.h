#ifndef SSEGW_INTERNAL_BASE_ENUM_ARRAY_H_
#define SSEGW_INTERNAL_BASE_ENUM_ARRAY_H_

#include <array>
#include <cstddef>

namespace ssegw::base {

// Number of enumerators of an enum whose values are 0, 1, 2 … and whose last enumerator is repeated
// as kLast: enum class Color { kRed, kGreen, kLast = kGreen }.
template <typename Enum>
inline constexpr size_t kEnumSize = static_cast<size_t>(Enum::kLast) + 1;

// All enumerators of such an enum, in order.
template <typename Enum>
constexpr std::array<Enum, kEnumSize<Enum>> AllOf() {
  std::array<Enum, kEnumSize<Enum>> all{};
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Enum>(i);
  return all;
}

// One value for each enumerator. A new enumerator makes it longer, so no index can be outside.
template <typename Enum, typename Value>
class EnumArray {
 public:
  constexpr Value& operator[](Enum index) { return values_[static_cast<size_t>(index)]; }
  constexpr const Value& operator[](Enum index) const {
    return values_[static_cast<size_t>(index)];
  }

  bool operator==(const EnumArray&) const = default;

  auto begin() { return values_.begin(); }
  auto end() { return values_.end(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  std::array<Value, kEnumSize<Enum>> values_{};
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_ENUM_ARRAY_H_
