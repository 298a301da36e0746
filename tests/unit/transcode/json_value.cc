#include "tests/unit/transcode/json_value.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::transcode {

namespace {

using base::Concat;

size_t SignificantDigits(std::string_view number) {
  size_t digits = 0;
  for (const char c : number.substr(0, number.find_first_of("eE"))) {
    if (c >= '0' && c <= '9' && (digits > 0 || c != '0')) ++digits;
  }
  return digits;
}

bool IsSameNumber(const std::string& a, const std::string& b) {
  if (a == b) return true;
  constexpr std::string_view kFraction = ".eE";
  const bool a_is_integer = a.find_first_of(kFraction) == std::string::npos;
  const bool b_is_integer = b.find_first_of(kFraction) == std::string::npos;
  // Not the same digits: beyond 2^53 the double may be the same all the same.
  if (a_is_integer && b_is_integer) return false;
  if (std::strtod(a.c_str(), nullptr) == std::strtod(b.c_str(), nullptr)) return true;
  // A float has 9 digits, or all those of the whole number that it is.
  const auto may_be_float = [](const std::string& number, bool is_integer) {
    return SignificantDigits(number) <= 9 ||
           (is_integer && std::strtod(number.c_str(), nullptr) ==
                              static_cast<double>(std::strtof(number.c_str(), nullptr)));
  };
  return may_be_float(a, a_is_integer) && may_be_float(b, b_is_integer) &&
         std::strtof(a.c_str(), nullptr) == std::strtof(b.c_str(), nullptr);
}

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// RFC 8259, by recursive descent.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<JsonValue> Parse() {
    JsonValue value;
    SkipSpace();
    if (!Value(value)) return Error();
    SkipSpace();
    if (position_ != text_.size()) return Error();
    return value;
  }

 private:
  bool Value(JsonValue& value) {
    switch (Peek()) {
      case '{':
        return Object(value);
      case '[':
        return Array(value);
      case '"':
        value.kind = JsonValue::Kind::kString;
        return String(value.text);
      case 'n':
        value.kind = JsonValue::Kind::kNull;
        return Word("null");
      case 't':
        value.kind = JsonValue::Kind::kTrue;
        return Word("true");
      case 'f':
        value.kind = JsonValue::Kind::kFalse;
        return Word("false");
      default:
        return Number(value);
    }
  }

  bool Object(JsonValue& value) {
    value.kind = JsonValue::Kind::kObject;
    ++position_;
    SkipSpace();
    if (Take('}')) return true;
    do {
      std::string name;
      JsonValue member;
      SkipSpace();
      if (Peek() != '"' || !String(name)) return false;
      SkipSpace();
      if (!Take(':')) return false;
      SkipSpace();
      if (!Value(member)) return false;
      if (!value.members.emplace(name, std::move(member)).second) {
        fault_ = Concat("name twice: ", name);
        return false;
      }
      SkipSpace();
    } while (Take(','));
    return Take('}');
  }

  bool Array(JsonValue& value) {
    value.kind = JsonValue::Kind::kArray;
    ++position_;
    SkipSpace();
    if (Take(']')) return true;
    do {
      SkipSpace();
      if (!Value(value.elements.emplace_back())) return false;
      SkipSpace();
    } while (Take(','));
    return Take(']');
  }

  bool String(std::string& out) {
    ++position_;
    while (position_ < text_.size()) {
      const char c = text_[position_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out += c;
      } else if (!Escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool Escape(std::string& out) {
    constexpr std::string_view kShort = "\"\\/bfnrt";
    constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
    if (position_ == text_.size()) return false;
    const char c = text_[position_++];
    if (const size_t index = kShort.find(c); index != std::string_view::npos) {
      out += kMeaning[index];
      return true;
    }
    uint32_t code = 0;
    if (c != 'u' || !Hex(code)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      uint32_t low = 0;
      if (!Take('\\') || !Take('u') || !Hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      return false;
    }
    AppendUtf8(code, out);
    return true;
  }

  bool Hex(uint32_t& code) {
    for (int i = 0; i < 4; ++i) {
      constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
      const size_t digit = kDigits.find(Peek());
      if (digit == std::string_view::npos) return false;
      code = code * 16 + static_cast<uint32_t>(digit % 16);
      ++position_;
    }
    return true;
  }

  bool Number(JsonValue& value) {
    const size_t begin = position_;
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (Peek() == 'e' || Peek() == 'E') {
      ++position_;
      if (!Take('+')) Take('-');
      if (!Digits()) return false;
    }
    value.kind = JsonValue::Kind::kNumber;
    value.text = text_.substr(begin, position_ - begin);
    return true;
  }

  bool Digits() {
    const size_t begin = position_;
    while (Peek() >= '0' && Peek() <= '9') ++position_;
    return position_ > begin;
  }

  bool Word(std::string_view word) {
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }

  bool Take(char c) {
    if (Peek() != c || position_ == text_.size()) return false;
    ++position_;
    return true;
  }

  void SkipSpace() {
    while (Peek() == ' ' || Peek() == '\n') ++position_;
  }

  char Peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  absl::Status Error() const {
    return absl::InvalidArgumentError(
        Concat("not JSON at ", position_, " ", fault_, " in: ", text_));
  }

  const std::string_view text_;
  size_t position_ = 0;
  std::string fault_;
};

}  // namespace

bool operator==(const JsonValue& a, const JsonValue& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == JsonValue::Kind::kNumber) return IsSameNumber(a.text, b.text);
  return a.text == b.text && a.elements == b.elements && a.members == b.members;
}

absl::StatusOr<JsonValue> ParseJson(std::string_view text) { return Parser(text).Parse(); }

absl::StatusOr<JsonValue> ParseOutput(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (base::LineSeparatorAt(text.substr(i)).bytes > 0) {
      return absl::InvalidArgumentError(Concat("raw line separator in: ", text));
    }
  }
  if (base::HasControlCharacter(text)) {
    return absl::InvalidArgumentError(Concat("raw control character in: ", text));
  }
  if (!base::IsValidUtf8(text)) {
    return absl::InvalidArgumentError(Concat("invalid UTF-8 in: ", text));
  }
  return ParseJson(text);
}

}  // namespace ssegw::transcode
