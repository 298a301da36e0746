#ifndef SSEGW_INTERNAL_TRANSCODE_WIRE_READER_H_
#define SSEGW_INTERNAL_TRANSCODE_WIRE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ssegw::transcode {

// The wire types of https://protobuf.dev/programming-guides/encoding; 6 and 7 do not exist.
enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kLengthDelimited = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

struct WireTag {
  int number = 0;
  WireType type = WireType::kVarint;
};

// Reads the parts of protobuf's wire format from the front of bytes that it does not own. Every
// member returns false if the bytes are malformed; its output is then unspecified.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool ReadVarint(uint64_t* value) { return ReadVarint(kMaxVarintBytes, value); }

  bool ReadTag(WireTag* tag) {
    uint64_t value = 0;
    if (!ReadVarint(kMaxVarint32Bytes, &value) || value > UINT32_MAX) return false;
    tag->number = static_cast<int>(value >> 3);
    tag->type = static_cast<WireType>(value & 7);
    return tag->number != 0 && (value & 7) <= 5;
  }

  // Passes over the next tag if it is this one.
  bool SkipTag(const WireTag& tag) {
    WireReader ahead = *this;
    WireTag next;
    if (!ahead.ReadTag(&next) || next.number != tag.number || next.type != tag.type) return false;
    *this = ahead;
    return true;
  }

  bool ReadFixed64(uint64_t* value) { return ReadFixed(8, value); }
  bool ReadFixed32(uint64_t* value) { return ReadFixed(4, value); }

  bool ReadBytes(size_t size, std::string_view* bytes) {
    if (size > rest_.size()) return false;
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool ReadLengthDelimited(std::string_view* bytes) {
    uint64_t size = 0;
    return ReadVarint(kMaxVarint32Bytes, &size) && size <= rest_.size() &&
           ReadBytes(static_cast<size_t>(size), bytes);
  }

  // The content of the group with this number, whose start tag has been read; passes over its end
  // tag. levels: how deep groups may be nested, including this one.
  bool ReadGroup(int number, int levels, std::string_view* content) {
    WireReader ahead = *this;
    int open[kMaxGroups] = {number};
    int depth = 0;
    if (levels < 1) return false;
    while (!ahead.empty()) {
      const size_t size = rest_.size() - ahead.rest_.size();
      WireTag tag;
      if (!ahead.ReadTag(&tag)) return false;
      if (tag.type == WireType::kStartGroup) {
        ++depth;
        if (depth >= levels || depth >= kMaxGroups) return false;
        open[depth] = tag.number;
      } else if (tag.type != WireType::kEndGroup) {
        if (!ahead.SkipPayload(tag.type)) return false;
      } else if (tag.number != open[depth]) {
        return false;
      } else if (depth == 0) {
        *content = rest_.substr(0, size);
        *this = ahead;
        return true;
      } else {
        --depth;
      }
    }
    return false;
  }

  // The payload of any wire type but the two of groups.
  bool SkipPayload(WireType type) {
    uint64_t value = 0;
    std::string_view bytes;
    switch (type) {
      case WireType::kVarint:
        return ReadVarint(&value);
      case WireType::kFixed64:
        return ReadBytes(8, &bytes);
      case WireType::kLengthDelimited:
        return ReadLengthDelimited(&bytes);
      case WireType::kFixed32:
        return ReadBytes(4, &bytes);
      case WireType::kStartGroup:
      case WireType::kEndGroup:
        return false;
    }
    return false;
  }

 private:
  static constexpr size_t kMaxVarintBytes = 10;
  static constexpr size_t kMaxVarint32Bytes = 5;
  static constexpr int kMaxGroups = 64;

  // Little-endian.
  bool ReadFixed(size_t size, uint64_t* value) {
    std::string_view bytes;
    if (!ReadBytes(size, &bytes)) return false;
    uint64_t result = 0;
    for (size_t i = 0; i < size; ++i) {
      result |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    *value = result;
    return true;
  }

  bool ReadVarint(size_t max_bytes, uint64_t* value) {
    if (!rest_.empty() && static_cast<unsigned char>(rest_[0]) < 0x80) {  // nearly always
      *value = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      return true;
    }
    uint64_t result = 0;
    for (size_t i = 0; i < max_bytes && i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      // The tenth byte has one bit that counts; like protobuf's parser, ignore the others.
      result |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
      if (byte < 0x80) {
        *value = result;
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_WIRE_READER_H_
