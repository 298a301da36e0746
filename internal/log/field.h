#ifndef SSEGW_INTERNAL_LOG_FIELD_H_
#define SSEGW_INTERNAL_LOG_FIELD_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace ssegw::log {

// The value of a field. Converts from strings, integers, doubles and bools; a string is viewed, not
// copied, so a Value must not outlive the call that it is made for.
class Value {
 public:
  using Variant = std::variant<std::string_view, int64_t, uint64_t, double, bool>;

  // NOLINTBEGIN(google-explicit-constructor): so that {"port", 8080} is a field.
  Value(std::string_view text) : variant_(text) {}
  Value(const std::string& text) : variant_(std::string_view(text)) {}
  Value(const char* text) : variant_(std::string_view(text)) {}
  // Templates, or a pointer would convert to bool, and an int be ambiguous.
  template <std::same_as<bool> T>
  Value(T value) : variant_(value) {}
  template <std::signed_integral T>
  Value(T value) : variant_(int64_t{value}) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  Value(T value) : variant_(uint64_t{value}) {}
  template <std::floating_point T>
  Value(T value) : variant_(static_cast<double>(value)) {}
  // NOLINTEND(google-explicit-constructor)

  const Variant& variant() const { return variant_; }

 private:
  Variant variant_;
};

// key: a literal of [a-z0-9_], written as it is.
struct Field {
  std::string_view key;
  Value value;
};

using Fields = std::initializer_list<Field>;

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_FIELD_H_
