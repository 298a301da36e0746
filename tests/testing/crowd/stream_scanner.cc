#include "tests/testing/crowd/stream_scanner.h"

#include <algorithm>
#include <charconv>
#include <limits>

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

// Whether a field of the head says that what follows is chunked. Names and codings have no case.
bool IsChunkedField(std::string_view line) {
  constexpr std::string_view kField = "transfer-encoding: chunked";
  return std::equal(line.begin(), line.end(), kField.begin(), kField.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace

void StreamScanner::Open(int status) {
  status_ = status;
  if (status != 200) Fail(base::Concat("status ", status));
  state_ = State::kChunkData;
  chunk_left_ = std::numeric_limits<size_t>::max();
}

void StreamScanner::End() {
  if (!block_is_over_ || !stream_line_.is_over) Fail("the stream ends within a block");
  state_ = State::kEnded;
}

const ScannedBlock* StreamScanner::Next(std::string_view& bytes) {
  while (!bytes.empty() && error_.empty()) {
    if (state_ == State::kChunkData) {
      if (TakeStreamLine(bytes)) return &block_;
      continue;
    }
    std::string& line = http_line_.beginning;
    if (state_ == State::kEnded) {
      Fail("bytes after the end");
    } else if (!TakeLine(bytes, http_line_)) {
      return nullptr;
    } else if (!line.ends_with('\r')) {
      Fail("a line of HTTP does not end with CRLF");
    } else if (line.pop_back(); state_ == State::kHead) {
      OnHeadLine();
    } else if (state_ == State::kChunkSize) {
      OnChunkSize();
    } else {
      if (!line.empty()) Fail("a chunk is longer than it says");
      state_ = state_ == State::kChunkEnd ? State::kChunkSize : State::kEnded;
    }
  }
  return nullptr;
}

bool StreamScanner::TakeLine(std::string_view& bytes, Line& line) {
  if (line.is_over) line.beginning.clear();
  const size_t end = bytes.find('\n');
  line.is_over = end != std::string_view::npos;
  const std::string_view piece = bytes.substr(0, end);
  line.beginning.append(piece.substr(0, kKept - std::min(kKept, line.beginning.size())));
  bytes.remove_prefix(line.is_over ? end + 1 : bytes.size());
  return line.is_over;
}

void StreamScanner::OnHeadLine() {
  std::string_view line = http_line_.beginning;
  if (status_ == 0) {
    if (!TakePrefix(line, "HTTP/1.1 ") || !ParseNumber(line.substr(0, 3), 10, status_)) {
      Fail(base::Concat("not a status: ", http_line_.beginning));
    } else if (status_ != 200) {
      Fail(base::Concat("status ", status_));
    }
  } else if (IsChunkedField(line)) {
    chunked_ = true;
  } else if (line.empty()) {
    state_ = State::kChunkSize;
    if (chunked_) return;
    if (dialect_ == StreamDialect::kGateway) Fail("the answer is not chunked");
    // It ends with the connection (RFC 9112 section 6.3).
    state_ = State::kChunkData;
    chunk_left_ = std::numeric_limits<size_t>::max();
  }
}

void StreamScanner::OnChunkSize() {
  // What may follow the size (RFC 9112 section 7.1.1) is nobody's.
  std::string_view line = http_line_.beginning;
  if (dialect_ == StreamDialect::kAny) line = line.substr(0, line.find(';'));
  if (!ParseNumber(line, 16, chunk_left_)) Fail(base::Concat("not a chunk's size: ", line));
  if (chunk_left_ > 0) {
    state_ = State::kChunkData;
    return;
  }
  End();
  state_ = State::kLastChunkEnd;
}

bool StreamScanner::TakeStreamLine(std::string_view& bytes) {
  std::string_view data = bytes.substr(0, chunk_left_);
  const size_t before = data.size();
  const bool whole = TakeLine(data, stream_line_);
  const size_t taken = before - data.size();
  bytes.remove_prefix(taken);
  chunk_left_ -= taken;
  if (chunk_left_ == 0) state_ = State::kChunkEnd;
  if (!whole) {
    if (chunk_left_ == 0 && dialect_ == StreamDialect::kGateway) Fail("a chunk ends within a line");
    return false;
  }
  std::string& line = stream_line_.beginning;
  // Between two events.
  if (dialect_ == StreamDialect::kGateway && block_is_over_ && line.starts_with(':')) return false;
  if (block_is_over_) {
    block_is_over_ = false;
    block_.id.clear();
    block_.event.clear();
    block_.data.clear();
    block_.retry_ms.reset();
    block_.has_data = false;
  }
  if (dialect_ == StreamDialect::kAny && line.ends_with('\r')) line.pop_back();
  if (!line.empty()) {
    OnField();
    return false;
  }
  block_is_over_ = true;
  if (dialect_ == StreamDialect::kGateway && !block_.has_data) Fail("a block without data");
  return error_.empty();
}

void StreamScanner::OnField() {
  std::string_view line = stream_line_.beginning;
  const bool any = dialect_ == StreamDialect::kAny;
  const auto is = [&](std::string_view name) {
    std::string_view value = line;
    if (!TakePrefix(value, name) || !TakePrefix(value, ":")) return false;
    if (!TakePrefix(value, " ") && !any) return false;
    line = value;
    return true;
  };
  if (!any && !block_.id.empty()) {
    Fail(base::Concat("a line after the id: ", line));
  } else if (is("data")) {
    block_.has_data = true;
    block_.data = line;
  } else if (is("id")) {
    block_.id = line;
  } else if (is("event")) {
    block_.event = line;
  } else if (is("retry")) {
    uint32_t retry_ms = 0;
    if (!ParseNumber(line, 10, retry_ms)) Fail(base::Concat("not a reconnection time: ", line));
    block_.retry_ms = retry_ms;
  } else if (!any) {
    Fail(base::Concat("not a field: ", line));
  }
}

void StreamScanner::Fail(std::string_view what) {
  if (error_.empty()) error_ = what;
}

}  // namespace ssegw::testing
