#include "internal/transcode/plan.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <map>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/transcode/features.h"
#include "internal/transcode/json_writer.h"

namespace ssegw::transcode {

namespace {

using base::Concat;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

// Fields up to this number are found by an index, if that stays small beside the fields.
constexpr size_t kMaxTable = 2048;

std::string JsonString(std::string_view text) {
  std::string json;
  base::AppendJsonString(json, text);
  return json;
}

MessageShape ShapeOf(const Descriptor& type) {
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      return MessageShape::kAny;
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return MessageShape::kTimestamp;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return MessageShape::kDuration;
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return MessageShape::kFieldMask;
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return MessageShape::kStruct;
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return MessageShape::kValue;
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return MessageShape::kListValue;
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
      return MessageShape::kObject;
    default:
      return MessageShape::kWrapper;
  }
}

struct Form {
  ValueKind kind;
  WireType wire_type;
};

Form FormOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_INT32:
      return {ValueKind::kInt32, WireType::kVarint};
    case FieldDescriptor::TYPE_SFIXED32:
      return {ValueKind::kInt32, WireType::kFixed32};
    case FieldDescriptor::TYPE_UINT32:
      return {ValueKind::kUInt32, WireType::kVarint};
    case FieldDescriptor::TYPE_FIXED32:
      return {ValueKind::kUInt32, WireType::kFixed32};
    case FieldDescriptor::TYPE_SINT32:
      return {ValueKind::kSInt32, WireType::kVarint};
    case FieldDescriptor::TYPE_INT64:
      return {ValueKind::kInt64, WireType::kVarint};
    case FieldDescriptor::TYPE_SFIXED64:
      return {ValueKind::kInt64, WireType::kFixed64};
    case FieldDescriptor::TYPE_UINT64:
      return {ValueKind::kUInt64, WireType::kVarint};
    case FieldDescriptor::TYPE_FIXED64:
      return {ValueKind::kUInt64, WireType::kFixed64};
    case FieldDescriptor::TYPE_SINT64:
      return {ValueKind::kSInt64, WireType::kVarint};
    case FieldDescriptor::TYPE_FLOAT:
      return {ValueKind::kFloat, WireType::kFixed32};
    case FieldDescriptor::TYPE_DOUBLE:
      return {ValueKind::kDouble, WireType::kFixed64};
    case FieldDescriptor::TYPE_BOOL:
      return {ValueKind::kBool, WireType::kVarint};
    case FieldDescriptor::TYPE_STRING:
      return {ValueKind::kString, WireType::kLengthDelimited};
    case FieldDescriptor::TYPE_BYTES:
      return {ValueKind::kBytes, WireType::kLengthDelimited};
    case FieldDescriptor::TYPE_ENUM:
      return {field.enum_type()->full_name() == "google.protobuf.NullValue" ? ValueKind::kNull
                                                                            : ValueKind::kEnum,
              WireType::kVarint};
    case FieldDescriptor::TYPE_MESSAGE:
      return {ValueKind::kMessage, WireType::kLengthDelimited};
    case FieldDescriptor::TYPE_GROUP:
      break;
  }
  return {ValueKind::kMessage, WireType::kStartGroup};
}

// The value of an absent field that is no message. A field of proto2 may choose its own.
void WriteDefault(const FieldDescriptor& field, const FieldPlan& plan, JsonWriter& json) {
  if (plan.is_quoted_int64) json.Char('"');
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      json.Signed(field.default_value_int32());
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      json.Signed(field.default_value_int64());
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      json.Unsigned(field.default_value_uint32());
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      json.Unsigned(field.default_value_uint64());
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      json.Double(field.default_value_double());
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      json.Float(field.default_value_float());
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      json.Raw(field.default_value_bool() ? "true" : "false");
      break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = field.default_value_enum()->number();
      if (plan.kind == ValueKind::kNull) {
        json.Raw("null");
      } else if (const std::string_view name = plan.values->NameOf(number); !name.empty()) {
        json.Raw(name);
      } else {
        json.Signed(number);
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING:
      if (plan.kind == ValueKind::kBytes) {
        json.Bytes(field.default_value_string());
      } else {
        json.String(field.default_value_string());
      }
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  if (plan.is_quoted_int64) json.Char('"');
}

std::string DefaultJson(const FieldDescriptor& field, const FieldPlan& plan) {
  std::string text;
  JsonWriter json(&text);
  json.Raw(plan.name);
  if (plan.is_map) {
    json.Raw("{}");
  } else if (plan.is_repeated) {
    json.Raw("[]");
  } else {
    WriteDefault(field, plan, json);
  }
  json.Char(',');
  json.Finish();
  return text;
}

}  // namespace

EnumPlan::EnumPlan(const EnumDescriptor& type, const JsonOptions& options)
    : as_numbers_(options.enums_as_numbers) {
  std::map<int32_t, std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor& value = *type.value(i);
    names.emplace(value.number(), JsonString(value.name()));  // the first of several names counts
  }
  names_.assign(names.begin(), names.end());
}

const std::pair<int32_t, std::string>* EnumPlan::Find(int32_t number) const {
  const auto found =
      std::lower_bound(names_.begin(), names_.end(), number,
                       [](const auto& name, int32_t wanted) { return name.first < wanted; });
  return found != names_.end() && found->first == number ? &*found : nullptr;
}

bool EnumPlan::IsKnown(int32_t number) const { return Find(number) != nullptr; }

std::string_view EnumPlan::NameOf(int32_t number) const {
  if (as_numbers_) return {};
  const auto* name = Find(number);
  return name != nullptr ? std::string_view(name->second) : std::string_view();
}

const FieldPlan* MessagePlan::FindLarge(int number) const {
  const auto found =
      std::lower_bound(large.begin(), large.end(), number,
                       [](const auto& field, int wanted) { return field.first < wanted; });
  return found != large.end() && found->first == number ? &fields[found->second] : nullptr;
}

Plans::Plans(const SchemaPool& schemas, const JsonOptions& options)
    : schemas_(schemas), options_(options) {
  for (const SchemaFile& file : schemas.files()) {
    for (int i = 0; i < file.descriptor->extension_count(); ++i) {
      const FieldDescriptor* extension = file.descriptor->extension(i);
      extensions_[extension->containing_type()].push_back(extension);
    }
    for (int i = 0; i < file.descriptor->message_type_count(); ++i) {
      AddExtensionsIn(*file.descriptor->message_type(i));
    }
  }
  for (const SchemaFile& file : schemas.files()) {
    for (int i = 0; i < file.descriptor->message_type_count(); ++i) {
      AddAllIn(*file.descriptor->message_type(i));
    }
  }
  // Not in Add, whose recursion would go as deep as the longest chain of types.
  for (; filled_ < messages_.size(); ++filled_) Fill(messages_[filled_]);
}

void Plans::AddExtensionsIn(const Descriptor& type) {
  for (int i = 0; i < type.extension_count(); ++i) {
    extensions_[type.extension(i)->containing_type()].push_back(type.extension(i));
  }
  for (int i = 0; i < type.nested_type_count(); ++i) AddExtensionsIn(*type.nested_type(i));
}

void Plans::AddAllIn(const Descriptor& type) {
  // Nobody can send an entry as a message.
  if (!type.options().map_entry()) by_name_[type.full_name()] = Add(type);
  for (int i = 0; i < type.nested_type_count(); ++i) AddAllIn(*type.nested_type(i));
}

const MessagePlan* Plans::Find(std::string_view full_name) const {
  const auto found = by_name_.find(full_name);
  return found != by_name_.end() ? found->second : nullptr;
}

const MessagePlan* Plans::FindByUrl(std::string_view type_url) const {
  const size_t slash = type_url.rfind('/');
  return slash == std::string_view::npos ? nullptr : Find(type_url.substr(slash + 1));
}

const MessagePlan* Plans::Add(const Descriptor& type) {
  const MessagePlan*& known = by_type_[&type];
  if (known == nullptr) {
    messages_.emplace_back().type = &type;
    known = &messages_.back();
  }
  return known;
}

void Plans::Fill(MessagePlan& plan) {
  const Descriptor& type = *plan.type;
  plan.shape =
      schemas_.FileOf(*type.file()).is_supported ? ShapeOf(type) : MessageShape::kUnsupported;
  plan.is_message_set = type.options().message_set_wire_format();
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < type.field_count(); ++i) fields.push_back(type.field(i));
  if (const auto known = extensions_.find(&type); known != extensions_.end()) {
    fields.insert(fields.end(), known->second.begin(), known->second.end());
  }
  std::sort(fields.begin(), fields.end(),
            [](const auto* a, const auto* b) { return a->number() < b->number(); });
  plan.slots =
      static_cast<uint32_t>(fields.size()) + static_cast<uint32_t>(type.real_oneof_decl_count());
  const size_t table = fields.empty() ? 0
                                      : std::min({static_cast<size_t>(fields.back()->number()) + 1,
                                                  kMaxTable, fields.size() * 4 + 64});
  plan.by_number.resize(table);
  plan.fields.reserve(fields.size());
  for (const FieldDescriptor* field : fields) {
    const size_t index = plan.fields.size();
    FieldPlan& added = plan.fields.emplace_back(PlanOf(*field));
    const google::protobuf::OneofDescriptor* oneof =
        field->is_extension() ? nullptr : field->real_containing_oneof();
    added.slot = static_cast<uint32_t>(
        oneof != nullptr ? fields.size() + static_cast<size_t>(oneof->index()) : index);
    plan.has_defaults = plan.has_defaults || !added.default_json.empty();
    plan.has_required = plan.has_required || added.is_required;
    if (static_cast<size_t>(field->number()) < table) {
      plan.by_number[static_cast<size_t>(field->number())] = static_cast<uint32_t>(index + 1);
    } else {
      plan.large.emplace_back(field->number(), index);
    }
  }
  CheckTexts(plan);
}

FieldPlan Plans::PlanOf(const FieldDescriptor& field) {
  FieldPlan plan;
  plan.field = &field;
  plan.name = Concat(JsonString(field.is_extension()         ? Concat("[", field.full_name(), "]")
                                : options_.proto_field_names ? field.name()
                                                             : field.json_name()),
                     ":");
  const int edition = schemas_.FileOf(*field.file()).edition;
  const FieldFeatures features = FeaturesOf(
      field, edition,
      field.enum_type() != nullptr ? schemas_.FileOf(*field.enum_type()->file()).edition : 0);
  const Form form = FormOf(field);
  plan.kind = form.kind;
  plan.wire_type = features.is_delimited ? WireType::kStartGroup : form.wire_type;
  plan.is_repeated = field.is_repeated();
  plan.is_packable = field.is_packable();
  plan.is_map = field.is_map();
  plan.is_required = features.is_required;
  plan.is_closed = features.is_closed_enum;
  plan.is_quoted_int64 =
      !options_.int64_as_numbers && (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
                                     field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64);
  if (plan.kind == ValueKind::kMessage) plan.message = Add(*field.message_type());
  if (field.enum_type() != nullptr) plan.values = Add(*field.enum_type());
  const bool is_scalar = !field.is_repeated() && field.message_type() == nullptr;
  plan.omits_default = is_scalar && !features.has_presence && !options_.emit_defaults;
  const bool has_default =
      !field.is_extension() &&
      (field.is_repeated() || (is_scalar && field.real_containing_oneof() == nullptr &&
                               (edition == kEditionProto2 || !features.has_presence)));
  if (options_.emit_defaults && has_default) plan.default_json = DefaultJson(field, plan);
  return plan;
}

void Plans::CheckTexts(const MessagePlan& plan) {
  if (plan.type->options().map_entry()) return;
  base::StringMap<const FieldDescriptor*> by_name;
  const auto add = [this](const std::string& fault) {
    if (!faults_.empty()) faults_ += "; ";
    faults_ += fault;
  };
  for (const FieldPlan& field : plan.fields) {
    // Protobuf checks neither.
    const bool writes_text = !field.default_json.empty() && field.kind == ValueKind::kString;
    if (writes_text && !base::IsValidUtf8(field.field->default_value_string())) {
      add(Concat("the default of ", field.field->full_name(), " is not UTF-8"));
    }
    if (!base::IsValidUtf8(field.name)) {
      add(Concat("the json_name of ", field.field->full_name(), " is not UTF-8"));
      continue;
    }
    const auto [first, is_new] = by_name.emplace(field.name, field.field);
    const std::string name = field.name.substr(0, field.name.size() - 1);
    if (!is_new) {
      add(Concat(first->second->full_name(), " and ", field.field->full_name(),
                 " have one name in JSON, ", name, ": give one a json_name of its own"));
    }
    if (name == "\"@type\"") {
      add(Concat(
          field.field->full_name(),
          " is \"@type\" in JSON, which in an Any says the type: give it another json_name"));
    }
  }
}

const EnumPlan* Plans::Add(const EnumDescriptor& type) {
  const EnumPlan*& plan = by_enum_[&type];
  if (plan == nullptr) plan = &enums_.emplace_back(type, options_);
  return plan;
}

}  // namespace ssegw::transcode
