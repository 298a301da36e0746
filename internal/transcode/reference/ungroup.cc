#include "internal/transcode/reference/ungroup.h"

#include <cstdint>

#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}

void AppendLengthDelimited(int number, std::string_view payload, std::string& out) {
  AppendVarint(
      static_cast<uint64_t>(number) << 3 | static_cast<uint64_t>(WireType::kLengthDelimited), out);
  AppendVarint(payload.size(), out);
  out += payload;
}

// Up to the end of the bytes or of the group. What cannot be read ends it: protobuf wrote it, so
// there is no such thing.
void UngroupFields(const Descriptor& type, WireReader& reader, std::string& out) {
  while (!reader.empty()) {
    const std::string_view start = reader.rest();
    WireTag tag;
    if (!reader.ReadTag(&tag) || tag.type == WireType::kEndGroup) return;
    const FieldDescriptor* field = type.FindFieldByNumber(tag.number);
    const Descriptor* submessage = field != nullptr ? field->message_type() : nullptr;
    if (submessage == nullptr) {
      if (!reader.SkipPayload(tag.type)) return;
      out += start.substr(0, start.size() - reader.rest().size());
      continue;
    }
    std::string inner;
    if (tag.type == WireType::kStartGroup) {
      UngroupFields(*submessage, reader, inner);
    } else {
      std::string_view payload;
      if (!reader.ReadLengthDelimited(&payload)) return;
      WireReader inner_reader(payload);
      UngroupFields(*submessage, inner_reader, inner);
    }
    AppendLengthDelimited(tag.number, inner, out);
  }
}

}  // namespace

std::string Ungroup(const Descriptor& type, std::string_view wire) {
  std::string out;
  WireReader reader(wire);
  UngroupFields(type, reader, out);
  return out;
}

}  // namespace ssegw::transcode
