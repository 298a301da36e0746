#include "gateway/http/parameter_name.h"

#include <algorithm>

#include "internal/base/ascii.h"

namespace ssegw::http {
namespace {

// Of a name that is quoted in an answer.
constexpr size_t kMaxGivenBytes = 64;

std::string_view WithoutIndex(std::string_view name) {
  if (!name.ends_with(']')) return name;
  const size_t bracket = name.find('[');
  if (bracket == std::string_view::npos) return name;
  const std::string_view index = name.substr(bracket);
  const bool plain = std::all_of(index.begin(), index.end(), [](char c) {
    return base::IsLetterOrDigit(c) || c == '[' || c == ']' || c == '_' || c == '-';
  });
  return plain ? name.substr(0, bracket) : name;
}

}  // namespace

PlainName::PlainName(std::string_view given) {
  if (given.size() > kMaxGivenBytes) return;
  std::string_view name = base::Trim(given, " ");
  if (name.starts_with('?')) name.remove_prefix(1);
  if (name.starts_with("amp;")) name.remove_prefix(4);
  for (const char c : WithoutIndex(name)) {
    if (c == '_' || c == '-') continue;
    if (!base::IsLetterOrDigit(c) || size_ == kMaxBytes) {
      size_ = 0;
      return;
    }
    text_[size_++] = base::ToLower(c);
  }
}

bool PlainName::Means(std::string_view plain) const {
  std::string_view text(text_.data(), size_);
  if (text.size() == plain.size() + 1 && text.ends_with('s')) text.remove_suffix(1);
  return text == plain;
}

}  // namespace ssegw::http
