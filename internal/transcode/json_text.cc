// Implementation notes
//
// A small automaton: it expects a value, or what comes after one. Which brackets are open is in an
// array of kMaxJsonDepth, since the depth is a stranger's choice. What has been read and not yet
// copied begins at run_: it ends where white space, or a line separator, is left out.
#include "internal/transcode/json_text.h"

#include <array>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/transcode/json_bytes.h"

namespace ssegw::transcode {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

class JsonText {
 public:
  JsonText(std::string_view text, std::string* out)
      : begin_(text.data()), end_(begin_ + text.size()), p_(begin_), run_(begin_), out_(*out) {}

  absl::Status Append() {
    out_.reserve(out_.size() + static_cast<size_t>(end_ - begin_));
    for (Step step = Step::kValue; step != Step::kEnd;) {
      step = step == Step::kValue ? Value() : AfterValue();
    }
    if (fault_ != nullptr) {
      return absl::InvalidArgumentError(base::Concat(fault_, " at byte ", p_ - begin_));
    }
    CopyRun();
    return absl::OkStatus();
  }

 private:
  enum class Step { kValue, kAfterValue, kEnd };

  bool at_end() const { return p_ == end_; }

  Step Fail(const char* fault) {
    fault_ = fault;
    return Step::kEnd;
  }

  void CopyRun() { out_.append(run_, static_cast<size_t>(p_ - run_)); }

  // Whether there is anything behind the white space.
  bool SkipSpace() {
    if (!at_end() && static_cast<unsigned char>(*p_) > ' ') return true;
    const char* const space = p_;
    while (!at_end() && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) ++p_;
    if (p_ != space) {
      out_.append(run_, static_cast<size_t>(space - run_));
      run_ = p_;
    }
    return !at_end();
  }

  Step Value() {
    if (!SkipSpace()) return Fail("the text ends where a value is expected");
    switch (*p_) {
      case '"':
        return String() ? Step::kAfterValue : Step::kEnd;
      case '{':
        return Open('}');
      case '[':
        return Open(']');
      case 't':
        return Word("true");
      case 'f':
        return Word("false");
      case 'n':
        return Word("null");
      default:
        return *p_ == '-' || IsDigit(*p_) ? Number() : Fail("a value is expected");
    }
  }

  Step Open(char closing) {
    if (depth_ == kMaxJsonDepth) return Fail("arrays and objects nested more than 100 deep");
    closings_[depth_++] = closing;
    ++p_;
    if (SkipSpace() && *p_ == closing) return Close();
    return closing == '}' ? Name() : Step::kValue;
  }

  Step Close() {
    --depth_;
    ++p_;
    return Step::kAfterValue;
  }

  // Of a member, and its colon.
  Step Name() {
    if (!SkipSpace() || *p_ != '"') return Fail("a member's name is expected");
    if (!String()) return Step::kEnd;
    if (!SkipSpace() || *p_ != ':') return Fail("a colon is expected");
    ++p_;
    return Step::kValue;
  }

  Step AfterValue() {
    const bool more = SkipSpace();
    if (depth_ == 0) return more ? Fail("more follows the value") : Step::kEnd;
    const char closing = closings_[depth_ - 1];
    if (more && *p_ == closing) return Close();
    if (!more || *p_ != ',') {
      return Fail(closing == '}' ? "a comma or } is expected" : "a comma or ] is expected");
    }
    ++p_;
    return closing == '}' ? Name() : Step::kValue;
  }

  Step Word(std::string_view word) {
    if (!std::string_view(p_, static_cast<size_t>(end_ - p_)).starts_with(word)) {
      return Fail("a value is expected");
    }
    p_ += word.size();
    return Step::kAfterValue;
  }

  // Whether there was one.
  bool Digits() {
    const char* const first = p_;
    while (!at_end() && IsDigit(*p_)) ++p_;
    return p_ != first;
  }

  Step Number() {
    if (*p_ == '-') ++p_;
    const bool zero = !at_end() && *p_ == '0';
    if (zero) {
      ++p_;
      if (!at_end() && IsDigit(*p_)) return Fail("a number with a leading zero");
    } else if (!Digits()) {
      return Fail("a digit is expected");
    }
    if (!at_end() && *p_ == '.') {
      ++p_;
      if (!Digits()) return Fail("a digit is expected");
    }
    if (!at_end() && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      if (!at_end() && (*p_ == '+' || *p_ == '-')) ++p_;
      if (!Digits()) return Fail("a digit is expected");
    }
    return Step::kAfterValue;
  }

  // From its opening quote.
  bool String() {
    for (++p_;;) {
      while (end_ - p_ >= 8) {
        const size_t clean = CleanBytes(NeedsCare(EightBytes(p_)));
        p_ += clean;
        if (clean != 8) break;
      }
      if (at_end()) break;
      const auto byte = static_cast<unsigned char>(*p_);
      if (byte == '"') {
        ++p_;
        return true;
      }
      if (byte == '\\') {
        if (!Escape()) return false;
      } else if (byte >= 0x80) {
        if (!Character()) return false;
      } else if (byte < 0x20) {
        Fail("a control character that is not escaped");
        return false;
      } else {
        ++p_;
      }
    }
    Fail("the text ends inside a string");
    return false;
  }

  bool Escape() {
    const auto left = static_cast<size_t>(end_ - p_);
    size_t length = 2;
    bool known = false;
    if (left >= 2 && p_[1] == 'u') {
      length = 6;
      known = left >= 6 && IsHexDigit(p_[2]) && IsHexDigit(p_[3]) && IsHexDigit(p_[4]) &&
              IsHexDigit(p_[5]);
    } else if (left >= 2 && p_[1] != '\0') {
      known = std::string_view("\"\\/bfnrt").find(p_[1]) != std::string_view::npos;
    }
    if (!known) {
      Fail("an escape that JSON does not have");
      return false;
    }
    p_ += length;
    return true;
  }

  // One that is not ASCII, and those like it that follow.
  bool Character() {
    while (!at_end() && static_cast<unsigned char>(*p_) >= 0x80) {
      const auto left = static_cast<size_t>(end_ - p_);
      if (const size_t length =
              LengthOfCharacter(reinterpret_cast<const unsigned char*>(p_), left)) {
        p_ += length;
        continue;
      }
      const base::LineSeparator separator = base::LineSeparatorAt({p_, left});
      if (separator.bytes == 0) {
        Fail("bytes that are not UTF-8");
        return false;
      }
      CopyRun();
      out_ += separator.json_escape;
      p_ += separator.bytes;
      run_ = p_;
    }
    return true;
  }

  const char* const begin_;
  const char* const end_;
  const char* p_;
  const char* run_;
  std::string& out_;
  const char* fault_ = nullptr;
  size_t depth_ = 0;
  std::array<char, kMaxJsonDepth> closings_;
};

}  // namespace

absl::Status AppendJsonText(std::string_view text, std::string* out) {
  if (text.empty()) return absl::InvalidArgumentError("the text is empty");
  return JsonText(text, out).Append();
}

}  // namespace ssegw::transcode
