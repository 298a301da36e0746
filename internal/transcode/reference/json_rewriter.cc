#include "internal/transcode/reference/json_rewriter.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <charconv>
#include <cstddef>
#include <utility>

namespace ssegw::transcode {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// A name with protobuf's own escapes, without the quotes.
std::string EscapedName(const std::string& name) {
  google::protobuf::StringValue value;
  value.set_value(name);
  std::string literal;
  // Cannot fail: every string has a literal.
  if (!google::protobuf::util::MessageToJsonString(value, &literal).ok()) return name;
  return literal.substr(1, literal.size() - 2);
}

bool IsInt64(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
}

bool IsNull(const FieldDescriptor& field) {
  return field.enum_type() != nullptr &&
         field.enum_type()->full_name() == "google.protobuf.NullValue";
}

}  // namespace

// One walk over one JSON text. The text is well-formed; where its shape is not the expected one, a
// value is passed over as it is.
class JsonRewriter::Pass {
 public:
  Pass(const JsonRewriter& rewriter, std::string_view json, const std::vector<std::string>& anys)
      : rewriter_(rewriter), json_(json), anys_(anys) {
    out_.reserve(json.size());
  }

  std::string Run(const Descriptor& type) {
    Message(type);
    out_ += json_.substr(copied_);
    return std::move(out_);
  }

 private:
  void Message(const Descriptor& type) {
    switch (type.well_known_type()) {
      case Descriptor::WELLKNOWNTYPE_INT64VALUE:
      case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
        return Int64();
      case Descriptor::WELLKNOWNTYPE_ANY:
        return Any();
      case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
        break;
      default:
        return SkipValue();
    }
    const auto fields = rewriter_.fields_.find(&type);
    if (fields == rewriter_.fields_.end() || fields->second.empty()) return SkipValue();
    Members('{', '}', [&] {
      const auto field = fields->second.find(SkipKey());
      field != fields->second.end() ? Field(*field->second) : SkipValue();
    });
  }

  void Field(const FieldDescriptor& field) {
    if (field.is_map()) {
      const FieldDescriptor& value = *field.message_type()->map_value();
      Members('{', '}', [&] {
        SkipKey();
        Single(value);
      });
    } else if (field.is_repeated()) {
      Members('[', ']', [&] { Single(field); });
    } else {
      Single(field);
    }
  }

  void Single(const FieldDescriptor& field) {
    if (field.message_type() != nullptr) {
      Message(*field.message_type());
    } else if (IsNull(field)) {
      Null();
    } else {
      Int64();
    }
  }

  void Int64() {
    if (Peek() != '"' || !rewriter_.options_.int64_as_numbers) return SkipValue();
    Replace([](std::string_view text) { return text; });
  }

  // protobuf writes a value as null, but the default as the enum's.
  void Null() {
    out_ += json_.substr(copied_, position_ - copied_);
    out_ += "null";
    SkipValue();
    copied_ = position_;
  }

  void Any() {
    if (Peek() != '"') return SkipValue();
    Replace([this](std::string_view text) -> std::string_view {
      size_t index = 0;
      std::from_chars(text.data(), text.data() + text.size(), index);
      if (index >= anys_.size()) return "null";
      return anys_[index];
    });
  }

  // The string here gives way to what make returns for its text.
  template <typename Make>
  void Replace(const Make& make) {
    out_ += json_.substr(copied_, position_ - copied_);
    out_ += make(SkipString());
    copied_ = position_;
  }

  // Each member or element of the object or array here; member passes over one.
  template <typename Member>
  void Members(char open, char close, const Member& member) {
    if (Peek() != open) return SkipValue();
    ++position_;
    if (Peek() != close) {
      member();
      while (Peek() == ',') {
        ++position_;
        member();
      }
    }
    ++position_;
  }

  char Peek() const { return position_ < json_.size() ? json_[position_] : '\0'; }

  std::string_view SkipKey() {
    const std::string_view key = SkipString();
    ++position_;  // the colon
    return key;
  }

  // Returns what is between the quotes.
  std::string_view SkipString() {
    const size_t begin = ++position_;
    while (position_ < json_.size() && json_[position_] != '"') {
      position_ += json_[position_] == '\\' ? 2 : 1;
    }
    return json_.substr(begin, position_++ - begin);
  }

  // Not recursive, and over at the comma or bracket that follows.
  void SkipValue() {
    int open = 0;
    for (; position_ < json_.size(); ++position_) {
      const char c = json_[position_];
      if (c == '"') {
        SkipString();
        --position_;
      } else if (c == '{' || c == '[') {
        ++open;
      } else if (open == 0 && (c == ',' || c == '}' || c == ']')) {
        return;
      } else if (c == '}' || c == ']') {
        --open;
      }
    }
  }

  const JsonRewriter& rewriter_;
  const std::string_view json_;
  const std::vector<std::string>& anys_;
  size_t position_ = 0;
  size_t copied_ = 0;
  std::string out_;
};

JsonRewriter::JsonRewriter(const SchemaPool& schemas, const JsonOptions& options)
    : options_(options) {
  for (const SchemaFile& file : schemas.files()) {
    for (int i = 0; i < file.descriptor->message_type_count(); ++i) {
      AddType(*file.descriptor->message_type(i));
    }
  }
}

void JsonRewriter::AddType(const Descriptor& type) {
  Fields fields;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const FieldDescriptor* value = field->is_map() ? field->message_type()->map_value() : field;
    if (value->message_type() == nullptr && !IsInt64(*value) && !IsNull(*value)) continue;
    fields[EscapedName(options_.proto_field_names ? field->name() : field->json_name())] = field;
  }
  if (!fields.empty()) fields_.emplace(&type, std::move(fields));
  for (int i = 0; i < type.nested_type_count(); ++i) AddType(*type.nested_type(i));
}

std::string JsonRewriter::Rewrite(const Descriptor& type, std::string_view json,
                                  const std::vector<std::string>& anys) const {
  return Pass(*this, json, anys).Run(type);
}

}  // namespace ssegw::transcode
