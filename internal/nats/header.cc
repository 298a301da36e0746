#include "internal/nats/header.h"

#include <algorithm>

namespace ssegw::nats {
namespace {

constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kColon = ": ";

}  // namespace

void AppendHeader(const std::vector<HeaderField>& header, std::string& to) {
  if (header.empty()) return;
  to.append(kHeaderVersion).append(kCrlf);
  for (const HeaderField& field : header) {
    to.append(field.name).append(kColon);
    const size_t begin = to.size();
    to.append(field.value);
    std::replace_if(
        to.begin() + static_cast<ptrdiff_t>(begin), to.end(),
        [](char c) { return c == '\r' || c == '\n'; }, ' ');
    to.append(kCrlf);
  }
  to.append(kCrlf);
}

size_t HeaderBytes(const std::vector<HeaderField>& header) {
  if (header.empty()) return 0;
  size_t bytes = kHeaderVersion.size() + 2 * kCrlf.size();
  for (const HeaderField& field : header) {
    bytes += field.name.size() + kColon.size() + field.value.size() + kCrlf.size();
  }
  return bytes;
}

}  // namespace ssegw::nats
