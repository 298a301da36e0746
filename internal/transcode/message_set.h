#ifndef SSEGW_INTERNAL_TRANSCODE_MESSAGE_SET_H_
#define SSEGW_INTERNAL_TRANSCODE_MESSAGE_SET_H_

#include <climits>
#include <cstdint>
#include <string_view>

#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

// An extension in a message with message_set_wire_format: a group with number 1 that holds the
// extension's number and its message (descriptor.proto, MessageOptions). The last one counts if
// either is there twice.
struct MessageSetItem {
  int type_id = 0;  // 0 if there is no valid one
  std::string_view message;

  static constexpr int kGroup = 1;
  static constexpr int kTypeId = 2;
  static constexpr int kMessage = 3;

  static bool BeginsWith(const WireTag& tag) {
    return tag.number == kGroup && tag.type == WireType::kStartGroup;
  }

  // Reads what follows the start tag. levels: as of ReadGroup. False if the bytes are malformed.
  bool Read(int levels, WireReader& reader) {
    std::string_view content;
    if (!reader.ReadGroup(kGroup, levels, &content)) return false;
    for (WireReader fields(content); !fields.empty();) {
      WireTag tag;
      std::string_view skipped;
      uint64_t number = 0;
      if (!fields.ReadTag(&tag)) return false;
      if (tag.number == kTypeId && tag.type == WireType::kVarint) {
        if (!fields.ReadVarint(&number)) return false;
        type_id = number <= INT_MAX ? static_cast<int>(number) : 0;
      } else if (tag.number == kMessage && tag.type == WireType::kLengthDelimited) {
        if (!fields.ReadLengthDelimited(&message)) return false;
      } else if (tag.type == WireType::kStartGroup) {
        if (!fields.ReadGroup(tag.number, levels - 1, &skipped)) return false;
      } else if (!fields.SkipPayload(tag.type)) {
        return false;
      }
    }
    return true;
  }
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_MESSAGE_SET_H_
