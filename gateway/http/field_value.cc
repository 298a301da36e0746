#include "gateway/http/field_value.h"

#include <algorithm>
#include <cstddef>

#include "internal/base/ascii.h"

namespace ssegw::http {
namespace {

bool IsTokenCharacter(char c) {
  return base::IsLetterOrDigit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

size_t EndOfPart(std::string_view value, char separator) {
  bool quoted = false;
  for (size_t i = 0; i < value.size(); ++i) {
    if (quoted && value[i] == '\\') {
      ++i;  // a quoted pair: whatever follows is text
    } else if (value[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && value[i] == separator) {
      return i;
    }
  }
  return value.size();
}

}  // namespace

std::string_view TrimSpace(std::string_view text) { return base::Trim(text, " \t"); }

std::vector<std::string_view> SplitField(std::string_view value, char separator) {
  std::vector<std::string_view> parts;
  while (!value.empty()) {
    const size_t end = EndOfPart(value, separator);
    const std::string_view part = TrimSpace(value.substr(0, end));
    if (!part.empty()) parts.push_back(part);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return parts;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenCharacter);
}

}  // namespace ssegw::http
