#include "internal/nats/wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

namespace ssegw::nats {
namespace {

constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kSpaces = " \t";

void AppendNumber(uint64_t number, std::string& to) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  to.append(digits.data(), end);
}

template <typename T>
bool ParseNumber(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// The words of a line, up to five; 0: there are more, or none.
size_t Split(std::string_view line, std::array<std::string_view, 5>& words) {
  size_t count = 0;
  for (;;) {
    const size_t begin = line.find_first_not_of(kSpaces);
    if (begin == std::string_view::npos) return count;
    if (count == words.size()) return 0;
    line.remove_prefix(begin);
    const size_t size = std::min(line.find_first_of(kSpaces), line.size());
    words[count++] = line.substr(0, size);
    line.remove_prefix(size);
  }
}

// -ERR 'Permissions Violation for Publish to "b"'
std::string_view WithoutQuotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace

size_t PayloadBytes(const OutgoingMessage& message) {
  return HeaderBytes(message.header) + message.data.size();
}

bool IsWireSubject(std::string_view subject) {
  return !subject.empty() && subject.find_first_of(" \t\r\n\f") == std::string_view::npos;
}

void AppendPublish(const OutgoingMessage& message, std::string& to) {
  const size_t header_bytes = HeaderBytes(message.header);
  to.append(header_bytes == 0 ? "PUB " : "HPUB ").append(message.subject).append(1, ' ');
  if (!message.reply.empty()) to.append(message.reply).append(1, ' ');
  if (header_bytes != 0) {
    AppendNumber(header_bytes, to);
    to.append(1, ' ');
  }
  AppendNumber(header_bytes + message.data.size(), to);
  to.append(kCrlf);
  AppendHeader(message.header, to);
  to.append(message.data).append(kCrlf);
}

void AppendSubscribe(SubscriptionId id, std::string_view subject, std::string& to) {
  to.append("SUB ").append(subject).append(1, ' ');
  AppendNumber(id, to);
  to.append(kCrlf);
}

void AppendUnsubscribe(SubscriptionId id, std::string& to) {
  to.append("UNSUB ");
  AppendNumber(id, to);
  to.append(kCrlf);
}

std::span<char> WireReader::Room() {
  const size_t left = end_ - begin_;
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, left);
    begin_ = 0;
    end_ = left;
  }
  const size_t size = std::max({left + kReadBytes, wanted_, 2 * kReadBytes});
  // After a large message the buffer gets small again.
  if (buffer_.size() < size || (left == 0 && buffer_.size() > size)) {
    buffer_.resize(size);
    buffer_.shrink_to_fit();
  }
  return std::span(buffer_).subspan(end_);
}

bool WireReader::Read(size_t bytes, WireListener& listener) {
  end_ += bytes;
  wanted_ = 0;
  while (begin_ < end_) {
    const auto read = ReadOne({buffer_.data() + begin_, end_ - begin_}, listener);
    if (!read) return false;
    if (*read == 0) return true;
    begin_ += *read;
  }
  return true;
}

std::optional<size_t> WireReader::ReadOne(std::string_view text, WireListener& listener) {
  const size_t end = text.substr(0, kMaxLineBytes).find(kCrlf);
  if (end == std::string_view::npos) {
    if (text.size() >= kMaxLineBytes) return std::nullopt;
    return 0;
  }
  const std::string_view line = text.substr(0, end);
  const std::string_view name = line.substr(0, line.find_first_of(kSpaces));
  const std::string_view rest = line.substr(std::min(name.size() + 1, line.size()));
  if (name == "MSG") return ReadMessage(text, line, /*with_header=*/false, listener);
  if (name == "HMSG") return ReadMessage(text, line, /*with_header=*/true, listener);
  if (name == "PING") {
    listener.OnPing();
  } else if (name == "INFO") {
    listener.OnInfo(rest);
  } else if (name == "-ERR") {
    listener.OnError(WithoutQuotes(rest));
  } else if (name != "PONG" && name != "+OK") {
    return std::nullopt;
  }
  return end + kCrlf.size();
}

// MSG <subject> <subscription> [reply] <bytes>
// HMSG <subject> <subscription> [reply] <bytes of the header> <bytes of header and data>
std::optional<size_t> WireReader::ReadMessage(std::string_view text, std::string_view line,
                                              bool with_header, WireListener& listener) {
  std::array<std::string_view, 5> words;
  const size_t count =
      Split(line.substr(std::min(line.find_first_of(kSpaces), line.size())), words);
  const size_t least = with_header ? 4 : 3;
  if (count != least && count != least + 1) return std::nullopt;
  SubscriptionId subscription = 0;
  size_t header_bytes = 0;
  size_t bytes = 0;
  if (!ParseNumber(words[1], subscription) || !ParseNumber(words[count - 1], bytes) ||
      bytes > kMaxPayloadBytes) {
    return std::nullopt;
  }
  if (with_header && (!ParseNumber(words[count - 2], header_bytes) || header_bytes > bytes)) {
    return std::nullopt;
  }
  const size_t begin = line.size() + kCrlf.size();
  wanted_ = begin + bytes + kCrlf.size();
  if (text.size() < wanted_) return 0;
  const std::string_view payload = text.substr(begin, bytes);
  if (text.substr(begin + bytes, kCrlf.size()) != kCrlf) return std::nullopt;
  listener.OnWireMessage(subscription,
                         Message(words[0], count == least ? std::string_view() : words[2],
                                 payload.substr(0, header_bytes), payload.substr(header_bytes)));
  return std::exchange(wanted_, 0);
}

}  // namespace ssegw::nats
