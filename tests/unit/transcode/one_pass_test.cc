// That the one pass is taken where it should be, and says the same as the other way.
#include "internal/transcode/one_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "internal/base/concat.h"
#include "internal/transcode/json_util_transcoder.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"
#include "tests/unit/transcode/random_message.h"

namespace ssegw::transcode {
namespace {

JsonOptions OptionsOf(int bits) {
  return {.proto_field_names = (bits & 1) != 0,
          .emit_defaults = (bits & 2) != 0,
          .enums_as_numbers = (bits & 4) != 0,
          .int64_as_numbers = (bits & 8) != 0};
}

class OnePass {
 public:
  explicit OnePass(const JsonOptions& options) : plans_(AcmeSchemas(), options) {}

  bool Write(std::string_view type, std::string_view wire, std::string* json) const {
    JsonWriter writer(json);
    if (!WriteInOnePass(plans_, *plans_.Find(type), wire, writer)) return false;
    writer.Finish();
    return true;
  }

 private:
  const Plans plans_;
};

TEST(OnePassTest, WhatSerializersWriteIsDoneInOnePass) {
  Random random(20261124);
  for (int bits = 0; bits < 16; ++bits) {
    const OnePass one_pass(OptionsOf(bits));
    for (int i = 0; i < 50; ++i) {
      SCOPED_TRACE(base::Concat("options ", bits, ", message ", i));
      const std::string type = i % 4 == 0 ? "ssegateway.v1.Dashboard" : "acme.v1.Everything";
      const std::unique_ptr<google::protobuf::Message> message = NewMessage(type);
      FillAtRandom(*message, random);
      std::string json;
      EXPECT_TRUE(one_pass.Write(type, message->SerializeAsString(), &json))
          << message->DebugString();
    }
  }
}

// Whatever the bytes: where the one pass has an answer, it is the answer of the other way.
TEST(OnePassTest, AgreesWithTheOtherWay) {
  Random random(4711);
  int answered = 0;
  int damaged_but_answered = 0;
  for (int bits = 0; bits < 16; ++bits) {
    const OnePass one_pass(OptionsOf(bits));
    const JsonUtilTranscoder other(AcmeSchemas(), OptionsOf(bits));
    for (const char* type : {"acme.v1.Everything", "acme.v1.Legacy", "ssegateway.v1.Dashboard",
                             "google.protobuf.Any", "google.protobuf.Struct"}) {
      for (int i = 0; i < 40; ++i) {
        SCOPED_TRACE(base::Concat("options ", bits, ", ", type, " ", i));
        const std::unique_ptr<google::protobuf::Message> message = NewMessage(type);
        FillAtRandom(*message, random);
        std::string wire = message->SerializePartialAsString();
        const bool is_damaged = i % 2 == 1;
        if (is_damaged) wire = Damage(wire, random);
        std::string json;
        if (!one_pass.Write(type, wire, &json)) continue;
        ++answered;
        if (is_damaged) ++damaged_but_answered;
        std::string expected;
        const absl::Status status = other.ToJson(type, wire, &expected);
        ASSERT_TRUE(status.ok()) << status << json;
        ASSERT_THAT(json, IsJson(expected));
      }
    }
  }
  EXPECT_GT(answered, 1'300);
  EXPECT_GT(damaged_but_answered, 150);
}

TEST(OnePassTest, LeavesTheUnusualToTheOtherWay) {
  struct Unusual {
    const char* name;
    const char* type;
    std::string wire;
  };
  const Unusual cases[] = {
      {"FieldTwice", "acme.v1.Everything", WireBuilder().Varint(3, 1).Varint(3, 2)},
      {"OneofTwice", "acme.v1.Everything", WireBuilder().Varint(61, 1).Bytes(62, "x")},
      {"RepeatedInPieces", "acme.v1.Everything",
       WireBuilder().Varint(23, 1).Varint(3, 7).Varint(23, 2)},
      {"MapKeyTwice", "acme.v1.Everything",
       WireBuilder().Bytes(43, WireBuilder().Varint(1, 5)).Bytes(43, WireBuilder().Varint(1, 5))},
      {"Group", "acme.v1.Legacy", WireBuilder().Group(1, "")},
      {"UnknownOfClosedEnum", "acme.v1.Legacy", WireBuilder().Varint(3, 99)},
      {"MissingRequired", "acme.v1.Strict", WireBuilder().Bytes(1, "x")},
      {"Truncated", "acme.v1.Everything", "\x72\x05x"},
      {"InvalidUtf8", "acme.v1.Everything", WireBuilder().Bytes(14, "\xFF")},
  };
  const OnePass one_pass({});
  for (const Unusual& unusual : cases) {
    std::string json;
    EXPECT_FALSE(one_pass.Write(unusual.type, unusual.wire, &json)) << unusual.name << json;
  }
}

}  // namespace
}  // namespace ssegw::transcode
