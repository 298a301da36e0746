// That the one pass is taken where it should be. What it says: both_ways_test.cc.
#include "internal/transcode/one_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "internal/base/concat.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/both_ways.h"
#include "tests/unit/transcode/random_message.h"

namespace ssegw::transcode {
namespace {

class OnePass {
 public:
  explicit OnePass(const JsonOptions& options) : plans_(AcmeSchemas(), options) {}

  bool Write(std::string_view type, std::string_view wire, std::string* json) const {
    JsonWriter writer(json);
    if (!WriteInOnePass(plans_, *plans_.Find(type), wire, writer, nullptr)) return false;
    writer.Finish();
    return true;
  }

 private:
  const Plans plans_;
};

TEST(OnePassTest, WhatSerializersWriteIsDoneInOnePass) {
  Random random(20261124);
  for (int bits = 0; bits < kOptionSets; ++bits) {
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
