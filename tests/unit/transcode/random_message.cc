#include "tests/unit/transcode/random_message.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "internal/transcode/wire_reader.h"
#include "tests/unit/transcode/acme.h"

namespace ssegw::transcode {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMaxDepth = 4;

int Below(Random& random, int limit) {
  return std::uniform_int_distribution<int>(0, limit - 1)(random);
}

template <typename T, size_t N>
const T& OneOf(Random& random, const T (&choices)[N]) {
  return choices[random() % N];
}

template <typename T>
T Integer(Random& random) {
  switch (Below(random, 5)) {
    case 0:
      return 0;
    case 1:
      return std::numeric_limits<T>::max();
    case 2:
      return std::numeric_limits<T>::min();
    case 3:
      return static_cast<T>(random());
    default:
      return static_cast<T>(Below(random, 1000));
  }
}

double Double(Random& random, bool finite) {
  switch (Below(random, finite ? 4 : 7)) {
    case 0:
      return 0;
    case 1:
      return -0.1;
    case 2:
      return std::numeric_limits<double>::denorm_min();
    case 3:
      return static_cast<double>(static_cast<int64_t>(random())) / 1e5;
    case 4:
      return std::numeric_limits<double>::quiet_NaN();
    case 5:
      return std::numeric_limits<double>::infinity();
    default:
      return -std::numeric_limits<double>::max();
  }
}

std::string Text(Random& random) {
  static constexpr std::string_view kPieces[] = {"a",      "int64Value", "1",    "\"",    "\\",
                                                 "\n",     "\r",         "</b>", "é",     "\u0085",
                                                 "\u2028", "\u2029",     "😀",   "@type", "\x7F"};
  std::string text;
  for (int i = Below(random, 4); i > 0; --i) text += OneOf(random, kPieces);
  if (Below(random, 8) == 0) text += '\0';
  return text;
}

std::string Bytes(Random& random) {
  std::string bytes;
  for (int i = Below(random, 6); i > 0; --i) bytes += static_cast<char>(random());
  return bytes;
}

int EnumNumber(Random& random, const EnumDescriptor& type) {
  if (type.full_name() == "google.protobuf.NullValue") return 0;
  const bool is_open = type.file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3;
  if (is_open && Below(random, 5) == 0) return Integer<int32_t>(random);
  return type.value(Below(random, type.value_count()))->number();
}

class Filler {
 public:
  explicit Filler(Random& random) : random_(random) {}

  void Fill(Message& message, int depth) {
    const Descriptor& type = *message.GetDescriptor();
    const Reflection& reflection = *message.GetReflection();
    switch (type.well_known_type()) {
      case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
        reflection.SetInt64(&message, type.field(0),
                            int64_t{Below(random_, 2'000'000'000)} * 100 - 50'000'000'000);
        reflection.SetInt32(&message, type.field(1), Nanos());
        return;
      case Descriptor::WELLKNOWNTYPE_DURATION: {
        const int sign = Below(random_, 2) == 0 ? 1 : -1;
        reflection.SetInt64(&message, type.field(0), int64_t{sign} * Below(random_, 1'000'000'000));
        reflection.SetInt32(&message, type.field(1), sign * Nanos());
        return;
      }
      case Descriptor::WELLKNOWNTYPE_FIELDMASK:
        for (int i = Below(random_, 3); i > 0; --i) {
          reflection.AddString(&message, type.field(0), i % 2 == 0 ? "user_name" : "a.b_c");
        }
        return;
      case Descriptor::WELLKNOWNTYPE_ANY:
        return FillAny(message, depth);
      case Descriptor::WELLKNOWNTYPE_VALUE:
        // One kind, set.
        return FillField(
            message, type.field(depth < kMaxDepth ? Below(random_, 6) : Below(random_, 4)), depth);
      default:
        break;
    }
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      // Sparse where there are many fields, or a message of messages would grow without an end.
      const bool chosen = field->is_required() || Below(random_, type.field_count() + 4) < 5;
      const bool fits = field->message_type() == nullptr || field->is_map() || depth < kMaxDepth;
      if (chosen && fits) FillField(message, field, depth);
    }
  }

 private:
  int32_t Nanos() {
    static constexpr int32_t kNanos[] = {0, 1, 1000, 1'000'000, 120'000'000, 999'999'999};
    return OneOf(random_, kNanos);
  }

  // No ListValue: protobuf writes it into an Any, but cannot read it back.
  void FillAny(Message& message, int depth) {
    static constexpr const char* kTypes[] = {
        "acme.v1.Everything",         "ssegateway.v1.Dashboard", "google.protobuf.Timestamp",
        "google.protobuf.Int64Value", "google.protobuf.Any",     "google.protobuf.Empty"};
    const Descriptor& type = *message.GetDescriptor();
    const Reflection& reflection = *message.GetReflection();
    const std::string name = OneOf(random_, kTypes);
    const std::unique_ptr<Message> content = NewMessage(name);
    if (depth < kMaxDepth) Fill(*content, depth + 1);
    reflection.SetString(&message, type.field(0), "type.googleapis.com/" + name);
    reflection.SetString(&message, type.field(1), content->SerializeAsString());
  }

  void FillField(Message& message, const FieldDescriptor* field, int depth) {
    if (!field->is_repeated()) return FillSingle(message, field, depth);
    std::set<std::string> keys;
    for (int i = Below(random_, 4); i > 0; --i) {
      FillElement(message, field, depth);
      if (field->is_map() && !keys.insert(LastKey(message, field)).second) {
        message.GetReflection()->RemoveLast(&message, field);
      }
    }
  }

  static std::string LastKey(const Message& message, const FieldDescriptor* map) {
    const Reflection& reflection = *message.GetReflection();
    const Message& last =
        reflection.GetRepeatedMessage(message, map, reflection.FieldSize(message, map) - 1);
    const std::unique_ptr<Message> entry(last.New());
    entry->CopyFrom(last);
    entry->GetReflection()->ClearField(entry.get(), map->message_type()->map_value());
    return entry->SerializePartialAsString();
  }

  void FillSingle(Message& message, const FieldDescriptor* field, int depth) {
    const Reflection& reflection = *message.GetReflection();
    const bool finite = field->containing_type()->full_name() == "google.protobuf.Value";
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, field, Integer<int32_t>(random_));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, field, Integer<int64_t>(random_));
      case FieldDescriptor::CPPTYPE_UINT32:
        return reflection.SetUInt32(&message, field, Integer<uint32_t>(random_));
      case FieldDescriptor::CPPTYPE_UINT64:
        return reflection.SetUInt64(&message, field, Integer<uint64_t>(random_));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection.SetDouble(&message, field, Double(random_, finite));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.SetFloat(&message, field, static_cast<float>(Double(random_, true)));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&message, field, Below(random_, 2) == 0);
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnumValue(&message, field, EnumNumber(random_, *field->enum_type()));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, field, StringOrBytes(*field));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Fill(*reflection.MutableMessage(&message, field), depth + 1);
    }
  }

  void FillElement(Message& message, const FieldDescriptor* field, int depth) {
    const Reflection& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.AddInt32(&message, field, Integer<int32_t>(random_));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.AddInt64(&message, field, Integer<int64_t>(random_));
      case FieldDescriptor::CPPTYPE_UINT32:
        return reflection.AddUInt32(&message, field, Integer<uint32_t>(random_));
      case FieldDescriptor::CPPTYPE_UINT64:
        return reflection.AddUInt64(&message, field, Integer<uint64_t>(random_));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection.AddDouble(&message, field, Double(random_, false));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.AddFloat(&message, field, static_cast<float>(Double(random_, true)));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.AddBool(&message, field, Below(random_, 2) == 0);
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.AddEnumValue(&message, field, EnumNumber(random_, *field->enum_type()));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.AddString(&message, field, StringOrBytes(*field));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return field->is_map() ? FillEntry(*reflection.AddMessage(&message, field), depth)
                               : Fill(*reflection.AddMessage(&message, field), depth + 1);
    }
  }

  void FillEntry(Message& entry, int depth) {
    const Descriptor& type = *entry.GetDescriptor();
    FillSingle(entry, type.map_key(), depth);
    FillSingle(entry, type.map_value(), depth);
  }

  std::string StringOrBytes(const FieldDescriptor& field) {
    return field.type() == FieldDescriptor::TYPE_STRING ? Text(random_) : Bytes(random_);
  }

  Random& random_;
};

}  // namespace

void FillAtRandom(Message& message, Random& random) { Filler(random).Fill(message, 0); }

std::string ShuffleFields(std::string_view wire, Random& random) {
  std::map<int, std::deque<std::string_view>> fields;
  std::vector<int> order;
  for (WireReader reader(wire); !reader.empty();) {
    const std::string_view start = reader.rest();
    WireTag tag;
    if (!reader.ReadTag(&tag) || !reader.SkipPayload(tag.type)) std::abort();
    fields[tag.number].push_back(start.substr(0, start.size() - reader.rest().size()));
    order.push_back(tag.number);
  }
  std::shuffle(order.begin(), order.end(), random);
  std::string shuffled;
  for (const int number : order) {
    if (Below(random, 4) == 0) shuffled += std::string(WireBuilder().Bytes(5000, Bytes(random)));
    shuffled += fields[number].front();
    fields[number].pop_front();
  }
  return shuffled;
}

std::string Damage(std::string wire, Random& random) {
  for (int i = 1 + Below(random, 3); i > 0 && !wire.empty(); --i) {
    const size_t at = random() % wire.size();
    switch (Below(random, 4)) {
      case 0:
        wire[at] = static_cast<char>(random());
        break;
      case 1:
        wire[at] = static_cast<char>(wire[at] ^ (1 << Below(random, 8)));
        break;
      case 2:
        wire.erase(at, 1 + random() % 4);
        break;
      default:
        wire.insert(at, Bytes(random));
        break;
    }
  }
  return wire;
}

}  // namespace ssegw::transcode
