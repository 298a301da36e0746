#ifndef SSEGW_INTERNAL_TRANSCODE_PLAN_H_
#define SSEGW_INTERNAL_TRANSCODE_PLAN_H_

#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "internal/base/string_map.h"
#include "internal/transcode/schema_pool.h"
#include "internal/transcode/transcoder.h"
#include "internal/transcode/wire_reader.h"

namespace ssegw::transcode {

struct MessagePlan;

// The names of an enum's numbers, as JSON. Immutable.
class EnumPlan {
 public:
  EnumPlan(const google::protobuf::EnumDescriptor& type, const JsonOptions& options);

  // Empty if the number has no name, or if enums are written as numbers.
  std::string_view NameOf(int32_t number) const;
  bool IsKnown(int32_t number) const;

 private:
  const std::pair<int32_t, std::string>* Find(int32_t number) const;

  bool as_numbers_ = false;
  std::vector<std::pair<int32_t, std::string>> names_;  // by number
};

// How a value is written. Kinds of one wire type that look the same in JSON are one.
enum class ValueKind : uint8_t {
  kInt32,   // of a varint, or of 4 bytes
  kUInt32,  // the same
  kSInt32,  // zigzag
  kInt64,   // of a varint, or of 8 bytes
  kUInt64,  // the same
  kSInt64,  // zigzag
  kFloat,
  kDouble,
  kBool,
  kString,
  kBytes,
  kEnum,
  kNull,     // google.protobuf.NullValue
  kMessage,  // length-delimited, or a group
};

struct FieldPlan {
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::string name;          // "observedAt": or, of an extension, "[acme.v1.extra]":
  std::string default_json;  // with name and comma; empty if an absent field is left out
  ValueKind kind = ValueKind::kInt32;
  WireType wire_type = WireType::kVarint;  // of a single value
  bool is_repeated = false;
  bool is_packable = false;
  bool is_map = false;
  bool omits_default = false;  // has no presence: a value of zero is left out
  bool is_quoted_int64 = false;
  bool is_required = false;
  // Of a closed enum: a number without a name is an unknown field.
  bool is_closed = false;
  // The place in the set of fields that were seen; the members of a oneof share one.
  uint32_t slot = 0;
  const MessagePlan* message = nullptr;  // of kMessage; a map has its entry: fields[0] and [1]
  const EnumPlan* values = nullptr;      // of kEnum and kNull
};

// The form of a message in JSON.
enum class MessageShape : uint8_t {
  kObject,  // a member for each field
  kAny,
  kTimestamp,
  kDuration,
  kFieldMask,
  kStruct,
  kValue,
  kListValue,
  kWrapper,
  kUnsupported,  // of an unknown edition: refused
};

struct MessagePlan {
  const google::protobuf::Descriptor* type = nullptr;
  MessageShape shape = MessageShape::kObject;
  bool has_defaults = false;
  bool has_required = false;
  // Extensions come as groups that hold the number and the bytes of each (MessageSetItem).
  bool is_message_set = false;
  uint32_t slots = 0;             // how many: one a field, and one a oneof
  std::vector<FieldPlan> fields;  // in the order of their numbers, known extensions among them

  // Null if there is none.
  const FieldPlan* Find(int number) const {
    const auto index = static_cast<size_t>(number);
    if (index < by_number.size()) {
      return by_number[index] == 0 ? nullptr : &fields[by_number[index] - 1U];
    }
    return FindLarge(number);
  }

  // Private to Plans.
  const FieldPlan* FindLarge(int number) const;
  std::vector<uint32_t> by_number;            // for small numbers: the index of the field plus 1
  std::vector<std::pair<int, size_t>> large;  // the others
};

// What of a schema the writing of JSON needs to know, compiled once: a plan for each message type
// of the pool, with every choice of the options made and every name escaped.
//
// Owns:     the plans.
// Thread:   immutable; any thread.
// Lifetime: does not outlive the schemas.
class Plans {
 public:
  Plans(const SchemaPool& schemas, const JsonOptions& options);

  // Empty, or what keeps messages of these schemas from having a JSON form, by "; ": two fields of
  // a message with one name in JSON, a field that is called as the member "@type" of an Any.
  const std::string& faults() const { return faults_; }

  // By full name; null if there is no such message.
  const MessagePlan* Find(std::string_view full_name) const;
  // By what follows the last '/' of the type URL of an Any; null also where it has none.
  const MessagePlan* FindByUrl(std::string_view type_url) const;

  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;

 private:
  using Extensions = absl::flat_hash_map<const google::protobuf::Descriptor*,
                                         std::vector<const google::protobuf::FieldDescriptor*>>;

  void AddAllIn(const google::protobuf::Descriptor& type);
  void AddExtensionsIn(const google::protobuf::Descriptor& type);
  const MessagePlan* Add(const google::protobuf::Descriptor& type);
  const EnumPlan* Add(const google::protobuf::EnumDescriptor& type);
  void Fill(MessagePlan& plan);
  FieldPlan PlanOf(const google::protobuf::FieldDescriptor& field);
  void CheckTexts(const MessagePlan& plan);

  const SchemaPool& schemas_;
  const JsonOptions options_;
  Extensions extensions_;
  std::deque<MessagePlan> messages_;  // addresses stay
  size_t filled_ = 0;                 // how many of them have their fields
  std::deque<EnumPlan> enums_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, const MessagePlan*> by_type_;
  absl::flat_hash_map<const google::protobuf::EnumDescriptor*, const EnumPlan*> by_enum_;
  base::StringMap<const MessagePlan*> by_name_;
  std::string faults_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_PLAN_H_
