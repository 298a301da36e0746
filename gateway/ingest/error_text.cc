#include "gateway/ingest/error_text.h"

#include "internal/base/text.h"

namespace ssegw::ingest {
namespace {

constexpr std::string_view kCut = "...";

}  // namespace

std::string SendableError(std::string_view message) {
  std::string text(message);
  if (!base::IsValidUtf8(text)) {
    for (char& c : text) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  if (text.size() > kMaxErrorBytes) {
    text.resize(base::Utf8Prefix(text, kMaxErrorBytes - kCut.size()).size());
    text += kCut;
  }
  return text;
}

}  // namespace ssegw::ingest
