#include "gateway/http/parameter_name.h"

#include <algorithm>

namespace ssegw::http {
namespace {

// Of a name that is quoted in an answer.
constexpr size_t kMaxGivenBytes = 64;

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string_view WithoutIndex(std::string_view name) {
  if (!name.ends_with(']')) return name;
  const size_t bracket = name.find('[');
  if (bracket == std::string_view::npos) return name;
  const std::string_view index = name.substr(bracket);
  const bool plain = std::all_of(index.begin(), index.end(), [](char c) {
    return IsAlnum(c) || c == '[' || c == ']' || c == '_' || c == '-';
  });
  return plain ? name.substr(0, bracket) : name;
}

std::string_view WithoutSpace(std::string_view name) {
  const size_t first = name.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return name.substr(first, name.find_last_not_of(' ') - first + 1);
}

}  // namespace

PlainName::PlainName(std::string_view given) {
  if (given.size() > kMaxGivenBytes) return;
  std::string_view name = WithoutSpace(given);
  if (name.starts_with('?')) name.remove_prefix(1);
  if (name.starts_with("amp;")) name.remove_prefix(4);
  for (const char c : WithoutIndex(name)) {
    if (c == '_' || c == '-') continue;
    if (!IsAlnum(c) || size_ == kMaxBytes) {
      size_ = 0;
      return;
    }
    text_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
}

bool PlainName::Means(std::string_view plain) const {
  std::string_view text(text_.data(), size_);
  if (text.size() == plain.size() + 1 && text.ends_with('s')) text.remove_suffix(1);
  return text == plain;
}

}  // namespace ssegw::http
