#ifndef SSEGW_INTERNAL_TRANSCODE_SCALAR_JSON_H_
#define SSEGW_INTERNAL_TRANSCODE_SCALAR_JSON_H_

#include <cstdint>
#include <string_view>

#include "internal/transcode/json_writer.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/wire_value.h"

namespace ssegw::transcode {

// Parts of values that hold no message, as JSON. Inline: each is a few instructions, and there are
// many in an event.

// As the parser stores it: what does not fit into 32 bits is cut off.
inline bool IsDefault(const FieldPlan& field, const WireValue& value) {
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
    case ValueKind::kMessage:
      return value.bytes.empty();
    case ValueKind::kInt64:
    case ValueKind::kUInt64:
    case ValueKind::kSInt64:
    case ValueKind::kDouble:
    case ValueKind::kBool:
      break;
  }
  return value.bits == 0;
}

// Whole numbers and bool.
inline void WriteInteger(ValueKind kind, uint64_t bits, JsonWriter& json) {
  switch (kind) {
    case ValueKind::kInt32:
      return json.Signed(static_cast<int32_t>(bits));
    case ValueKind::kUInt32:
      return json.Unsigned(static_cast<uint32_t>(bits));
    case ValueKind::kSInt32:
      return json.Signed(static_cast<int32_t>(UnZigZag(static_cast<uint32_t>(bits))));
    case ValueKind::kInt64:
      return json.Signed(static_cast<int64_t>(bits));
    case ValueKind::kSInt64:
      return json.Signed(UnZigZag(bits));
    case ValueKind::kBool:
      return json.Raw(bits != 0 ? "true" : "false");
    case ValueKind::kUInt64:
      return json.Unsigned(bits);
    case ValueKind::kFloat:
    case ValueKind::kDouble:
    case ValueKind::kString:
    case ValueKind::kBytes:
    case ValueKind::kEnum:
    case ValueKind::kNull:
    case ValueKind::kMessage:
      break;  // no whole number
  }
}

// An enum's number by its name, or as a number if it has none. False if it is closed and does not
// know the number.
inline bool WriteEnum(const FieldPlan& field, int32_t number, JsonWriter& json) {
  if (field.is_closed && !field.values->IsKnown(number)) return false;
  if (field.kind == ValueKind::kNull) {
    json.Raw("null");
    return true;
  }
  const std::string_view name = field.values->NameOf(number);
  if (name.empty()) {
    json.Signed(number);
  } else {
    json.Raw(name);
  }
  return true;
}

// With the colon.
inline bool WriteMapKey(const FieldPlan& key, const WireValue& value, JsonWriter& json) {
  if (key.kind == ValueKind::kString) {
    if (!json.String(value.bytes)) return false;
  } else {
    json.Char('"');
    WriteInteger(key.kind, value.bits, json);
    json.Char('"');
  }
  json.Char(':');
  return true;
}

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_SCALAR_JSON_H_
