#include "internal/transcode/one_pass.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/transcode/message_set.h"
#include "internal/transcode/time_range.h"
#include "internal/transcode/transcoder.h"
#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

namespace {

// One value as it stands on the wire: length-delimited ones in bytes, all others in bits.
struct WireValue {
  uint64_t bits = 0;
  std::string_view bytes;
};

// depth: of the message that holds it.
bool Read(const WireTag& tag, int depth, WireReader& reader, WireValue* value) {
  switch (tag.type) {
    case WireType::kVarint:
      return reader.ReadVarint(&value->bits);
    case WireType::kFixed64:
      return reader.ReadFixed64(&value->bits);
    case WireType::kFixed32:
      return reader.ReadFixed32(&value->bits);
    case WireType::kLengthDelimited:
      return reader.ReadLengthDelimited(&value->bytes);
    case WireType::kStartGroup:
      return reader.ReadGroup(tag.number, kMaxMessageDepth - depth, &value->bytes);
    case WireType::kEndGroup:
      return false;
  }
  return false;
}

// Passes over a field that nobody knows.
bool Skip(const WireTag& tag, int depth, WireReader& reader) {
  WireValue ignored;
  return Read(tag, depth, reader, &ignored);
}

int64_t UnZigZag(uint64_t bits) {
  return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
}

// As the parser stores it: what does not fit into 32 bits is cut off.
bool IsDefault(const FieldPlan& field, const WireValue& value) {
  switch (field.kind) {
    case ValueKind::kInt32:
    case ValueKind::kUInt32:
    case ValueKind::kSInt32:
    case ValueKind::kFloat:
    case ValueKind::kEnum:
    case ValueKind::kNull:
      return static_cast<uint32_t>(value.bits) == 0;
    case ValueKind::kString:
    case ValueKind::kBytes:
      return value.bytes.empty();
    default:
      return value.bits == 0;
  }
}

// The fields that were seen, by FieldPlan::slot.
class Seen {
 public:
  explicit Seen(uint32_t slots) : words_((slots + 63) / 64) {}

  // False if it had been seen before.
  bool Add(uint32_t slot) {
    uint64_t& word = words_[slot / 64U];
    const uint64_t bit = uint64_t{1} << (slot % 64U);
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }
  bool Has(uint32_t slot) const { return (words_[slot / 64U] >> (slot % 64U) & 1) != 0; }

 private:
  absl::InlinedVector<uint64_t, 4> words_;
};

struct MapEntry {
  WireValue key;
  WireValue value;
};

class Pass {
 public:
  Pass(const Plans& plans, JsonWriter& json, PassNotes* notes)
      : plans_(plans), json_(json), notes_(notes) {}

  bool Message(const MessagePlan& plan, std::string_view wire, int depth) {
    if (depth > kMaxMessageDepth) {
      return Fail(plan.type->full_name(), " is nested deeper than ", kMaxMessageDepth, " levels");
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
        return FieldMask(wire);
      case MessageShape::kStruct:
        return Struct(plan, wire, depth);
      case MessageShape::kValue:
        return Value(plan, wire, depth);
      case MessageShape::kListValue:
        return ListValue(plan, wire, depth);
      case MessageShape::kWrapper:
        return Wrapper(plan, wire);
      case MessageShape::kUnsupported:
        return Fail(plan.type->full_name(), " is of an edition of protobuf that is not known here");
    }
    return false;
  }

 private:
  // False.
  template <typename... Parts>
  bool Fail(const Parts&... parts) {
    if (notes_ != nullptr && notes_->fault.empty()) notes_->fault = base::Concat(parts...);
    return false;
  }

  void NoteUnknown(const MessagePlan& plan, int number) {
    if (notes_ == nullptr || notes_->unknown.number != 0) return;
    notes_->unknown = {plan.type->full_name(), number};
  }

  // The members of an object, each with its comma.
  bool Members(const MessagePlan& plan, std::string_view wire, int depth) {
    Seen seen(plan.slots);
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
        if (!Skip(tag, depth, reader)) return false;
        NoteUnknown(plan, tag.number);
        continue;
      }
      if (!seen.Add(field->slot)) return false;
      if (is_packed ? !Packed(*field, reader) : !Field(*field, tag, reader, depth)) return false;
    }
    if (plan.has_defaults) Defaults(plan, seen);
    return !plan.has_required || AllRequired(plan, seen);
  }

  // An extension of a MessageSet.
  bool Item(const MessagePlan& plan, WireReader& reader, Seen& seen, int depth) {
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

  bool AllRequired(const MessagePlan& plan, const Seen& seen) {
    std::string missing;
    for (const FieldPlan& field : plan.fields) {
      if (!field.is_required || seen.Has(field.slot)) continue;
      missing.append(missing.empty() ? "" : ", ").append(field.field->name());
    }
    return missing.empty() || Fail(plan.type->full_name(), " without required fields: ", missing);
  }

  void Defaults(const MessagePlan& plan, const Seen& seen) {
    for (const FieldPlan& field : plan.fields) {
      if (!seen.Has(field.slot)) json_.Raw(field.default_json);
    }
  }

  // The field that begins after its tag: one value, or all of a repeated field that follow.
  bool Field(const FieldPlan& field, const WireTag& tag, WireReader& reader, int depth) {
    if (field.is_map) return Map(field, tag, reader, depth);
    if (field.is_repeated) return Array(field, tag, reader, depth);
    WireValue value;
    if (!Read(tag, depth, reader, &value)) return false;
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
      if (json_.is_full() || !Read(tag, depth, reader, &value)) return false;
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
      if (json_.is_full() || !Read(tag, 0, values, &value)) return false;
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
    absl::InlinedVector<MapEntry, 16> entries;
    do {
      std::string_view wire;
      if (!reader.ReadLengthDelimited(&wire)) return false;
      if (!Entry(key, value, wire, &entries.emplace_back())) return false;
    } while (reader.SkipTag(tag));
    // In the order of their keys, so that the same map is the same text; and a key twice is found.
    const auto less = [](const MapEntry& a, const MapEntry& b) {
      return a.key.bits != b.key.bits ? a.key.bits < b.key.bits : a.key.bytes < b.key.bytes;
    };
    std::sort(entries.begin(), entries.end(), less);
    json_.Char('{');
    for (size_t i = 0; i < entries.size(); ++i) {
      if (json_.is_full() || (i > 0 && !less(entries[i - 1], entries[i]))) return false;
      if (!Key(key, entries[i].key)) return false;
      if (!Single(value, entries[i].value, depth)) return false;
      json_.Char(',');
    }
    json_.Close('}');
    return true;
  }

  // Key and value once each at most; what is absent is the default.
  static bool Entry(const FieldPlan& key, const FieldPlan& value, std::string_view wire,
                    MapEntry* entry) {
    WireReader reader(wire);
    bool has_key = false;
    bool has_value = false;
    while (!reader.empty()) {
      WireTag tag;
      if (!reader.ReadTag(&tag)) return false;
      if (tag.number == 1 && tag.type == key.wire_type) {
        if (has_key || !Read(tag, 0, reader, &entry->key)) return false;
        has_key = true;
      } else if (tag.number == 2 && tag.type == value.wire_type) {
        if (has_value || !Read(tag, 0, reader, &entry->value)) return false;
        has_value = true;
      } else if (!Skip(tag, 0, reader)) {
        return false;
      }
    }
    if (key.kind == ValueKind::kBool) entry->key.bits = entry->key.bits != 0 ? 1 : 0;
    // Two keys that differ only in what is cut off are one.
    if (key.kind == ValueKind::kInt32 || key.kind == ValueKind::kUInt32 ||
        key.kind == ValueKind::kSInt32) {
      entry->key.bits = static_cast<uint32_t>(entry->key.bits);
    }
    return true;
  }

  bool Key(const FieldPlan& key, const WireValue& value) {
    if (key.kind == ValueKind::kString) {
      if (!json_.String(value.bytes)) return false;
    } else {
      json_.Char('"');
      Integer(key.kind, value.bits);
      json_.Char('"');
    }
    json_.Char(':');
    return true;
  }

  // Whole numbers and bool.
  void Integer(ValueKind kind, uint64_t bits) {
    switch (kind) {
      case ValueKind::kInt32:
        return json_.Signed(static_cast<int32_t>(bits));
      case ValueKind::kUInt32:
        return json_.Unsigned(static_cast<uint32_t>(bits));
      case ValueKind::kSInt32:
        return json_.Signed(static_cast<int32_t>(UnZigZag(static_cast<uint32_t>(bits))));
      case ValueKind::kInt64:
        return json_.Signed(static_cast<int64_t>(bits));
      case ValueKind::kSInt64:
        return json_.Signed(UnZigZag(bits));
      case ValueKind::kBool:
        return json_.Raw(bits != 0 ? "true" : "false");
      default:
        return json_.Unsigned(bits);
    }
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
        return Enum(field, static_cast<int32_t>(value.bits));
      default:
        if (field.is_quoted_int64) json_.Char('"');
        Integer(field.kind, value.bits);
        if (field.is_quoted_int64) json_.Char('"');
        return true;
    }
  }

  bool Enum(const FieldPlan& field, int32_t number) {
    if (field.is_closed && !field.values->IsKnown(number)) return false;
    if (field.kind == ValueKind::kNull) {
      json_.Raw("null");
      return true;
    }
    const std::string_view name = field.values->NameOf(number);
    if (name.empty()) {
      json_.Signed(number);
    } else {
      json_.Raw(name);
    }
    return true;
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
      } else if (!Skip(tag, depth, reader)) {
        return false;
      }
    }
    if (type_url.empty()) {
      json_.Raw("{}");
      return content.empty() || Fail("Any with a value, but without a type");
    }
    const MessagePlan* plan = plans_.FindByUrl(type_url);
    if (plan == nullptr) return Fail("unknown type '", type_url, "'");
    json_.Raw(R"({"@type":)");
    if (!json_.String(type_url)) return false;
    json_.Char(',');
    if (plan->shape == MessageShape::kObject) {
      if (depth + 1 > kMaxMessageDepth) {
        return Fail(plan->type->full_name(), " is nested deeper than ", kMaxMessageDepth,
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
      } else if (!Skip(tag, 0, reader)) {
        return false;
      }
    }
    const auto seconds = static_cast<int64_t>(parts[0]);
    const auto nanos = static_cast<int32_t>(parts[1]);
    const bool is_timestamp = plan.shape == MessageShape::kTimestamp;
    if (!(is_timestamp ? IsTimestamp(seconds, nanos) : IsDuration(seconds, nanos))) {
      return Fail(plan.type->full_name(), " of ", seconds, " s and ", nanos, " ns is out of range");
    }
    if (is_timestamp) {
      json_.Timestamp(seconds, nanos);
    } else {
      json_.Duration(seconds, nanos);
    }
    return true;
  }

  // "userName,a.bC" of the paths user_name and a.b_c (field_mask.proto).
  bool FieldMask(std::string_view wire) {
    json_.Char('"');
    WireReader reader(wire);
    bool is_first = true;
    while (!reader.empty()) {
      WireTag tag;
      std::string_view path;
      if (!reader.ReadTag(&tag)) return false;
      if (tag.number != 1 || tag.type != WireType::kLengthDelimited) {
        if (!Skip(tag, 0, reader)) return false;
        continue;
      }
      if (!reader.ReadLengthDelimited(&path)) return false;
      if (!is_first) json_.Char(',');
      is_first = false;
      if (!Path(path)) return false;
    }
    json_.Char('"');
    return true;
  }

  // Refuses paths whose camelCase another path has too, or that no reader gets back: foo_1 would
  // become foo1, which stays foo1 (https://protobuf.dev/programming-guides/json, FieldMask).
  bool Path(std::string_view path) {
    bool survives = !path.empty();
    size_t written = 0;
    for (size_t i = 0; i < path.size() && survives; ++i) {
      const char c = path[i];
      if (c == '_') {
        const bool begins_name = i == 0 || path[i - 1] == '.';
        survives = !begins_name && i + 1 < path.size() && path[i + 1] >= 'a' && path[i + 1] <= 'z';
        if (!survives) break;
        if (!json_.StringPart(path.substr(written, i - written))) return false;
        json_.Char(static_cast<char>(path[++i] - 'a' + 'A'));
        written = i + 1;
      } else {
        // Beside names and dots: *, and keys of maps. Around brackets and quotes some readers
        // change what follows, and others do not.
        survives = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                   static_cast<unsigned char>(c) >= 0x80 ||
                   std::string_view(".*-`").find(c) != std::string_view::npos;
      }
    }
    if (survives) return json_.StringPart(path.substr(written));
    return Fail(
        "google.protobuf.FieldMask: the path ", Quoted(path),
        " has no JSON form that everybody reads as the same path: a-z, 0-9, . * - ` and after each "
        "_ a letter");
  }

  static std::string Quoted(std::string_view text) {
    constexpr size_t kLongest = 100;
    std::string quoted;
    if (!base::IsValidUtf8(text)) return "(not UTF-8)";
    if (text.size() > kLongest) return base::Concat("of ", text.size(), " bytes");
    base::AppendJsonString(quoted, text);
    return quoted;
  }

  bool Struct(const MessagePlan& plan, std::string_view wire, int depth) {
    const FieldPlan& fields = plan.fields[0];
    WireReader reader(wire);
    bool is_written = false;
    while (!reader.empty()) {
      WireTag tag;
      if (!reader.ReadTag(&tag)) return false;
      if (tag.number != 1 || tag.type != WireType::kLengthDelimited) {
        if (!Skip(tag, 0, reader)) return false;
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
        if (!Skip(tag, 0, reader)) return false;
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
        if (!Skip(tag, 0, reader)) return false;
        continue;
      }
      if (is_written || !Read(tag, depth, reader, &value)) return false;
      is_written = true;
      if (kind->kind == ValueKind::kDouble && !std::isfinite(std::bit_cast<double>(value.bits))) {
        return Fail("google.protobuf.Value with a number that is not finite");
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
        if (!Skip(tag, 0, reader)) return false;
        continue;
      }
      if (is_given || !Read(tag, 0, reader, &value)) return false;
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
