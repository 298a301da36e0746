#include "internal/store/jetstream/subject.h"

#include <cstddef>

#include "internal/base/ascii.h"
#include "internal/base/text.h"
#include "internal/store/jetstream/escape.h"

namespace ssegw::store::jetstream {
namespace {

// The bounds of topics and keys, which publishers are held to.
constexpr size_t kMaxBytes = 255;
constexpr size_t kMaxTokens = 16;

bool IsPlain(char c) { return base::IsLetterOrDigit(c) || c == '_' || c == '-'; }

bool IsTopic(std::string_view topic) {
  if (topic.size() > kMaxBytes) return false;
  size_t tokens = 1;
  char before = '.';
  for (const char c : topic) {
    if (c == '.') {
      if (before == '.') return false;
      ++tokens;
    } else if (!IsPlain(c)) {
      return false;
    }
    before = c;
  }
  return before != '.' && tokens <= kMaxTokens;
}

// As AppendEscaped writes it, so that a key has one subject.
int HexValue(char c) {
  if (base::IsDigit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> DecodeKey(std::string_view text) {
  std::string key;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsPlain(text[i])) {
      key += text[i];
      continue;
    }
    if (text[i] != '=' || text.size() - i < 3) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const char c = static_cast<char>(high * 16 + low);
    if (IsPlain(c)) return std::nullopt;
    key += c;
    i += 2;
  }
  if (key.size() > kMaxBytes || base::HasControlCharacter(key) || !base::IsValidUtf8(key)) {
    return std::nullopt;
  }
  return key;
}

}  // namespace

std::string EventSubject(std::string_view name, std::string_view topic, std::string_view key) {
  std::string subject;
  subject.reserve(name.size() + topic.size() + key.size() + 5);
  subject.append(name).append(".e.").append(topic).append(".~");
  for (const char c : key) {
    if (IsPlain(c)) {
      subject += c;
    } else {
      AppendEscaped(subject, c);
    }
  }
  return subject;
}

std::optional<TopicAndKey> ParseEventSubject(std::string_view name, std::string_view subject) {
  if (!subject.starts_with(name)) return std::nullopt;
  subject.remove_prefix(name.size());
  constexpr std::string_view kEvents = ".e.";
  if (!subject.starts_with(kEvents)) return std::nullopt;
  subject.remove_prefix(kEvents.size());
  const size_t dot = subject.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view topic = subject.substr(0, dot);
  const std::string_view last = subject.substr(dot + 1);
  if (!last.starts_with('~') || !IsTopic(topic)) return std::nullopt;
  std::optional<std::string> key = DecodeKey(last.substr(1));
  if (!key) return std::nullopt;
  return TopicAndKey{.topic = topic, .key = *std::move(key)};
}

}  // namespace ssegw::store::jetstream
