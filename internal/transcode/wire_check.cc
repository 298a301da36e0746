#include "internal/transcode/wire_check.h"

#include <cstddef>
#include <cstdint>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/transcode/message_set.h"
#include "internal/transcode/transcoder.h"
#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

namespace {

using base::Concat;
// Values of one wire type, one after the other.
bool IsWellFormedPacked(WireType type, std::string_view payload) {
  WireReader reader(payload);
  while (!reader.empty()) {
    if (!reader.SkipPayload(type)) return false;
  }
  return true;
}

class Checker {
 public:
  Checker(const MessagePlan& root, std::string_view wire) : root_(*root.type), wire_(wire) {}

  // Fields up to the end of the bytes, or to the end of the group that group_number opened (0: no
  // group). plan is null inside of an unknown group.
  absl::Status CheckFields(const MessagePlan* plan, int depth, int group_number,
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
      const bool is_item =
          plan != nullptr && plan->is_message_set && MessageSetItem::BeginsWith(tag);
      const absl::Status status =
          is_item ? CheckItem(*plan, depth, start, reader)
                  : CheckField(plan != nullptr ? plan->Find(tag.number) : nullptr, depth, tag,
                               start, reader);
      if (!status.ok()) return status;
    }
    return group_number == 0 ? absl::OkStatus() : Malformed(reader, "group without an end");
  }

 private:
  absl::Status CheckItem(const MessagePlan& plan, int depth, const WireReader& start,
                         WireReader& reader) const {
    MessageSetItem item;
    if (!item.Read(kMaxMessageDepth - depth, reader)) {
      return Malformed(start, "item of a MessageSet is cut short or has no end");
    }
    const FieldPlan* field = plan.Find(item.type_id);
    if (field == nullptr || field->message == nullptr) return absl::OkStatus();
    WireReader inner(item.message);
    return CheckFields(field->message, depth + 1, 0, inner);
  }

  absl::Status CheckField(const FieldPlan* field, int depth, const WireTag& tag,
                          const WireReader& start, WireReader& reader) const {
    // A known field in another wire type counts as unknown, except for packed values.
    const bool is_known = field != nullptr && field->wire_type == tag.type;
    if (tag.type == WireType::kStartGroup) {
      return CheckFields(is_known ? field->message : nullptr, depth + 1, tag.number, reader);
    }
    if (tag.type != WireType::kLengthDelimited) {
      return reader.SkipPayload(tag.type) ? absl::OkStatus() : CutShort(start, tag);
    }
    std::string_view payload;
    if (!reader.ReadLengthDelimited(&payload)) return CutShort(start, tag);
    if (field == nullptr) return absl::OkStatus();
    if (!is_known) {
      return !field->is_packable || IsWellFormedPacked(field->wire_type, payload)
                 ? absl::OkStatus()
                 : CutShort(start, tag);
    }
    if (field->kind == ValueKind::kMessage) {
      WireReader inner(payload);
      return CheckFields(field->message, field->is_map ? depth : depth + 1, 0, inner);
    }
    if (field->kind == ValueKind::kString && !base::IsValidUtf8(payload)) {
      return absl::InvalidArgumentError(Concat("invalid UTF-8 in ", field->field->full_name()));
    }
    return absl::OkStatus();
  }

  absl::Status CutShort(const WireReader& start, const WireTag& tag) const {
    return Malformed(start, Concat("field ", tag.number, " is cut short or too long"));
  }

  absl::Status Malformed(const WireReader& where, std::string_view fault) const {
    const size_t offset = static_cast<size_t>(where.rest().data() - wire_.data());
    return absl::InvalidArgumentError(
        Concat("malformed ", root_.full_name(), ": ", fault, " (at byte ", offset, ")"));
  }

  const google::protobuf::Descriptor& root_;
  const std::string_view wire_;
};

}  // namespace

absl::Status CheckWire(const MessagePlan& plan, std::string_view wire, int depth) {
  WireReader reader(wire);
  return Checker(plan, wire).CheckFields(&plan, depth, 0, reader);
}

}  // namespace ssegw::transcode
