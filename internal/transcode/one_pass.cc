#include "internal/transcode/one_pass.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "internal/transcode/field_mask_json.h"
#include "internal/transcode/map_entries.h"
#include "internal/transcode/message_set.h"
#include "internal/transcode/scalar_json.h"
#include "internal/transcode/seen_fields.h"
#include "internal/transcode/time_range.h"
#include "internal/transcode/transcoder.h"
#include "internal/transcode/wire_reader.h"
#include "internal/transcode/wire_value.h"

namespace ssegw::transcode {

namespace {

class Pass {
 public:
  Pass(const Plans& plans, JsonWriter& json, PassNotes* notes)
      : plans_(plans), json_(json), notes_(notes) {}

  bool Message(const MessagePlan& plan, std::string_view wire, int depth) {
    if (depth > kMaxMessageDepth) {
      return Refuse(notes_, plan.type->full_name(), " is nested deeper than ", kMaxMessageDepth,
                    " levels");
    }
    switch (plan.shape) {
      case MessageShape::kObject:
        json_.Char('{');
        if (!Members(plan, wire, depth)) return false;
        json_.Close('}');
        return true;
      case MessageShape::kAny:
        return Any(wire, depth);
      case MessageShape::kTimestamp:
      case MessageShape::kDuration:
        return Time(plan, wire);
      case MessageShape::kFieldMask:
        return WriteFieldMask(wire, json_, notes_);
      case MessageShape::kStruct:
        return Struct(plan, wire, depth);
      case MessageShape::kValue:
        return Value(plan, wire, depth);
      case MessageShape::kListValue:
        return ListValue(plan, wire, depth);
      case MessageShape::kWrapper:
        return Wrapper(plan, wire);
      case MessageShape::kUnsupported:
        return Refuse(notes_, plan.type->full_name(),
                      " is of an edition of protobuf that is not known here");
    }
    return false;
  }

 private:
  void NoteUnknown(const MessagePlan& plan, int number) {
    if (notes_ == nullptr || notes_->unknown.number != 0) return;
    notes_->unknown = {plan.type->full_name(), number};
  }

  // Writes the members of an object, each with its comma.
  bool Members(const MessagePlan& plan, std::string_view wire, int depth) {
    SeenFields seen(plan.slots);
    WireReader reader(wire);
    while (!reader.empty()) {
      if (json_.is_full()) return false;
      WireTag tag;
      if (!reader.ReadTag(&tag)) return false;
      if (plan.is_message_set && MessageSetItem::BeginsWith(tag)) {
        if (!Item(plan, reader, seen, depth)) return false;
        continue;
      }
      const FieldPlan* field = plan.Find(tag.number);
      const bool is_packed = field != nullptr && tag.type != field->wire_type &&
                             tag.type == WireType::kLengthDelimited && field->is_packable;
      if (field == nullptr || (tag.type != field->wire_type && !is_packed)) {
        if (!SkipValue(tag, depth, reader)) return false;
        NoteUnknown(plan, tag.number);
        continue;
      }
      if (!seen.Add(field->slot)) return false;
      if (is_packed ? !Packed(*field, reader) : !Field(*field, tag, reader, depth)) return false;
    }
    if (plan.has_defaults) Defaults(plan, seen);
    return !plan.has_required || AllRequired(plan, seen);
  }

  // Writes an extension of a MessageSet.
  bool Item(const MessagePlan& plan, WireReader& reader, SeenFields& seen, int depth) {
    MessageSetItem item;
    if (!item.Read(kMaxMessageDepth - depth, reader)) return false;
    const FieldPlan* field = plan.Find(item.type_id);
    if (field == nullptr || field->message == nullptr) {
      NoteUnknown(plan, item.type_id);
      return true;
    }
    if (!seen.Add(field->slot)) return false;
    json_.Raw(field->name);
    if (!Message(*field->message, item.message, depth + 1)) return false;
    json_.Char(',');
    return true;
  }

  bool AllRequired(const MessagePlan& plan, const SeenFields& seen) {
    std::string missing;
    for (const FieldPlan& field : plan.fields) {
      if (!field.is_required || seen.Has(field.slot)) continue;
      missing.append(missing.empty() ? "" : ", ").append(field.field->name());
    }
    return missing.empty() ||
           Refuse(notes_, plan.type->full_name(), " without required fields: ", missing);
  }

  void Defaults(const MessagePlan& plan, const SeenFields& seen) {
    for (const FieldPlan& field : plan.fields) {
      if (!seen.Has(field.slot)) json_.Raw(field.default_json);
    }
  }

  // Writes the field whose tag has been read: one value, or all values of a repeated field that
  // follow.
  bool Field(const FieldPlan& field, const WireTag& tag, WireReader& reader, int depth) {
    if (field.is_map) return Map(field, tag, reader, depth);
    if (field.is_repeated) return Array(field, tag, reader, depth);
    WireValue value;
    if (!ReadValue(tag, depth, reader, value)) return false;
    if (field.omits_default && IsDefault(field, value)) return true;
    json_.Raw(field.name);
    if (!Single(field, value, depth)) return false;
    json_.Char(',');
    return true;
  }

  bool Array(const FieldPlan& field, const WireTag& tag, WireReader& reader, int depth) {
    json_.Raw(field.name);
    json_.Char('[');
    do {
      WireValue value;
      if (json_.is_full() || !ReadValue(tag, depth, reader, value)) return false;
      if (!Single(field, value, depth)) return false;
      json_.Char(',');
    } while (reader.SkipTag(tag));
    json_.Close(']');
    json_.Char(',');
    return true;
  }

  bool Packed(const FieldPlan& field, WireReader& reader) {
    std::string_view payload;
    if (!reader.ReadLengthDelimited(&payload)) return false;
    if (payload.empty()) {
      json_.Raw(field.default_json);
      return true;
    }
    json_.Raw(field.name);
    json_.Char('[');
    WireReader values(payload);
    const WireTag tag{.number = 0, .type = field.wire_type};
    while (!values.empty()) {
      WireValue value;
      if (json_.is_full() || !ReadValue(tag, 0, values, value)) return false;
      if (!Single(field, value, 0)) return false;
      json_.Char(',');
    }
    json_.Close(']');
    json_.Char(',');
    return true;
  }

  bool Map(const FieldPlan& field, const WireTag& tag, WireReader& reader, int depth) {
    json_.Raw(field.name);
    if (!MapObject(field, tag, reader, depth)) return false;
    json_.Char(',');
    return true;
  }

  bool MapObject(const FieldPlan& field, const WireTag& tag, WireReader& reader, int depth) {
    const FieldPlan& key = field.message->fields[0];
    const FieldPlan& value = field.message->fields[1];
    MapEntries entries;
    if (!ReadMapEntries(field, tag, reader, entries)) return false;
    json_.Char('{');
    for (size_t i = 0; i < entries.size(); ++i) {
      if (json_.is_full() || (i > 0 && !KeyIsLess(entries[i - 1], entries[i]))) return false;
      if (!WriteMapKey(key, entries[i].key, json_)) return false;
      if (!Single(value, entries[i].value, depth)) return false;
      json_.Char(',');
    }
    json_.Close('}');
    return true;
  }

  bool Single(const FieldPlan& field, const WireValue& value, int depth) {
    switch (field.kind) {
      case ValueKind::kString:
        return json_.String(value.bytes);
      case ValueKind::kMessage:
        return Message(*field.message, value.bytes, depth + 1);
      case ValueKind::kBytes:
        json_.Bytes(value.bytes);
        return true;
      case ValueKind::kDouble:
        json_.Double(std::bit_cast<double>(value.bits));
        return true;
      case ValueKind::kFloat:
        json_.Float(std::bit_cast<float>(static_cast<uint32_t>(value.bits)));
        return true;
      case ValueKind::kEnum:
      case ValueKind::kNull:
        return WriteEnum(field, static_cast<int32_t>(value.bits), json_);
      case ValueKind::kInt32:
      case ValueKind::kUInt32:
      case ValueKind::kSInt32:
      case ValueKind::kInt64:
      case ValueKind::kUInt64:
      case ValueKind::kSInt64:
      case ValueKind::kBool:
        if (field.is_quoted_int64) json_.Char('"');
        WriteInteger(field.kind, value.bits, json_);
        if (field.is_quoted_int64) json_.Char('"');
        return true;
    }
    return false;
  }

  bool Any(std::string_view wire, int depth) {
    std::string_view type_url;
    std::string_view content;
    WireReader reader(wire);
    while (!reader.empty()) {
      WireTag tag;
      if (!reader.ReadTag(&tag)) return false;
      std::string_view* part = tag.number == 1 ? &type_url : tag.number == 2 ? &content : nullptr;
      if (part != nullptr && tag.type == WireType::kLengthDelimited) {
        if (!part->empty() || !reader.ReadLengthDelimited(part)) return false;
      } else if (!SkipValue(tag, depth, reader)) {
        return false;
      }
    }
    if (type_url.empty()) {
      json_.Raw("{}");
      return content.empty() || Refuse(notes_, "Any with a value, but without a type");
    }
    const MessagePlan* plan = plans_.FindByUrl(type_url);
    if (plan == nullptr) return Refuse(notes_, "unknown type '", type_url, "'");
    json_.Raw(R"({"@type":)");
    if (!json_.String(type_url)) return false;
    json_.Char(',');
    if (plan->shape == MessageShape::kObject) {
      if (depth + 1 > kMaxMessageDepth) {
        return Refuse(notes_, plan->type->full_name(), " is nested deeper than ", kMaxMessageDepth,
                      " levels");
      }
      if (!Members(*plan, content, depth + 1)) return false;
      json_.Close('}');
      return true;
    }
    json_.Raw(R"("value":)");
    if (!Message(*plan, content, depth + 1)) return false;
    json_.Char('}');
    return true;
  }

  bool Time(const MessagePlan& plan, std::string_view wire) {
    uint64_t parts[2] = {0, 0};
    WireReader reader(wire);
    while (!reader.empty()) {
      WireTag tag;
      if (!reader.ReadTag(&tag)) return false;
      if (tag.type == WireType::kVarint && (tag.number == 1 || tag.number == 2)) {
        if (!reader.ReadVarint(&parts[tag.number - 1])) return false;
      } else if (!SkipValue(tag, 0, reader)) {
        return false;
      }
    }
    const auto seconds = static_cast<int64_t>(parts[0]);
    const auto nanos = static_cast<int32_t>(parts[1]);
    const bool is_timestamp = plan.shape == MessageShape::kTimestamp;
    if (!(is_timestamp ? IsTimestamp(seconds, nanos) : IsDuration(seconds, nanos))) {
      return Refuse(notes_, plan.type->full_name(), " of ", seconds, " s and ", nanos,
                    " ns is out of range");
    }
    if (is_timestamp) {
      json_.Timestamp(seconds, nanos);
    } else {
      json_.Duration(seconds, nanos);
    }
    return true;
  }

  bool Struct(const MessagePlan& plan, std::string_view wire, int depth) {
    const FieldPlan& fields = plan.fields[0];
    WireReader reader(wire);
    bool is_written = false;
    while (!reader.empty()) {
      WireTag tag;
      if (!reader.ReadTag(&tag)) return false;
      if (tag.number != 1 || tag.type != WireType::kLengthDelimited) {
        if (!SkipValue(tag, 0, reader)) return false;
        continue;
      }
      if (is_written || !MapObject(fields, tag, reader, depth)) return false;
      is_written = true;
    }
    if (!is_written) json_.Raw("{}");
    return true;
  }

  bool ListValue(const MessagePlan& plan, std::string_view wire, int depth) {
    WireReader reader(wire);
    json_.Char('[');
    while (!reader.empty()) {
      WireTag tag;
      std::string_view value;
      if (!reader.ReadTag(&tag)) return false;
      if (tag.number != 1 || tag.type != WireType::kLengthDelimited) {
        if (!SkipValue(tag, 0, reader)) return false;
        continue;
      }
      if (!reader.ReadLengthDelimited(&value)) return false;
      if (!Message(*plan.fields[0].message, value, depth + 1)) return false;
      json_.Char(',');
    }
    json_.Close(']');
    return true;
  }

  bool Value(const MessagePlan& plan, std::string_view wire, int depth) {
    WireReader reader(wire);
    bool is_written = false;
    while (!reader.empty()) {
      WireTag tag;
      WireValue value;
      if (!reader.ReadTag(&tag)) return false;
      const FieldPlan* kind = plan.Find(tag.number);
      if (kind == nullptr || tag.type != kind->wire_type) {
        if (!SkipValue(tag, 0, reader)) return false;
        continue;
      }
      if (is_written || !ReadValue(tag, depth, reader, value)) return false;
      is_written = true;
      if (kind->kind == ValueKind::kDouble && !std::isfinite(std::bit_cast<double>(value.bits))) {
        return Refuse(notes_, "google.protobuf.Value with a number that is not finite");
      }
      if (!Single(*kind, value, depth)) return false;
    }
    if (!is_written) json_.Raw("null");
    return true;
  }

  bool Wrapper(const MessagePlan& plan, std::string_view wire) {
    const FieldPlan& field = plan.fields[0];
    WireReader reader(wire);
    WireValue value;
    bool is_given = false;
    while (!reader.empty()) {
      WireTag tag;
      if (!reader.ReadTag(&tag)) return false;
      if (tag.number != 1 || tag.type != field.wire_type) {
        if (!SkipValue(tag, 0, reader)) return false;
        continue;
      }
      if (is_given || !ReadValue(tag, 0, reader, value)) return false;
      is_given = true;
    }
    return Single(field, value, 0);
  }

  const Plans& plans_;
  JsonWriter& json_;
  PassNotes* const notes_;
};

}  // namespace

bool WriteInOnePass(const Plans& plans, const MessagePlan& plan, std::string_view wire,
                    JsonWriter& json, PassNotes* notes) {
  return Pass(plans, json, notes).Message(plan, wire, 0) && !json.is_full();
}

}  // namespace ssegw::transcode
