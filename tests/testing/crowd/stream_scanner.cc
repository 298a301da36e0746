#include "tests/testing/crowd/stream_scanner.h"

#include <algorithm>
#include <charconv>

#include "internal/base/concat.h"

namespace ssegw::testing {
namespace {

// Whether all of text is this number.
template <typename Number>
bool ParseNumber(std::string_view text, int number_base, Number& number) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, number, number_base);
  return error == std::errc() && rest == end && !text.empty();
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

const ScannedBlock* StreamScanner::Next(std::string_view& bytes) {
  while (!bytes.empty() && error_.empty()) {
    if (state_ == State::kChunkData) {
      if (TakeStreamLine(bytes)) return &block_;
      continue;
    }
    if (state_ == State::kEnded) {
      Fail("bytes after the last chunk");
    } else if (!TakeLine(bytes)) {
      return nullptr;
    } else if (!line_.ends_with('\r')) {
      Fail("a line of HTTP does not end with CRLF");
    } else if (line_.pop_back(); state_ == State::kHead) {
      OnHeadLine();
    } else if (state_ == State::kChunkSize) {
      OnChunkSize();
    } else {
      if (!line_.empty()) Fail("a chunk is longer than it says");
      state_ = state_ == State::kChunkEnd ? State::kChunkSize : State::kEnded;
    }
  }
  return nullptr;
}

bool StreamScanner::TakeLine(std::string_view& bytes) {
  if (line_is_over_) line_.clear();
  const size_t end = bytes.find('\n');
  line_is_over_ = end != std::string_view::npos;
  const std::string_view piece = bytes.substr(0, end);
  line_.append(piece.substr(0, kKept - std::min(kKept, line_.size())));
  bytes.remove_prefix(line_is_over_ ? end + 1 : bytes.size());
  return line_is_over_;
}

void StreamScanner::OnHeadLine() {
  std::string_view line = line_;
  if (status_ == 0) {
    if (!TakePrefix(line, "HTTP/1.1 ") || !ParseNumber(line.substr(0, 3), 10, status_)) {
      Fail(base::Concat("not a status: ", line_));
    } else if (status_ != 200) {
      Fail(base::Concat("status ", status_));
    }
  } else if (line == "Transfer-Encoding: chunked") {
    chunked_ = true;
  } else if (line.empty()) {
    if (!chunked_) Fail("the answer is not chunked");
    state_ = State::kChunkSize;
  }
}

void StreamScanner::OnChunkSize() {
  if (!ParseNumber(std::string_view(line_), 16, chunk_left_)) {
    Fail(base::Concat("not a chunk's size: ", line_));
  }
  if (chunk_left_ > 0) {
    state_ = State::kChunkData;
    return;
  }
  if (!block_is_over_ || !line_is_over_) Fail("the stream ends within a block");
  state_ = State::kLastChunkEnd;
}

bool StreamScanner::TakeStreamLine(std::string_view& bytes) {
  std::string_view data = bytes.substr(0, chunk_left_);
  const size_t before = data.size();
  const bool whole = TakeLine(data);
  const size_t taken = before - data.size();
  bytes.remove_prefix(taken);
  chunk_left_ -= taken;
  if (chunk_left_ == 0) state_ = State::kChunkEnd;
  if (!whole) {
    // A line of HTTP comes next. The gateway's chunks end with a line, so nothing is lost.
    if (chunk_left_ == 0) Fail("a chunk ends within a line");
    return false;
  }
  if (block_is_over_) {
    block_is_over_ = false;
    block_.id.clear();
    block_.event.clear();
    block_.data.clear();
    block_.retry_ms.reset();
    block_.has_data = false;
  }
  if (!line_.empty()) {
    OnField();
    return false;
  }
  block_is_over_ = true;
  return true;
}

void StreamScanner::OnField() {
  std::string_view line = line_;
  if (TakePrefix(line, "data: ")) {
    block_.has_data = true;
    block_.data = line;
  } else if (TakePrefix(line, "id: ")) {
    block_.id = line;
  } else if (TakePrefix(line, "event: ")) {
    block_.event = line;
  } else if (TakePrefix(line, "retry: ")) {
    uint32_t retry_ms = 0;
    if (!ParseNumber(line, 10, retry_ms)) Fail(base::Concat("not a reconnection time: ", line_));
    block_.retry_ms = retry_ms;
  } else if (!line.starts_with(':')) {
    Fail(base::Concat("not a field: ", line_));
  }
}

void StreamScanner::Fail(std::string_view what) {
  if (error_.empty()) error_ = what;
}

}  // namespace ssegw::testing
