#include "internal/transcode/reference/normalizer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "internal/base/concat.h"
#include "internal/transcode/time_range.h"

namespace ssegw::transcode {

namespace {

using base::Concat;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

struct SecondsAndNanos {
  int64_t seconds;
  int32_t nanos;
};

SecondsAndNanos ReadTime(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  return {reflection.GetInt64(message, type.FindFieldByNumber(1)),
          reflection.GetInt32(message, type.FindFieldByNumber(2))};
}

absl::Status OutOfRange(const Message& message, const SecondsAndNanos& time) {
  return absl::InvalidArgumentError(Concat(message.GetDescriptor()->full_name(), " of ",
                                           time.seconds, " s and ", time.nanos,
                                           " ns is out of range"));
}

absl::Status CheckTimestamp(const Message& message) {
  const SecondsAndNanos time = ReadTime(message);
  return IsTimestamp(time.seconds, time.nanos) ? absl::OkStatus() : OutOfRange(message, time);
}

absl::Status CheckDuration(const Message& message) {
  const SecondsAndNanos time = ReadTime(message);
  return IsDuration(time.seconds, time.nanos) ? absl::OkStatus() : OutOfRange(message, time);
}

absl::Status NormalizeValue(Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.HasOneof(message, type.oneof_decl(0))) {
    reflection.SetEnumValue(&message, type.FindFieldByName("null_value"), 0);
  }
  // As text it would be read as a string.
  if (!std::isfinite(reflection.GetDouble(message, type.FindFieldByName("number_value")))) {
    return absl::InvalidArgumentError("google.protobuf.Value with a number that is not finite");
  }
  return absl::OkStatus();
}

void ExtractAny(Message& message, int depth, std::vector<ExtractedAny>* anys) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* type_url = message.GetDescriptor()->FindFieldByNumber(1);
  const FieldDescriptor* value = message.GetDescriptor()->FindFieldByNumber(2);
  std::string index = std::to_string(anys->size());
  anys->push_back(
      {reflection.GetString(message, type_url), reflection.GetString(message, value), depth});
  reflection.SetString(&message, type_url, std::move(index));
  reflection.ClearField(&message, value);
}

std::string KeyText(const Message& entry, const FieldDescriptor* key) {
  const Reflection& reflection = *entry.GetReflection();
  switch (key->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Concat(reflection.GetInt32(entry, key));
    case FieldDescriptor::CPPTYPE_INT64:
      return Concat(reflection.GetInt64(entry, key));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Concat(reflection.GetUInt32(entry, key));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Concat(reflection.GetUInt64(entry, key));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(entry, key) ? "true" : "false";
    default:
      return reflection.GetString(entry, key);
  }
}

// Whether the value was a number that its closed enum does not have: the whole entry is then an
// unknown field (https://protobuf.dev/programming-guides/enum).
bool HasUnknownValue(const Message& entry, const FieldDescriptor* value) {
  if (value->enum_type() == nullptr) return false;
  const google::protobuf::UnknownFieldSet& unknown = entry.GetReflection()->GetUnknownFields(entry);
  for (int i = 0; i < unknown.field_count(); ++i) {
    if (unknown.field(i).number() == value->number() &&
        unknown.field(i).type() == google::protobuf::UnknownField::TYPE_VARINT) {
      return true;
    }
  }
  return false;
}

// A parsed DynamicMessage has the entries of a map as they came: a key given twice, unknown fields.
void KeepLastEntries(Message& message, const FieldDescriptor* map) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* key = map->message_type()->map_key();
  std::map<std::string, std::unique_ptr<Message>> entries;
  while (reflection.FieldSize(message, map) > 0) {
    std::unique_ptr<Message> entry(reflection.ReleaseLast(&message, map));
    if (HasUnknownValue(*entry, map->message_type()->map_value())) continue;
    entry->GetReflection()->MutableUnknownFields(entry.get())->Clear();
    std::string text = KeyText(*entry, key);
    entries.emplace(std::move(text), std::move(entry));
  }
  for (auto& [text, entry] : entries) {
    reflection.AddAllocatedMessage(&message, map, entry.release());
  }
}

// An absent field gets its default value, as if it had been sent.
void SetDefault(Message& message, const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, field, field->default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, field, field->default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(&message, field, field->default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(&message, field, field->default_value_uint64());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, field, field->default_value_double());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetFloat(&message, field, field->default_value_float());
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, field, field->default_value_bool());
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnum(&message, field, field->default_value_enum());
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&message, field, field->default_value_string());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

// The scalars of proto2. json_util would take their defaults from the text that a
// google.protobuf.Type has for them, where those of bytes are escaped and a NaN is not understood.
void SetDefaults(Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (type.file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->is_repeated() || field->real_containing_oneof() != nullptr) continue;
    if (!message.GetReflection()->HasField(message, field)) SetDefault(message, field);
  }
}

absl::Status NormalizeField(Message& message, const FieldDescriptor* field, bool emit_defaults,
                            int depth, std::vector<ExtractedAny>* anys) {
  const Reflection& reflection = *message.GetReflection();
  if (!field->is_repeated()) {
    return Normalize(*reflection.MutableMessage(&message, field), emit_defaults, depth + 1, anys);
  }
  const FieldDescriptor* map_value = nullptr;
  if (field->is_map()) {
    KeepLastEntries(message, field);
    map_value = field->message_type()->map_value();
    if (map_value->message_type() == nullptr) return absl::OkStatus();
  }
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    Message* element = reflection.MutableRepeatedMessage(&message, field, i);
    if (map_value != nullptr) {
      element = element->GetReflection()->MutableMessage(element, map_value);
    }
    const absl::Status status = Normalize(*element, emit_defaults, depth + 1, anys);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Normalize(Message& message, bool emit_defaults, int depth,
                       std::vector<ExtractedAny>* anys) {
  const Reflection& reflection = *message.GetReflection();
  reflection.MutableUnknownFields(&message)->Clear();
  absl::Status status;
  switch (message.GetDescriptor()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      ExtractAny(message, depth, anys);
      return status;
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return CheckTimestamp(message);
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return CheckDuration(message);
    case Descriptor::WELLKNOWNTYPE_VALUE:
      status = NormalizeValue(message);
      break;
    default:
      break;
  }
  if (emit_defaults) SetDefaults(message);
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!status.ok()) break;
    if (field->message_type() != nullptr) {
      status = NormalizeField(message, field, emit_defaults, depth, anys);
    }
  }
  return status;
}

}  // namespace ssegw::transcode
