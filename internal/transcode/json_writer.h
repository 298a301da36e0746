#ifndef SSEGW_INTERNAL_TRANSCODE_JSON_WRITER_H_
#define SSEGW_INTERNAL_TRANSCODE_JSON_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "internal/transcode/scratch.h"

namespace ssegw::transcode {

// How much a JsonWriter may write.
struct JsonLimits {
  size_t max_bytes = std::numeric_limits<size_t>::max();
  Scratch* scratch = nullptr;  // null if nothing is counted
};

// Writes JSON (RFC 8259) into a string, piece after piece. The caller writes a comma after each
// member and element; Close replaces the last one by the closing bracket.
//
// It takes no more memory than its limits. Once they are reached it is full, and drops what is
// written from then on. A caller that writes much checks is_full() now and then, and gives up.
//
// Owns:     its part of the scratch memory. *out holds the text after Finish, and is unspecified
//           before.
// Cost:     no allocation if *out has the capacity. Text without escapes is copied 8 bytes at a
//           time; numbers are the shortest that read back the same (std::to_chars).
class JsonWriter {
 public:
  explicit JsonWriter(std::string* out, const JsonLimits& limits = {});
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  // One of its limits was reached; lacks_scratch() if it was the memory that all share.
  bool is_full() const { return is_full_; }
  bool lacks_scratch() const { return lacks_scratch_; }

  void Char(char c) {
    Reserve(1);
    *next_++ = c;
  }

  // JSON that is finished already.
  void Raw(std::string_view json) {
    Reserve(json.size());
    std::memcpy(next_, json.data(), json.size());
    next_ += json.size();
  }

  // False, with *out unspecified, if text is not valid UTF-8. Line separators are escaped as in
  // base::AppendJsonString.
  bool String(std::string_view text);
  // The same without the quotes.
  bool StringPart(std::string_view text);

  void Signed(int64_t value);
  void Unsigned(uint64_t value);
  // Numbers that JSON does not have are written "NaN", "Infinity" and "-Infinity".
  void Double(double value);
  void Float(float value);
  void Bytes(std::string_view bytes);  // base64 with padding (RFC 4648 section 4)

  // RFC 3339, in UTC, with as many digits as the nanoseconds need: none, 3, 6 or 9. The ranges of
  // both are those of timestamp.proto and duration.proto; the caller has checked them.
  void Timestamp(int64_t seconds, int32_t nanos);
  void Duration(int64_t seconds, int32_t nanos);

  // Writes '}' or ']', in place of the last comma if there is one.
  void Close(char bracket) {
    if (next_[-1] == ',') {
      next_[-1] = bracket;
    } else {
      Char(bracket);
    }
  }

  void Finish() { out_.resize(static_cast<size_t>(next_ - out_.data())); }

 private:
  // At least this many bytes can be written.
  void Reserve(size_t size) {
    if (static_cast<size_t>(end_ - next_) < size) Grow(size);
  }
  void Grow(size_t size);
  bool TakeScratch(size_t size);

  template <typename T>
  void WriteNumber(T value);
  template <typename Floating>
  void FloatingPoint(Floating value);
  void Digits(uint32_t value, int count);
  void Fraction(int32_t nanos);

  std::string& out_;
  const JsonLimits limits_;
  size_t scratch_taken_ = 0;
  bool is_full_ = false;
  bool lacks_scratch_ = false;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_JSON_WRITER_H_
