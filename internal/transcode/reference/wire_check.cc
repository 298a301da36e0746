#include "internal/transcode/reference/wire_check.h"

#include <cstddef>
#include <cstdint>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/transcode/transcoder.h"
#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

namespace {

using base::Concat;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// How a single value of this kind is written.
WireType WireTypeOf(FieldDescriptor::Type type) {
  switch (type) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return WireType::kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return WireType::kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return WireType::kLengthDelimited;
    case FieldDescriptor::TYPE_GROUP:
      return WireType::kStartGroup;
    default:
      return WireType::kVarint;
  }
}

// Values of one wire type end to end.
bool IsWellFormedPacked(WireType type, std::string_view payload) {
  WireReader reader(payload);
  while (!reader.empty()) {
    if (!reader.SkipPayload(type)) return false;
  }
  return true;
}

class Checker {
 public:
  Checker(const Descriptor& type, std::string_view wire) : root_(type), wire_(wire) {}

  // Fields up to the end of the bytes, or to the end of the group that group_number opened (0: no
  // group). type is null inside of an unknown group.
  absl::Status CheckFields(const Descriptor* type, int depth, int group_number,
                           WireReader& reader) const {
    if (depth > kMaxMessageDepth) {
      return absl::InvalidArgumentError(
          Concat(root_.full_name(), " is nested deeper than ", kMaxMessageDepth, " levels"));
    }
    while (!reader.empty()) {
      const WireReader start = reader;
      WireTag tag;
      if (!reader.ReadTag(&tag)) return Malformed(start, "invalid tag");
      if (tag.type == WireType::kEndGroup) {
        if (group_number != 0 && tag.number == group_number) return absl::OkStatus();
        return Malformed(start, "end of a group that was not opened");
      }
      const FieldDescriptor* field =
          type != nullptr ? type->FindFieldByNumber(tag.number) : nullptr;
      const absl::Status status = CheckField(field, depth, tag, start, reader);
      if (!status.ok()) return status;
    }
    return group_number == 0 ? absl::OkStatus() : Malformed(reader, "group without an end");
  }

 private:
  absl::Status CheckField(const FieldDescriptor* field, int depth, const WireTag& tag,
                          const WireReader& start, WireReader& reader) const {
    // A known field in another wire type counts as unknown, except for packed values.
    const bool is_known = field != nullptr && WireTypeOf(field->type()) == tag.type;
    if (tag.type == WireType::kStartGroup) {
      return CheckFields(is_known ? field->message_type() : nullptr, depth + 1, tag.number, reader);
    }
    if (tag.type != WireType::kLengthDelimited) {
      return reader.SkipPayload(tag.type) ? absl::OkStatus() : CutShort(start, tag);
    }
    std::string_view payload;
    if (!reader.ReadLengthDelimited(&payload)) return CutShort(start, tag);
    if (field == nullptr) return absl::OkStatus();
    switch (field->type()) {
      case FieldDescriptor::TYPE_MESSAGE: {
        WireReader inner(payload);
        return CheckFields(field->message_type(), field->is_map() ? depth : depth + 1, 0, inner);
      }
      case FieldDescriptor::TYPE_STRING:
        return base::IsValidUtf8(payload)
                   ? absl::OkStatus()
                   : absl::InvalidArgumentError(Concat("invalid UTF-8 in ", field->full_name()));
      default:
        return !field->is_packable() || IsWellFormedPacked(WireTypeOf(field->type()), payload)
                   ? absl::OkStatus()
                   : CutShort(start, tag);
    }
  }

  absl::Status CutShort(const WireReader& start, const WireTag& tag) const {
    return Malformed(start, Concat("field ", tag.number, " is cut short or too long"));
  }

  absl::Status Malformed(const WireReader& where, std::string_view fault) const {
    const size_t offset = static_cast<size_t>(where.rest().data() - wire_.data());
    return absl::InvalidArgumentError(
        Concat("malformed ", root_.full_name(), ": ", fault, " (at byte ", offset, ")"));
  }

  const Descriptor& root_;
  const std::string_view wire_;
};

}  // namespace

absl::Status CheckWireByDescriptor(const Descriptor& type, std::string_view wire, int depth) {
  WireReader reader(wire);
  return Checker(type, wire).CheckFields(&type, depth, 0, reader);
}

}  // namespace ssegw::transcode
