#include "internal/transcode/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "internal/base/text.h"
#include "internal/transcode/json_bytes.h"

namespace ssegw::transcode {

namespace {

constexpr size_t kSmallestText = 256;
constexpr size_t kLongestNumber = 32;
constexpr size_t kLongestTime = 48;

// What follows the backslash of an escaped byte: 'u' for \u00XX; 0 for bytes without an escape.
constexpr std::array<char, 128> kEscapes = [] {
  std::array<char, 128> escapes{};
  for (size_t i = 0; i < 0x20; ++i) escapes[i] = 'u';
  escapes[0x7F] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

struct Date {
  int year;
  uint32_t month;
  uint32_t day;
};

// In the proleptic Gregorian calendar. Years are counted from March, so that a leap day is the last
// of its year, and in eras of 400 years, which all have as many days.
Date DateOfDay(int64_t days_since_1970) {
  constexpr int64_t kDaysFromMarchOfYear0 = 719'468;
  constexpr int64_t kDaysOfEra = 146'097;
  const int64_t days = days_since_1970 + kDaysFromMarchOfYear0;  // not negative from year 1 on
  const int64_t era = days / kDaysOfEra;
  const auto day_of_era = static_cast<uint32_t>(days % kDaysOfEra);
  const uint32_t leap_days = day_of_era / 1'460 - day_of_era / 36'524 + day_of_era / 146'096;
  const uint32_t year_of_era = (day_of_era - leap_days) / 365;
  const uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t month_from_march = (5 * day_of_year + 2) / 153;  // of 31, 30, 31, 30, 31 days
  const uint32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), month,
          day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

}  // namespace

JsonWriter::JsonWriter(std::string* out, const JsonLimits& limits) : out_(*out), limits_(limits) {
  out_.resize(std::max(std::min(out_.capacity(), limits.max_bytes), kSmallestText));
  next_ = out_.data();
  end_ = next_ + out_.size();
}

JsonWriter::~JsonWriter() {
  if (scratch_taken_ > 0) limits_.scratch->Give(scratch_taken_);
}

// A full writer starts again at the beginning of the room that it has. No piece is longer than that
// room, except a string of the message itself.
void JsonWriter::Grow(size_t size) {
  auto used = static_cast<size_t>(next_ - out_.data());
  size_t wanted = std::max(std::min(out_.size() * 2, limits_.max_bytes), used + size);
  if (!is_full_ && (used + size > limits_.max_bytes || !TakeScratch(wanted))) is_full_ = true;
  if (is_full_) {
    used = 0;
    wanted = std::max(out_.size(), size);
  }
  if (wanted > out_.size()) out_.resize(wanted);
  next_ = out_.data() + used;
  end_ = out_.data() + out_.size();
}

// size: of the whole text.
bool JsonWriter::TakeScratch(size_t size) {
  if (limits_.scratch == nullptr || size <= Scratch::kFree) return true;
  if (!limits_.scratch->Take(size - scratch_taken_)) {
    lacks_scratch_ = true;
    return false;
  }
  scratch_taken_ = size;
  return true;
}

bool JsonWriter::String(std::string_view text) {
  Char('"');
  if (!StringPart(text)) return false;
  Char('"');
  return true;
}

bool JsonWriter::StringPart(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  constexpr size_t kLongestEscape = 6;
  const char* p = text.data();
  const char* const end = p + text.size();
  // From here on there is always room for the rest as it is, and for one escape.
  Reserve(text.size() + kLongestEscape);
  while (p != end) {
    if (end - p >= 8) {
      const uint64_t bytes = EightBytes(p);
      std::memcpy(next_, &bytes, sizeof(bytes));
      const size_t clean = CleanBytes(NeedsCare(bytes));
      p += clean;
      next_ += clean;
      if (clean == 8) continue;
    }
    auto byte = static_cast<unsigned char>(*p);
    if (byte >= 0x80) {
      // Other scripts seldom have just one such character.
      do {
        const size_t available = static_cast<size_t>(end - p);
        const size_t length =
            LengthOfCharacter(reinterpret_cast<const unsigned char*>(p), available);
        if (length == 0) {
          const base::LineSeparator separator = base::LineSeparatorAt({p, available});
          if (separator.bytes == 0) return false;
          std::memcpy(next_, separator.json_escape.data(), kLongestEscape);
          p += separator.bytes;
          next_ += kLongestEscape;
          Reserve(static_cast<size_t>(end - p) + kLongestEscape);
          byte = p == end ? 0 : static_cast<unsigned char>(*p);
          continue;
        }
        // Writes four bytes at once; the surplus is overwritten.
        std::memcpy(next_, p, available >= 4 ? 4 : length);
        p += length;
        next_ += length;
        byte = p == end ? 0 : static_cast<unsigned char>(*p);
      } while (byte >= 0x80);
      continue;
    }
    ++p;
    const char escape = kEscapes[byte];
    if (escape == 0) {
      *next_++ = static_cast<char>(byte);
      continue;
    }
    *next_++ = '\\';
    *next_++ = escape;
    if (escape == 'u') {
      *next_++ = '0';
      *next_++ = '0';
      *next_++ = kHex[byte >> 4];
      *next_++ = kHex[byte & 0xF];
    }
    Reserve(static_cast<size_t>(end - p) + kLongestEscape);
  }
  return true;
}

template <typename T>
void JsonWriter::WriteNumber(T value) {
  Reserve(kLongestNumber);
  next_ = std::to_chars(next_, end_, value).ptr;
}

void JsonWriter::Signed(int64_t value) { WriteNumber(value); }
void JsonWriter::Unsigned(uint64_t value) { WriteNumber(value); }

template <typename Floating>
void JsonWriter::FloatingPoint(Floating value) {
  // Up to here whole numbers are exact, and read better without an exponent.
  constexpr auto kExact =
      static_cast<Floating>(int64_t{1} << std::numeric_limits<Floating>::digits);
  if (std::abs(value) < kExact && std::trunc(value) == value &&
      !(value == 0 && std::signbit(value))) {
    Signed(static_cast<int64_t>(value));
  } else if (std::isfinite(value)) {
    WriteNumber(value);
  } else {
    Raw(std::isnan(value) ? R"("NaN")" : value > 0 ? R"("Infinity")" : R"("-Infinity")");
  }
}

void JsonWriter::Double(double value) { FloatingPoint(value); }
void JsonWriter::Float(float value) { FloatingPoint(value); }

void JsonWriter::Bytes(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Reserve(bytes.size() / 3 * 4 + 6);
  *next_++ = '"';
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(bytes.size() - i, 3);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    *next_++ = kDigits[group >> 18];
    *next_++ = kDigits[group >> 12 & 0x3F];
    *next_++ = count > 1 ? kDigits[group >> 6 & 0x3F] : '=';
    *next_++ = count > 2 ? kDigits[group & 0x3F] : '=';
  }
  *next_++ = '"';
}

void JsonWriter::Digits(uint32_t value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) next_[i] = static_cast<char>('0' + value % 10);
  next_ += count;
}

void JsonWriter::Fraction(int32_t nanos) {
  if (nanos == 0) return;
  const auto value = static_cast<uint32_t>(nanos);
  *next_++ = '.';
  if (value % 1'000'000 == 0) {
    Digits(value / 1'000'000, 3);
  } else if (value % 1'000 == 0) {
    Digits(value / 1'000, 6);
  } else {
    Digits(value, 9);
  }
}

void JsonWriter::Timestamp(int64_t seconds, int32_t nanos) {
  constexpr int64_t kSecondsOfDay = 86'400;
  int64_t day = seconds / kSecondsOfDay;
  if (seconds % kSecondsOfDay < 0) --day;
  const auto second = static_cast<uint32_t>(seconds - day * kSecondsOfDay);
  const Date date = DateOfDay(day);
  Reserve(kLongestTime);
  *next_++ = '"';
  Digits(static_cast<uint32_t>(date.year), 4);
  *next_++ = '-';
  Digits(date.month, 2);
  *next_++ = '-';
  Digits(date.day, 2);
  *next_++ = 'T';
  Digits(second / 3'600, 2);
  *next_++ = ':';
  Digits(second / 60 % 60, 2);
  *next_++ = ':';
  Digits(second % 60, 2);
  Fraction(nanos);
  *next_++ = 'Z';
  *next_++ = '"';
}

void JsonWriter::Duration(int64_t seconds, int32_t nanos) {
  Reserve(kLongestTime);
  *next_++ = '"';
  if (seconds < 0 || nanos < 0) *next_++ = '-';
  Signed(std::abs(seconds));
  Fraction(std::abs(nanos));
  *next_++ = 's';
  *next_++ = '"';
}

}  // namespace ssegw::transcode
