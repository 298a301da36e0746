// Implementation notes
//
// A loop and not recursion, since the depth is a stranger's choice: which brackets are open is in
// an array of kMaxJsonDepth. What has been read and not yet copied begins at run_: it ends where
// white space, or a line separator, is left out.
//
// Where a string ends is looked up in a mask of 64 bytes, which is made of all of them at once:
// most strings are short, and to look at each from where it begins would have to wait for where the
// one before it ended. What is seldom needed is not inlined: the compiler would spend registers of
// the loop on it.
#include "internal/transcode/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/transcode/json_bytes.h"

namespace ssegw::transcode {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

#if defined(__SSE2__)
// Bit i says whether byte i of the 16 at p ends a run in a string: it is not ASCII, or must not
// stand there as it is.
uint64_t NeedsCareOf16(const char* p) {
  const __m128i last_control = _mm_set1_epi8(0x1F);
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i controls = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i escapes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  // The highest bit of each makes the mask: a byte that is not ASCII has it.
  const __m128i care = _mm_or_si128(_mm_or_si128(bytes, controls), _mm_or_si128(quotes, escapes));
  return static_cast<uint32_t>(_mm_movemask_epi8(care));
}

// The same of the 64 at p.
uint64_t NeedsCareOf64(const char* p) {
  return NeedsCareOf16(p) | NeedsCareOf16(p + 16) << 16 | NeedsCareOf16(p + 32) << 32 |
         NeedsCareOf16(p + 48) << 48;
}
#else
// Bit i says whether byte i of the 64 at p ends a run in a string: it is not ASCII, or must not
// stand there as it is.
uint64_t NeedsCareOf64(const char* p) {
  uint64_t mask = 0;
  for (int i = 0; i < 64; ++i) {
    const auto byte = static_cast<unsigned char>(p[i]);
    const bool care = byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
    mask |= uint64_t{care} << i;
  }
  return mask;
}
#endif

// Where one of its functions reads, it takes the place to read at and returns the one behind what
// it has read, so that the place stays in a register; null if there is a fault.
class JsonText {
 public:
  JsonText(std::string_view text, std::string* out)
      : begin_(text.data()), end_(begin_ + text.size()), run_(begin_), out_(*out) {
    LookAt(begin_);
  }

  absl::Status Append() {
    const char* const end = Text(begin_);
    if (end == nullptr) return Fault();
    CopyRun(end);
    return absl::OkStatus();
  }

  // out is empty.
  absl::Status Line(std::string_view* line) {
    const char* const end = Text(begin_);
    if (end == nullptr) return Fault();
    if (out_.empty()) {
      *line = {run_, static_cast<size_t>(end - run_)};
      return absl::OkStatus();
    }
    CopyRun(end);
    *line = out_;
    return absl::OkStatus();
  }

 private:
  const char* Fail(const char* p, const char* fault) {
    fault_at_ = p;
    fault_ = fault;
    return nullptr;
  }

  absl::Status Fault() const {
    return absl::InvalidArgumentError(base::Concat(fault_, " at byte ", fault_at_ - begin_));
  }

  void CopyRun(const char* p) {
    if (p == run_) return;
    out_.reserve(out_.size() + static_cast<size_t>(end_ - run_));
    out_.append(run_, static_cast<size_t>(p - run_));
  }

  bool At(const char* p, char c) const { return p != end_ && *p == c; }

  const char* SkipSpace(const char* p) {
    return p != end_ && static_cast<unsigned char>(*p) > ' ' ? p : LeaveOutSpace(p);
  }

  [[gnu::noinline]] const char* LeaveOutSpace(const char* p) {
    const char* const space = p;
    while (p != end_ && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
    if (p == space) return p;
    CopyRun(space);
    run_ = p;
    return p;
  }

  // All of it: a value, and what is around it.
  const char* Text(const char* p) {
    for (;;) {
      p = SkipSpace(p);
      if (At(p, '{') || At(p, '[')) {
        const char closing = *p == '{' ? '}' : ']';
        if (depth_ == kMaxJsonDepth) {
          return Fail(p, "arrays and objects nested more than 100 deep");
        }
        closings_[depth_++] = closing;
        p = SkipSpace(p + 1);
        if (!At(p, closing)) {
          if (closing == '}') p = Name(p);
          if (p == nullptr) return nullptr;
          continue;
        }
      } else {
        p = Scalar(p);
        if (p == nullptr) return nullptr;
      }
      p = SkipSpace(p);
      for (; depth_ > 0 && At(p, closings_[depth_ - 1]); p = SkipSpace(p + 1)) --depth_;
      if (depth_ == 0) return p == end_ ? p : Fail(p, "more follows the value");
      const bool in_object = closings_[depth_ - 1] == '}';
      if (!At(p, ',')) {
        return Fail(p, in_object ? "a comma or } is expected" : "a comma or ] is expected");
      }
      ++p;
      if (in_object) p = Name(SkipSpace(p));
      if (p == nullptr) return nullptr;
    }
  }

  // Of a member, and its colon.
  const char* Name(const char* p) {
    if (!At(p, '"')) return Fail(p, "a member's name is expected");
    p = String(p);
    if (p == nullptr) return nullptr;
    p = SkipSpace(p);
    return At(p, ':') ? p + 1 : Fail(p, "a colon is expected");
  }

  const char* Scalar(const char* p) {
    if (p == end_) return Fail(p, "the text ends where a value is expected");
    switch (*p) {
      case '"':
        return String(p);
      case 't':
        return Word(p, "true");
      case 'f':
        return Word(p, "false");
      case 'n':
        return Word(p, "null");
      default:
        return *p == '-' || IsDigit(*p) ? Number(p) : Fail(p, "a value is expected");
    }
  }

  const char* Word(const char* p, std::string_view word) {
    return std::string_view(p, static_cast<size_t>(end_ - p)).starts_with(word)
               ? p + word.size()
               : Fail(p, "a value is expected");
  }

  const char* Digits(const char* p) {
    const char* const first = p;
    while (p != end_ && IsDigit(*p)) ++p;
    return p != first ? p : Fail(p, "a digit is expected");
  }

  const char* Number(const char* p) {
    if (*p == '-') ++p;
    if (At(p, '0')) {
      ++p;
      if (p != end_ && IsDigit(*p)) return Fail(p, "a number with a leading zero");
    } else {
      p = Digits(p);
      if (p == nullptr) return nullptr;
    }
    if (At(p, '.')) p = Digits(p + 1);
    if (p == nullptr) return nullptr;
    if (!At(p, 'e') && !At(p, 'E')) return p;
    ++p;
    if (At(p, '+') || At(p, '-')) ++p;
    return Digits(p);
  }

  // The next byte of a string that does not just stand for itself; end_ if there is none.
  const char* NextCare(const char* p) {
    const auto offset = static_cast<size_t>(p - block_);
    const uint64_t care = offset < kBlock ? care_ >> offset : 0;
    return care != 0 ? p + std::countr_zero(care) : NextCareBehind(p);
  }

  // There is none in the block from there on.
  [[gnu::noinline]] const char* NextCareBehind(const char* p) {
    for (p = std::max(p, block_ + kBlock); p < end_; p += kBlock) {
      LookAt(p);
      if (care_ != 0) return p + std::countr_zero(care_);
    }
    return end_;
  }

  void LookAt(const char* p) {
    block_ = p;
    const auto left = static_cast<size_t>(end_ - p);
    if (left >= kBlock) {
      care_ = NeedsCareOf64(p);
      return;
    }
    // What is behind the end needs care as well, since it is 0.
    std::array<char, kBlock> last = {};
    std::memcpy(last.data(), p, left);
    care_ = NeedsCareOf64(last.data());
  }

  // From its opening quote. Most strings end where something first needs care.
  const char* String(const char* p) {
    p = NextCare(p + 1);
    return At(p, '"') ? p + 1 : RestOfString(p);
  }

  [[gnu::noinline]] const char* RestOfString(const char* p) {
    for (;; p = NextCare(p)) {
      if (p == end_) return Fail(p, "the text ends inside a string");
      const auto byte = static_cast<unsigned char>(*p);
      if (byte == '"') return p + 1;
      if (byte == '\\') {
        p = Escape(p);
      } else if (byte >= 0x80) {
        p = Characters(p);
      } else {
        p = Fail(p, "a control character that is not escaped");
      }
      if (p == nullptr) return nullptr;
    }
  }

  const char* Escape(const char* p) {
    const auto left = static_cast<size_t>(end_ - p);
    if (left >= 6 && p[1] == 'u' && IsHexDigit(p[2]) && IsHexDigit(p[3]) && IsHexDigit(p[4]) &&
        IsHexDigit(p[5])) {
      return p + 6;
    }
    const bool is_short =
        left >= 2 && std::string_view("\"\\/bfnrt").find(p[1]) != std::string_view::npos;
    return is_short ? p + 2 : Fail(p, "an escape that JSON does not have");
  }

  // Those that are not ASCII.
  const char* Characters(const char* p) {
    while (p != end_ && static_cast<unsigned char>(*p) >= 0x80) {
      const auto left = static_cast<size_t>(end_ - p);
      if (const size_t length =
              LengthOfCharacter(reinterpret_cast<const unsigned char*>(p), left)) {
        p += length;
        continue;
      }
      const base::LineSeparator separator = base::LineSeparatorAt({p, left});
      if (separator.bytes == 0) return Fail(p, "bytes that are not UTF-8");
      CopyRun(p);
      out_ += separator.json_escape;
      p += separator.bytes;
      run_ = p;
    }
    return p;
  }

  static constexpr size_t kBlock = 64;

  const char* const begin_;
  const char* const end_;
  const char* run_;
  // The bytes that were last looked at, and which of them need care in a string.
  const char* block_;
  uint64_t care_;
  std::string& out_;
  const char* fault_ = "";
  const char* fault_at_ = nullptr;
  size_t depth_ = 0;
  // Which bracket ends each that is open.
  std::array<char, kMaxJsonDepth> closings_;
};

}  // namespace

absl::Status JsonLine(std::string_view text, std::string* room, std::string_view* line) {
  if (text.empty()) return absl::InvalidArgumentError("the text is empty");
  return JsonText(text, room).Line(line);
}

absl::Status AppendJsonText(std::string_view text, std::string* out) {
  if (text.empty()) return absl::InvalidArgumentError("the text is empty");
  return JsonText(text, out).Append();
}

}  // namespace ssegw::transcode
