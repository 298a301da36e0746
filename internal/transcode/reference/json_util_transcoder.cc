#include "internal/transcode/reference/json_util_transcoder.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/transcode/reference/ungroup.h"
#include "internal/transcode/reference/wire_check.h"

// Implementation notes. protobuf's JSON writer is good at messages in the form that protobuf itself
// serializes, and at little else: it takes truncated bytes without complaint, writes a name twice
// where a field or a map key comes twice, leaves out groups, writes an Any of an empty Int64Value
// without its value, and follows nested Anys until the stack is gone. So a message goes
//
//   CheckWire → parse → Normalize → serialize → Ungroup → json_util → JsonRewriter
//
// and each Any in it takes the same way on its own: json_util sees a string in its place, and
// JsonRewriter puts the Any's JSON there.

namespace ssegw::transcode {

namespace {

using base::Concat;
using google::protobuf::Descriptor;
using google::protobuf::Field;
using google::protobuf::Message;
using google::protobuf::util::TypeResolver;

constexpr char kUrlPrefix[] = "type.googleapis.com";

// The types as the bytes that json_util gets have them: groups are submessages (Ungroup), and an
// Any is its type_url (Normalize), which is on the wire what a StringValue is.
class WriterTypes : public TypeResolver {
 public:
  explicit WriterTypes(const google::protobuf::DescriptorPool& pool)
      : types_(google::protobuf::util::NewTypeResolverForDescriptorPool(kUrlPrefix, &pool)) {}

  google::protobuf::util::Status ResolveMessageType(const std::string& url,
                                                    google::protobuf::Type* type) override {
    const google::protobuf::util::Status status = types_->ResolveMessageType(url, type);
    for (Field& field : *type->mutable_fields()) {
      if (field.kind() == Field::TYPE_GROUP) field.set_kind(Field::TYPE_MESSAGE);
      if (field.type_url() == Concat(kUrlPrefix, "/google.protobuf.Any")) {
        field.set_type_url(Concat(kUrlPrefix, "/google.protobuf.StringValue"));
      }
    }
    return status;
  }

  google::protobuf::util::Status ResolveEnumType(const std::string& url,
                                                 google::protobuf::Enum* type) override {
    return types_->ResolveEnumType(url, type);
  }

 private:
  const std::unique_ptr<TypeResolver> types_;
};

bool HasGroups(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->type() == google::protobuf::FieldDescriptor::TYPE_GROUP) return true;
  }
  for (int i = 0; i < type.nested_type_count(); ++i) {
    if (HasGroups(*type.nested_type(i))) return true;
  }
  return false;
}

bool HasGroups(const SchemaPool& schemas) {
  for (const SchemaFile& file : schemas.files()) {
    for (int i = 0; i < file.descriptor->message_type_count(); ++i) {
      if (HasGroups(*file.descriptor->message_type(i))) return true;
    }
  }
  return false;
}

absl::Status UnknownType(std::string_view name) {
  return absl::InvalidArgumentError(Concat("unknown type '", name, "'"));
}

}  // namespace

JsonUtilTranscoder::JsonUtilTranscoder(const SchemaPool& schemas, const JsonOptions& options)
    : schemas_(schemas),
      options_(options),
      rewriter_(schemas, options),
      has_groups_(HasGroups(schemas)),
      types_(std::make_unique<WriterTypes>(schemas.descriptors())) {}

JsonUtilTranscoder::~JsonUtilTranscoder() = default;

absl::Status JsonUtilTranscoder::ToJson(std::string_view type_name, std::string_view wire,
                                        std::string* json, UnknownFieldRef* /*unknown*/) const {
  const Descriptor* type = schemas_.FindMessage(type_name);
  if (type == nullptr) return UnknownType(type_name);
  return MessageToJson(*type, wire, 0, json);
}

absl::Status JsonUtilTranscoder::AnyToJson(std::string_view any_wire, std::string* json,
                                           UnknownFieldRef* unknown) const {
  const absl::Status status = ToJson("google.protobuf.Any", any_wire, json, unknown);
  return status.ok() && *json == "{}" ? absl::InvalidArgumentError("Any without a type") : status;
}

absl::Status JsonUtilTranscoder::MessageToJson(const Descriptor& type, std::string_view wire,
                                               int depth, std::string* json) const {
  std::unique_ptr<Message> message;
  absl::Status status = Parse(type, wire, depth, &message);
  if (!status.ok()) return status;
  std::vector<ExtractedAny> anys;
  status = Normalize(*message, options_.emit_defaults, depth, &anys);
  std::vector<std::string> any_jsons;
  for (const ExtractedAny& any : anys) {
    if (!status.ok()) break;
    status = ExtractedAnyToJson(any, &any_jsons.emplace_back());
  }
  if (!status.ok()) return status;
  if (type.well_known_type() == Descriptor::WELLKNOWNTYPE_ANY) {
    *json = std::move(any_jsons.front());
    return absl::OkStatus();
  }

  std::string canonical = message->SerializePartialAsString();
  if (has_groups_) canonical = Ungroup(type, canonical);
  google::protobuf::util::JsonPrintOptions print;
  // Those with a JSON of their own have no defaults; protobuf would put some into a ListValue.
  print.always_print_primitive_fields =
      options_.emit_defaults && type.well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
  print.always_print_enums_as_ints = options_.enums_as_numbers;
  print.preserve_proto_field_names = options_.proto_field_names;
  json->clear();
  const google::protobuf::util::Status printed = google::protobuf::util::BinaryToJsonString(
      types_.get(), Concat(kUrlPrefix, "/", type.full_name()), canonical, json, print);
  if (!printed.ok()) {
    return absl::InvalidArgumentError(
        Concat(type.full_name(), " has no JSON form: ", std::string(printed.message())));
  }
  if (!anys.empty() || options_.int64_as_numbers || options_.emit_defaults) {
    *json = rewriter_.Rewrite(type, *json, any_jsons);
  }
  return absl::OkStatus();
}

absl::Status JsonUtilTranscoder::ExtractedAnyToJson(const ExtractedAny& any,
                                                    std::string* json) const {
  if (any.type_url.empty()) {
    *json = "{}";
    return any.value.empty() ? absl::OkStatus()
                             : absl::InvalidArgumentError("Any with a value, but without a type");
  }
  const size_t slash = any.type_url.rfind('/');
  const Descriptor* type =
      slash == std::string::npos
          ? nullptr
          : schemas_.FindMessage(std::string_view(any.type_url).substr(slash + 1));
  if (type == nullptr) return UnknownType(any.type_url);
  std::string content;
  absl::Status status = MessageToJson(*type, any.value, any.depth + 1, &content);
  if (!status.ok()) return status;
  *json = "{\"@type\":";
  base::AppendJsonString(*json, any.type_url);
  if (type->well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    *json += Concat(",\"value\":", content, "}");
  } else {
    *json += content == "{}" ? "}" : Concat(",", std::string_view(content).substr(1));
  }
  return absl::OkStatus();
}

absl::Status JsonUtilTranscoder::Parse(const Descriptor& type, std::string_view wire, int depth,
                                       std::unique_ptr<Message>* message) const {
  if (wire.size() > INT_MAX) {
    return absl::InvalidArgumentError(
        Concat(type.full_name(), " of ", wire.size(), " bytes exceeds protobuf's ", INT_MAX));
  }
  absl::Status status = CheckWireByDescriptor(type, wire, depth);
  if (!status.ok()) return status;
  message->reset(messages_.GetPrototype(&type)->New());
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(wire.data()),
                                                static_cast<int>(wire.size()));
  // CheckWire has bounded the depth; the parser counts the entries of maps as well.
  stream.SetRecursionLimit(2 * kMaxMessageDepth + 2);
  // Extensions are unknown fields, whatever is in them: of a pool that has none.
  static const google::protobuf::DescriptorPool* const no_extensions =
      new google::protobuf::DescriptorPool;
  stream.SetExtensionRegistry(no_extensions, &messages_);
  if (!(*message)->ParsePartialFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    return absl::InvalidArgumentError(Concat("malformed ", type.full_name()));
  }
  if (!(*message)->IsInitialized()) {
    return absl::InvalidArgumentError(Concat(
        type.full_name(), " without required fields: ", (*message)->InitializationErrorString()));
  }
  return absl::OkStatus();
}

}  // namespace ssegw::transcode
