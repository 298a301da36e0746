// Implementation notes: CheckWire comes before everything else here, so no read can fail.
#include "internal/transcode/in_order.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/string_map.h"
#include "internal/transcode/message_set.h"
#include "internal/transcode/wire_check.h"
#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

namespace {

using base::Concat;

// A field on the wire.
struct Occurrence {
  const FieldPlan* field = nullptr;
  // What follows the tag; for a group or a value with a length, the content.
  std::string_view bytes;
  bool is_packed = false;
};
using Occurrences = std::vector<Occurrence>;
using Run = std::pair<Occurrences::const_iterator, Occurrences::const_iterator>;

void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}

void AppendTag(int number, WireType type, std::string& out) {
  AppendVarint(static_cast<uint64_t>(number) << 3 | static_cast<uint64_t>(type), out);
}

void AppendField(int number, WireType type, std::string_view bytes, std::string& out) {
  AppendTag(number, type, out);
  if (type == WireType::kLengthDelimited) AppendVarint(bytes.size(), out);
  out += bytes;
  if (type == WireType::kStartGroup) AppendTag(number, WireType::kEndGroup, out);
}

// The payload of a tag, as in Occurrence::bytes.
std::string_view ReadPayload(const WireTag& tag, WireReader& reader) {
  std::string_view bytes;
  if (tag.type == WireType::kLengthDelimited) {
    (void)reader.ReadLengthDelimited(&bytes);
  } else if (tag.type == WireType::kStartGroup) {
    (void)reader.ReadGroup(tag.number, kMaxMessageDepth, &bytes);
  } else {
    const std::string_view start = reader.rest();
    (void)reader.SkipPayload(tag.type);
    bytes = start.substr(0, start.size() - reader.rest().size());
  }
  return bytes;
}

bool IsKnownValue(const FieldPlan& field, std::string_view varint) {
  uint64_t number = 0;
  (void)WireReader(varint).ReadVarint(&number);
  return field.values->IsKnown(static_cast<int32_t>(number));
}

class Orderer {
 public:
  Orderer(const Plans& plans, UnknownFieldRef* unknown) : plans_(plans), unknown_(unknown) {}

  absl::Status Message(const MessagePlan& plan, std::string_view wire, int depth,
                       std::string& out) {
    absl::Status status = CheckWire(plan, wire, depth);
    if (status.ok()) status = Checked(plan, wire, depth, out);
    return status;
  }

 private:
  absl::Status Checked(const MessagePlan& plan, std::string_view wire, int depth,
                       std::string& out) {
    const Occurrences all = Collect(plan, wire);
    if (plan.shape == MessageShape::kAny) return Any(all, depth, out);
    absl::Status status;
    for (auto at = all.begin(); at != all.end() && status.ok();) {
      const auto end = std::find_if(
          at, all.end(),
          [slot = at->field->slot](const Occurrence& next) { return next.field->slot != slot; });
      status = Field(plan, {at, end}, depth, out);
      at = end;
    }
    return status;
  }

  // By slot, and within a slot in the order of the bytes.
  Occurrences Collect(const MessagePlan& plan, std::string_view wire) {
    Occurrences all;
    for (WireReader reader(wire); !reader.empty();) {
      WireTag tag;
      (void)reader.ReadTag(&tag);
      Occurrence found;
      int number = tag.number;
      if (plan.is_message_set && MessageSetItem::BeginsWith(tag)) {
        MessageSetItem item;
        (void)item.Read(kMaxMessageDepth, reader);
        number = item.type_id;
        found = {plan.Find(number), item.message};
        if (found.field != nullptr && found.field->message == nullptr) found.field = nullptr;
      } else {
        found = {plan.Find(number), ReadPayload(tag, reader)};
        if (found.field != nullptr && tag.type != found.field->wire_type) {
          found.is_packed = found.field->is_packable && tag.type == WireType::kLengthDelimited;
          if (!found.is_packed) found.field = nullptr;
        }
      }
      const bool is_value = found.field != nullptr && (!found.field->is_closed || found.is_packed ||
                                                       IsKnownValue(*found.field, found.bytes));
      if (is_value) {
        all.push_back(found);
      } else {
        NoteUnknown(plan, number);
      }
    }
    std::stable_sort(all.begin(), all.end(), [](const Occurrence& a, const Occurrence& b) {
      return a.field->slot < b.field->slot;
    });
    return all;
  }

  absl::Status Field(const MessagePlan& plan, Run run, int depth, std::string& out) {
    const FieldPlan& field = *(run.second - 1)->field;  // the last member of a oneof counts
    if (field.is_map) return Map(field, run, depth, out);
    if (field.is_packable) {
      Packed(plan, field, run, out);
      return absl::OkStatus();
    }
    if (field.is_repeated) {
      absl::Status status;
      for (; run.first != run.second && status.ok(); ++run.first) {
        status = Single(plan, field, run.first->bytes, depth, out);
      }
      return status;
    }
    if (field.kind != ValueKind::kMessage) {
      return Single(plan, field, (run.second - 1)->bytes, depth, out);
    }
    // Messages one after the other are their merge, until another member of the oneof comes.
    auto begin = run.second - 1;
    while (begin != run.first && (begin - 1)->field == &field) --begin;
    if (begin == run.second - 1) return Single(plan, field, begin->bytes, depth, out);
    std::string merged;
    for (; begin != run.second; ++begin) merged += begin->bytes;
    return Single(plan, field, merged, depth, out);
  }

  absl::Status Single(const MessagePlan& plan, const FieldPlan& field, std::string_view bytes,
                      int depth, std::string& out) {
    const int number = field.field->number();
    if (field.kind != ValueKind::kMessage) {
      AppendField(number, field.wire_type, bytes, out);
      return absl::OkStatus();
    }
    std::string content;
    absl::Status status = Checked(*field.message, bytes, depth + 1, content);
    if (plan.is_message_set) {
      std::string item;
      AppendTag(MessageSetItem::kTypeId, WireType::kVarint, item);
      AppendVarint(static_cast<uint64_t>(number), item);
      AppendField(MessageSetItem::kMessage, WireType::kLengthDelimited, content, item);
      AppendField(MessageSetItem::kGroup, WireType::kStartGroup, item, out);
    } else {
      AppendField(number, field.wire_type, content, out);
    }
    return status;
  }

  void Packed(const MessagePlan& plan, const FieldPlan& field, Run run, std::string& out) {
    std::string values;
    for (; run.first != run.second; ++run.first) {
      if (!run.first->is_packed || !field.is_closed) {
        values += run.first->bytes;
        continue;
      }
      for (WireReader reader(run.first->bytes); !reader.empty();) {
        const std::string_view value = ReadPayload({.number = 0, .type = field.wire_type}, reader);
        if (IsKnownValue(field, value)) {
          values += value;
        } else {
          NoteUnknown(plan, field.field->number());
        }
      }
    }
    if (!values.empty()) {
      AppendField(field.field->number(), WireType::kLengthDelimited, values, out);
    }
  }

  absl::Status Map(const FieldPlan& field, Run run, int depth, std::string& out) {
    std::vector<std::string> entries;
    base::StringMap<size_t> by_key;
    for (; run.first != run.second; ++run.first) {
      const std::string_view wire = run.first->bytes;
      if (HasUnknownValue(*field.message, wire)) {
        // The whole entry is then an unknown field, and the key may have a value from before.
        NoteUnknown(*field.message, field.message->fields[1].field->number());
        continue;
      }
      std::string entry;
      // An entry is no level of its own.
      if (absl::Status status = Checked(*field.message, wire, depth, entry); !status.ok()) {
        return status;
      }
      const auto [known, is_new] =
          by_key.emplace(KeyOf(field.message->fields[0], entry), entries.size());
      if (is_new) {
        entries.push_back(std::move(entry));
      } else {
        entries[known->second] = std::move(entry);
      }
    }
    for (const std::string& entry : entries) {
      AppendField(field.field->number(), WireType::kLengthDelimited, entry, out);
    }
    return absl::OkStatus();
  }

  // True if a value of an entry has no name in a closed enum.
  static bool HasUnknownValue(const MessagePlan& entry, std::string_view wire) {
    const FieldPlan& value = entry.fields[1];
    if (!value.is_closed) return false;
    bool is_unknown = false;
    for (WireReader reader(wire); !reader.empty();) {
      WireTag tag;
      (void)reader.ReadTag(&tag);
      const std::string_view bytes = ReadPayload(tag, reader);
      if (tag.number == value.field->number() && tag.type == value.wire_type) {
        is_unknown = is_unknown || !IsKnownValue(value, bytes);
      }
    }
    return is_unknown;
  }

  // Equal for equal keys. entry: as InOrder writes it.
  static std::string KeyOf(const FieldPlan& key, std::string_view entry) {
    WireReader reader(entry);
    WireTag tag;
    std::string_view bytes;
    if (!reader.empty()) {
      (void)reader.ReadTag(&tag);
      if (tag.number == key.field->number()) bytes = ReadPayload(tag, reader);
    }
    if (key.kind == ValueKind::kString) return std::string(bytes);
    WireReader number(bytes);
    uint64_t bits = 0;
    if (!bytes.empty()) {
      if (key.wire_type == WireType::kVarint) (void)number.ReadVarint(&bits);
      if (key.wire_type == WireType::kFixed32) (void)number.ReadFixed32(&bits);
      if (key.wire_type == WireType::kFixed64) (void)number.ReadFixed64(&bits);
    }
    if (key.kind == ValueKind::kBool) return bits != 0 ? "1" : "0";
    const bool is_64_bits = key.kind == ValueKind::kInt64 || key.kind == ValueKind::kUInt64 ||
                            key.kind == ValueKind::kSInt64;
    return Concat(is_64_bits ? bits : static_cast<uint64_t>(static_cast<uint32_t>(bits)));
  }

  absl::Status Any(const Occurrences& all, int depth, std::string& out) {
    std::string_view type_url;
    std::string_view value;
    for (const Occurrence& part : all) {
      (part.field->field->number() == 1 ? type_url : value) = part.bytes;
    }
    if (!type_url.empty()) AppendField(1, WireType::kLengthDelimited, type_url, out);
    if (type_url.empty() || value.empty()) {
      if (!value.empty()) AppendField(2, WireType::kLengthDelimited, value, out);
      return absl::OkStatus();
    }
    const MessagePlan* plan = plans_.FindByUrl(type_url);
    if (plan == nullptr) {
      return absl::InvalidArgumentError(Concat("unknown type '", type_url, "'"));
    }
    std::string content;
    absl::Status status = Message(*plan, value, depth + 1, content);
    AppendField(2, WireType::kLengthDelimited, content, out);
    return status;
  }

  void NoteUnknown(const MessagePlan& plan, int number) {
    if (unknown_ == nullptr || unknown_->number != 0) return;
    *unknown_ = {plan.type->full_name(), number};
  }

  const Plans& plans_;
  UnknownFieldRef* const unknown_;
};

}  // namespace

absl::Status InOrder(const Plans& plans, const MessagePlan& plan, std::string_view wire, int depth,
                     std::string* ordered, UnknownFieldRef* unknown) {
  return Orderer(plans, unknown).Message(plan, wire, depth, *ordered);
}

}  // namespace ssegw::transcode
