#ifndef SSEGW_INTERNAL_TRANSCODE_WIRE_VALUE_H_
#define SSEGW_INTERNAL_TRANSCODE_WIRE_VALUE_H_

#include <cstdint>
#include <string_view>

#include "internal/transcode/transcoder.h"
#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

// One value as it stands on the wire: length-delimited ones in bytes, all others in bits.
struct WireValue {
  uint64_t bits = 0;
  std::string_view bytes;
};

// Reads the value behind tag. depth: of the message that holds it.
inline bool ReadValue(const WireTag& tag, int depth, WireReader& reader, WireValue& value) {
  switch (tag.type) {
    case WireType::kVarint:
      return reader.ReadVarint(&value.bits);
    case WireType::kFixed64:
      return reader.ReadFixed64(&value.bits);
    case WireType::kFixed32:
      return reader.ReadFixed32(&value.bits);
    case WireType::kLengthDelimited:
      return reader.ReadLengthDelimited(&value.bytes);
    case WireType::kStartGroup:
      return reader.ReadGroup(tag.number, kMaxMessageDepth - depth, &value.bytes);
    case WireType::kEndGroup:
      return false;
  }
  return false;
}

// Passes over the value of a field that is not known.
inline bool SkipValue(const WireTag& tag, int depth, WireReader& reader) {
  WireValue ignored;
  return ReadValue(tag, depth, reader, ignored);
}

inline int64_t UnZigZag(uint64_t bits) {
  return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
}

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_WIRE_VALUE_H_
