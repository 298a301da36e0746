#include "tests/testing/chunked_decoder.h"

#include <charconv>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

constexpr size_t kMaxSizeDigits = 8;

}  // namespace

std::string ChunkedDecoder::Decode(std::string_view bytes) {
  buffer_ += bytes;
  std::string decoded;
  while (!ended_ && TakeChunk(decoded)) {
  }
  if (ended_ && !buffer_.empty()) {
    throw Failure(base::Concat("bytes after the last chunk: ", buffer_));
  }
  return decoded;
}

bool ChunkedDecoder::TakeChunk(std::string& decoded) {
  const size_t digits =
      std::min(buffer_.find_first_not_of("0123456789abcdefABCDEF"), buffer_.size());
  const bool complete = buffer_.size() >= digits + 2;
  if (digits > kMaxSizeDigits || (digits == 0 && complete) ||
      (digits > 1 && buffer_.starts_with('0')) ||
      (complete && buffer_.compare(digits, 2, "\r\n") != 0)) {
    throw Failure(base::Concat("not a chunk's size: ", buffer_.substr(0, digits + 2)));
  }
  if (!complete) return false;
  size_t size = 0;
  std::from_chars(buffer_.data(), buffer_.data() + digits, size, 16);
  const size_t data = digits + 2;
  if (buffer_.size() < data + size + 2) return false;
  if (buffer_.compare(data + size, 2, "\r\n") != 0) {
    throw Failure("a chunk's data is not followed by a line end");
  }
  decoded.append(buffer_, data, size);
  buffer_.erase(0, data + size + 2);
  ended_ = size == 0;
  return true;
}

}  // namespace ssegw::testing
