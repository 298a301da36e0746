// Implementation notes
//
// Protobuf 3.21 does not know editions. Its descriptors keep what it does not know as unknown
// fields: the number of the edition in a FileDescriptorProto, a FeatureSet in the options of
// everything. An element without a feature of its own has that of what encloses it, up to the
// file, and then the default of the edition (descriptor.proto of protobuf 32).
#include "internal/transcode/features.h"

#include <google/protobuf/unknown_field_set.h>

#include <string>
#include <string_view>

#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// The field of FeatureSet in the options of each kind of element.
constexpr int kInFileOptions = 50;
constexpr int kInMessageOptions = 12;
constexpr int kInFieldOptions = 21;
constexpr int kInOneofOptions = 1;
constexpr int kInEnumOptions = 7;
constexpr int kEditionInFile = 14;

enum FeatureNumber { kFieldPresence = 1, kEnumType = 2, kMessageEncoding = 5 };
enum FieldPresence { kExplicit = 1, kImplicit = 2, kLegacyRequired = 3 };
enum EnumType { kOpen = 1, kClosed = 2 };
enum MessageEncoding { kLengthPrefixed = 1, kDelimited = 2 };

// The value of a feature in these options; 0 if it is not set. The last one counts.
int SetIn(const Message& options, int features_number, FeatureNumber feature) {
  int value = 0;
  const UnknownFieldSet& fields = options.GetReflection()->GetUnknownFields(options);
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    if (field.number() != features_number || field.type() != UnknownField::TYPE_LENGTH_DELIMITED) {
      continue;
    }
    WireReader reader(field.length_delimited());
    WireTag tag;
    while (!reader.empty() && reader.ReadTag(&tag)) {
      uint64_t number = 0;
      if (tag.number == feature && tag.type == WireType::kVarint) {
        if (!reader.ReadVarint(&number)) break;
        value = static_cast<int>(number);
      } else if (!reader.SkipPayload(tag.type)) {
        break;
      }
    }
  }
  return value;
}

int Resolve(const Descriptor* scope, const google::protobuf::FileDescriptor& file,
            FeatureNumber feature) {
  for (; scope != nullptr; scope = scope->containing_type()) {
    const int value = SetIn(scope->options(), kInMessageOptions, feature);
    if (value != 0) return value;
  }
  return SetIn(file.options(), kInFileOptions, feature);
}

int Resolve(const FieldDescriptor& field, FeatureNumber feature) {
  int value = SetIn(field.options(), kInFieldOptions, feature);
  const OneofDescriptor* oneof = field.is_extension() ? nullptr : field.containing_oneof();
  if (value == 0 && oneof != nullptr) value = SetIn(oneof->options(), kInOneofOptions, feature);
  if (value != 0) return value;
  return Resolve(field.is_extension() ? field.extension_scope() : field.containing_type(),
                 *field.file(), feature);
}

bool IsClosed(const EnumDescriptor& type, int edition) {
  if (edition < kEdition2023) return edition == kEditionProto2;
  const int own = SetIn(type.options(), kInEnumOptions, kEnumType);
  return (own != 0 ? own : Resolve(type.containing_type(), *type.file(), kEnumType)) == kClosed;
}

void SetExplicitPresence(FieldDescriptorProto& field) {
  google::protobuf::FieldOptions& options = *field.mutable_options();
  options.GetReflection()
      ->MutableUnknownFields(&options)
      ->AddLengthDelimited(kInFieldOptions)
      ->assign({kFieldPresence << 3, kExplicit});
}

// The oneofs of optional fields come last (descriptor.proto).
void RemoveSyntheticOneofs(DescriptorProto& type) {
  int real = type.oneof_decl_size();
  for (FieldDescriptorProto& field : *type.mutable_field()) {
    if (!field.proto3_optional()) continue;
    if (field.has_oneof_index() && field.oneof_index() < real) real = field.oneof_index();
    field.clear_oneof_index();
    field.clear_proto3_optional();
    SetExplicitPresence(field);
  }
  if (real >= 0) {
    type.mutable_oneof_decl()->DeleteSubrange(real, type.oneof_decl_size() - real);
  }
  for (DescriptorProto& nested : *type.mutable_nested_type()) RemoveSyntheticOneofs(nested);
}

}  // namespace

FieldFeatures FeaturesOf(const FieldDescriptor& field, int edition, int enum_edition) {
  FieldFeatures features;
  features.is_delimited = field.type() == FieldDescriptor::TYPE_GROUP;
  features.is_required = field.is_required();
  if (field.enum_type() != nullptr) {
    features.is_closed_enum =
        edition == kEditionProto2 || IsClosed(*field.enum_type(), enum_edition);
  }
  if (field.is_repeated()) {
    features.has_presence = false;
  } else if (edition != kEditionProto2 && field.message_type() == nullptr &&
             !field.is_extension() && field.containing_oneof() == nullptr) {
    const int presence = Resolve(field, kFieldPresence);
    const bool is_explicit_by_default = edition >= kEdition2023;
    features.has_presence = presence == 0 ? is_explicit_by_default : presence != kImplicit;
  }
  if (edition < kEdition2023) return features;
  if (!field.is_repeated() && Resolve(field, kFieldPresence) == kLegacyRequired) {
    features.is_required = field.real_containing_oneof() == nullptr && !field.is_extension();
  }
  // Entries of maps, and the values in them, never are.
  const bool is_of_map = field.is_map() || (field.containing_type() != nullptr &&
                                            field.containing_type()->options().map_entry());
  if (field.type() == FieldDescriptor::TYPE_MESSAGE && !is_of_map) {
    features.is_delimited = Resolve(field, kMessageEncoding) == kDelimited;
  }
  return features;
}

int EditionOf(const FileDescriptorProto& file) {
  if (file.syntax().empty() || file.syntax() == "proto2") return kEditionProto2;
  if (file.syntax() == "proto3") return kEditionProto3;
  if (file.syntax() != "editions") return 0;
  int edition = 0;
  const UnknownFieldSet& fields = file.unknown_fields();
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    if (field.number() == kEditionInFile && field.type() == UnknownField::TYPE_VARINT) {
      edition = static_cast<int>(field.varint());
    }
  }
  return edition;
}

void LowerToProto2(FileDescriptorProto& file) {
  file.clear_syntax();
  for (DescriptorProto& type : *file.mutable_message_type()) RemoveSyntheticOneofs(type);
}

}  // namespace ssegw::transcode
