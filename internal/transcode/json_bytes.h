#ifndef SSEGW_INTERNAL_TRANSCODE_JSON_BYTES_H_
#define SSEGW_INTERNAL_TRANSCODE_JSON_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

// How the bytes of a JSON string are gone through: eight at a time where they are plain ASCII, one
// character at a time where they are not.
namespace ssegw::transcode {

// The eight bytes at p.
inline uint64_t EightBytes(const void* p) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, p, sizeof(bytes));
  return bytes;
}

// Sets bit 7 of each byte that is not ASCII or must not stand in a JSON string as it is. The bits
// of the bytes above the first such byte mean nothing.
inline uint64_t NeedsCare(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x8080808080808080;
  const auto is_zero = [](uint64_t word) { return (word - kOnes) & ~word; };
  const uint64_t controls = bytes - kOnes * 0x20;
  return (bytes | controls | is_zero(bytes ^ kOnes * '"') | is_zero(bytes ^ kOnes * '\\') |
          is_zero(bytes ^ kOnes * 0x7F)) &
         kHigh;
}

// How many of eight bytes come before the first one that NeedsCare marked.
inline size_t CleanBytes(uint64_t care) {
  if (care == 0) return 8;
  // With the other byte order what is known is the last one.
  if constexpr (std::endian::native != std::endian::little) return 0;
  return static_cast<size_t>(std::countr_zero(care)) / 8;
}

inline bool IsTail(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// The number of bytes of the character at p, which is not ASCII; 0 if it is a line separator, or
// not well-formed (RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF).
inline size_t LengthOfCharacter(const unsigned char* p, size_t available) {
  const unsigned char lead = p[0];
  if (lead < 0xC2 || available < 2 || !IsTail(p[1])) return 0;
  if (lead < 0xE0) {
    if (lead == 0xC2 && p[1] == 0x85) [[unlikely]] {
      return 0;
    }
    return 2;
  }
  if (available < 3 || !IsTail(p[2])) return 0;
  if (lead < 0xF0) {
    // Three of these leads need a closer look.
    constexpr uint32_t kE0E2Ed = 1U << 0x0 | 1U << 0x2 | 1U << 0xD;
    if ((kE0E2Ed >> (lead & 0xF) & 1) == 0) return 3;
    const bool well_formed = (lead != 0xE0 || p[1] >= 0xA0) && (lead != 0xED || p[1] <= 0x9F);
    const bool separator = lead == 0xE2 && p[1] == 0x80 && (p[2] & 0xFE) == 0xA8;
    return well_formed && !separator ? 3 : 0;
  }
  if (lead > 0xF4 || available < 4 || !IsTail(p[3])) return 0;
  return (lead != 0xF0 || p[1] >= 0x90) && (lead != 0xF4 || p[1] <= 0x8F) ? 4 : 0;
}

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_JSON_BYTES_H_
