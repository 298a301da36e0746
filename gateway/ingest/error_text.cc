#include "gateway/ingest/error_text.h"

#include "internal/base/text.h"

namespace ssegw::ingest {
namespace {

constexpr size_t kMaxQuotedBytes = 80;
constexpr std::string_view kCut = "...";

// The longest prefix of at most max_bytes that does not split a code point of UTF-8 text.
std::string_view Prefix(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string Quoted(std::string_view value) {
  const std::string_view shown = Prefix(value, kMaxQuotedBytes);
  std::string out;
  base::AppendJsonString(out, shown);
  if (shown.size() < value.size()) out += kCut;
  return out;
}

std::string SendableError(std::string_view message) {
  std::string text(message);
  if (!base::IsValidUtf8(text)) {
    for (char& c : text) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  if (text.size() > kMaxErrorBytes) {
    text.resize(Prefix(text, kMaxErrorBytes - kCut.size()).size());
    text += kCut;
  }
  return text;
}

}  // namespace ssegw::ingest
