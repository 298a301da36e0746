#include "internal/transcode/schema_compat.h"

#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <map>
#include <string_view>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::transcode {
namespace {

using base::Concat;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::OneofDescriptor;

std::string_view KindOf(const FieldDescriptor& field) {
  if (field.is_map()) return "a map";
  return field.is_repeated() ? "repeated" : "a single value";
}

// "int32", "acme.v1.Order"; for a group also its form on the wire.
std::string TypeOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_ENUM:
      return field.enum_type()->full_name();
    case FieldDescriptor::TYPE_MESSAGE:
      return field.message_type()->full_name();
    case FieldDescriptor::TYPE_GROUP:
      return Concat(field.message_type()->full_name(), " as a group");
    default:
      return field.type_name();
  }
}

// Implementation notes: messages are compared one by one, each with the types of its fields by
// name, and those types in their turn; so the nesting of definitions, which the pool bounds, is the
// only recursion here.
class Comparison {
 public:
  Comparison(const SchemaPool& after, const JsonOptions& options)
      : schemas_(after), after_(after.descriptors()), options_(options) {}

  void Compare(const FileDescriptor& file) {
    for (int i = 0; i < file.message_type_count(); ++i) Compare(*file.message_type(i));
    for (int i = 0; i < file.enum_type_count(); ++i) Compare(*file.enum_type(i));
    for (int i = 0; i < file.extension_count(); ++i) CompareExtension(*file.extension(i));
  }

  std::vector<std::string> TakeFaults() { return std::move(faults_); }

 private:
  void Compare(const Descriptor& before) {
    // The entry of a map is compared as the map's field.
    if (before.options().map_entry()) return;
    const Descriptor* after = after_.FindMessageTypeByName(before.full_name());
    if (after == nullptr) {
      Fault("message ", before.full_name(), " is gone");
      return;
    }
    if (const SchemaFile& file = schemas_.FileOf(*after->file()); !file.is_supported) {
      Fault("message ", before.full_name(), " is of edition ", file.edition,
            ", which is not known");
    }
    if (before.options().message_set_wire_format() != after->options().message_set_wire_format()) {
      Fault("message ", before.full_name(), " has another wire format");
    }
    for (int i = 0; i < before.field_count(); ++i) CompareMember(*before.field(i), *after);
    for (int i = 0; i < after->field_count(); ++i) {
      const FieldDescriptor& field = *after->field(i);
      if (field.is_required() && before.FindFieldByNumber(field.number()) == nullptr) {
        Fault("field ", field.full_name(), " is new and required");
      }
    }
    CompareOneofs(before, *after);
    for (int i = 0; i < before.nested_type_count(); ++i) Compare(*before.nested_type(i));
    for (int i = 0; i < before.enum_type_count(); ++i) Compare(*before.enum_type(i));
    for (int i = 0; i < before.extension_count(); ++i) CompareExtension(*before.extension(i));
  }

  void CompareMember(const FieldDescriptor& before, const Descriptor& message) {
    const FieldDescriptor* after = message.FindFieldByNumber(before.number());
    if (after != nullptr) return CompareFields(before, *after);
    if (!message.IsReservedNumber(before.number()) || !message.IsReservedName(before.name())) {
      Fault("field ", before.full_name(), " is gone, and its number ", before.number(),
            " and its name are not both reserved");
    }
  }

  void CompareExtension(const FieldDescriptor& before) {
    const Descriptor* extended =
        after_.FindMessageTypeByName(before.containing_type()->full_name());
    if (extended == nullptr) return;  // reported already
    const FieldDescriptor* after = after_.FindExtensionByNumber(extended, before.number());
    if (after == nullptr) {
      Fault("extension ", before.full_name(), " is gone");
    } else if (before.full_name() != after->full_name()) {
      Fault("extension ", before.full_name(), " is called ", after->full_name());
    } else {
      CompareFields(before, *after);
    }
  }

  void CompareFields(const FieldDescriptor& before, const FieldDescriptor& after) {
    if (KindOf(before) != KindOf(after)) {
      Changed(before, KindOf(before), KindOf(after));
    } else if (before.is_map()) {
      for (const int part : {1, 2}) {
        const std::string was = TypeOf(*before.message_type()->FindFieldByNumber(part));
        const std::string is = TypeOf(*after.message_type()->FindFieldByNumber(part));
        if (was != is) Changed(before, Concat("a map of ", was), Concat("of ", is));
      }
    } else if (TypeOf(before) != TypeOf(after)) {
      Changed(before, TypeOf(before), TypeOf(after));
    }
    if (!before.is_required() && after.is_required()) Changed(before, "optional", "required");
    if (before.is_extension()) return;  // its JSON name is its full name
    const auto name = [this](const FieldDescriptor& field) {
      return options_.proto_field_names ? field.name() : field.json_name();
    };
    if (name(before) != name(after)) {
      Changed(before, Concat("called ", name(before)), Concat("called ", name(after)));
    }
  }

  // If several members of a oneof existed before, they must have been in one oneof then.
  void CompareOneofs(const Descriptor& before, const Descriptor& after) {
    for (int i = 0; i < after.real_oneof_decl_count(); ++i) {
      const OneofDescriptor& oneof = *after.oneof_decl(i);
      const FieldDescriptor* first = nullptr;
      for (int j = 0; j < oneof.field_count(); ++j) {
        const FieldDescriptor* was = before.FindFieldByNumber(oneof.field(j)->number());
        if (was == nullptr) continue;
        if (first == nullptr) {
          first = was;
        } else if (was->real_containing_oneof() == nullptr ||
                   was->real_containing_oneof() != first->real_containing_oneof()) {
          Fault("fields ", first->full_name(), " and ", was->full_name(),
                " exclude one another now, in oneof ", oneof.name());
          break;
        }
      }
    }
  }

  void Compare(const EnumDescriptor& before) {
    const EnumDescriptor* after = after_.FindEnumTypeByName(before.full_name());
    // An enum that no message uses does not matter; a field of another type has been reported.
    if (after == nullptr || options_.enums_as_numbers) return;
    for (int i = 0; i < before.value_count(); ++i) {
      // The first of several names is written.
      const EnumValueDescriptor& was = *before.FindValueByNumber(before.value(i)->number());
      if (&was != before.value(i)) continue;
      const EnumValueDescriptor* is = after->FindValueByNumber(was.number());
      if (is == nullptr) {
        if (!after->IsReservedNumber(was.number()) || !after->IsReservedName(was.name())) {
          Fault("value ", was.full_name(), " is gone, and its number ", was.number(),
                " and its name are not both reserved");
        }
      } else if (was.name() != is->name()) {
        Fault("value ", was.full_name(), " (", was.number(), ") is called ", is->name());
      }
    }
  }

  void Changed(const FieldDescriptor& field, std::string_view before, std::string_view after) {
    Fault(field.is_extension() ? "extension " : "field ", field.full_name(), " (", field.number(),
          ") was ", before, " and is ", after);
  }

  template <typename... Pieces>
  void Fault(const Pieces&... pieces) {
    faults_.push_back(Concat(pieces...));
  }

  const SchemaPool& schemas_;
  const DescriptorPool& after_;
  const JsonOptions& options_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> CompatibilityFaults(const SchemaPool& before, const SchemaPool& after,
                                             const JsonOptions& options) {
  Comparison comparison(after, options);
  for (const SchemaFile& file : before.files()) {
    // Its messages were refused.
    if (file.is_supported) comparison.Compare(*file.descriptor);
  }
  return comparison.TakeFaults();
}

bool HaveSameFiles(const SchemaPool& a, const SchemaPool& b) {
  const auto files_of = [](const SchemaPool& pool) {
    std::map<std::string_view, std::string_view> files;
    for (const SchemaFile& file : pool.files()) files[file.descriptor->name()] = file.bytes;
    return files;
  };
  return files_of(a) == files_of(b);
}

}  // namespace ssegw::transcode
