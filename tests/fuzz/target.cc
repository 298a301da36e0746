#include "tests/fuzz/target.h"

#include <cstdlib>
#include <iostream>

namespace ssegw::fuzz {

void Holds(bool is_so, std::string_view promise) {
  if (is_so) return;
  std::cerr << "broken: " << promise << '\n';
  std::abort();
}

void Same(std::string_view promise, std::string_view a, std::string_view b) {
  if (a == b) return;
  std::cerr << "broken: " << promise << "\n  " << a << "\n  " << b << '\n';
  std::abort();
}

std::vector<std::string_view> Lines(std::string_view input, size_t count) {
  std::vector<std::string_view> lines;
  while (lines.size() + 1 < count) {
    const size_t end = input.find('\n');
    lines.push_back(input.substr(0, end));
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  }
  lines.push_back(input);
  return lines;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace ssegw::fuzz
