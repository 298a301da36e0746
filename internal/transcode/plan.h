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

  // Empty where the number has no name, or is to be written as a number.
  std::string_view NameOf(int32_t number) const;
  bool IsKnown(int32_t number) const;

 private:
  const std::pair<int32_t, std::string>* Find(int32_t number) const;

  bool as_numbers_ = false;
  std::vector<std::pair<int32_t, std::string>> names_;  // by number
};

// What a value is written as. The kinds of one wire type that JSON does not tell apart are one.
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
  kNull,  // google.protobuf.NullValue
  kMessage,
  kUnusual,  // a group: left to the other way
};

struct FieldPlan {
  std::string name;          // "observedAt":
  std::string default_json;  // with name and comma; empty where an absent field is left out
  ValueKind kind = ValueKind::kUnusual;
  WireType wire_type = WireType::kVarint;  // of a single value
  bool is_repeated = false;
  bool is_packable = false;
  bool is_map = false;
  bool omits_default = false;  // without presence: a value of zero is as good as none
  bool is_quoted_int64 = false;
  bool is_required = false;
  // Of an enum, in a message of proto2, whichever of the two the enum is of: a number without a
  // name is no value, but an unknown field.
  bool is_closed = false;
  // The place in the set of fields that were seen; the members of a oneof share one.
  uint16_t slot = 0;
  const MessagePlan* message = nullptr;  // of kMessage; of a map its entry: fields[0] and [1]
  const EnumPlan* values = nullptr;      // of kEnum and kNull
};

// How the JSON of a message comes about.
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
  kUnusual,  // more fields than kMaxSlots: left to the other way
};

struct MessagePlan {
  // How many fields, a oneof counted as one, a message may have to be written in one pass.
  static constexpr size_t kMaxSlots = 512;

  MessageShape shape = MessageShape::kObject;
  bool has_defaults = false;
  bool has_required = false;
  std::vector<FieldPlan> fields;  // in the order of their numbers

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
  std::vector<uint16_t> by_number;            // for small numbers: the index of the field plus 1
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

  // By full name; null if there is no such message.
  const MessagePlan* Find(std::string_view full_name) const;

  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;

 private:
  const MessagePlan* Add(const google::protobuf::Descriptor& type);
  void AddAllIn(const google::protobuf::Descriptor& type);
  void Fill(const google::protobuf::Descriptor& type, MessagePlan& plan);
  FieldPlan PlanOf(const google::protobuf::FieldDescriptor& field);
  const EnumPlan* Add(const google::protobuf::EnumDescriptor& type);

  const JsonOptions options_;
  std::deque<MessagePlan> messages_;  // addresses stay
  std::deque<EnumPlan> enums_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, const MessagePlan*> by_type_;
  absl::flat_hash_map<const google::protobuf::EnumDescriptor*, const EnumPlan*> by_enum_;
  base::StringMap<const MessagePlan*> by_name_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_PLAN_H_
