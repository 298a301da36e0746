#include "tests/unit/transcode/random_message.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <gtest/gtest.h>

#include <string>

#include "internal/base/concat.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/wire_check.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/both_ways.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

using google::protobuf::Message;
using testing::HasSubstr;

constexpr int kMessages = 400;

// What protobuf's JSON parser, which takes every option's spelling, makes of json.
std::unique_ptr<Message> MessageOfJson(const std::string& type_name, const std::string& json) {
  const std::unique_ptr<google::protobuf::util::TypeResolver> types(
      google::protobuf::util::NewTypeResolverForDescriptorPool("type.googleapis.com",
                                                               &AcmeSchemas().descriptors()));
  std::unique_ptr<Message> message = NewMessage(type_name);
  std::string wire;
  const auto status = google::protobuf::util::JsonToBinaryString(
      types.get(), "type.googleapis.com/" + type_name, json, &wire);
  EXPECT_TRUE(status.ok()) << status.ToString() << "\n" << json;
  EXPECT_TRUE(message->ParseFromString(wire));
  return message;
}

class RandomMessageTest : public TranscoderTest {
 protected:
  // Seeded, so that a failure repeats.
  Random random_{20240607};
};

TEST_P(RandomMessageTest, ReadBackIsTheSameMessage) {
  google::protobuf::util::DefaultFieldComparator fields;
  fields.set_treat_nan_as_equal(true);
  for (int bits = 0; bits < 16; ++bits) {
    const std::unique_ptr<Transcoder> transcoder = Make(OptionsOf(bits));
    for (int i = 0; i < kMessages / 16; ++i) {
      SCOPED_TRACE(base::Concat("options ", bits, ", message ", i));
      const std::string type = i % 4 == 0 ? "ssegateway.v1.Dashboard" : "acme.v1.Everything";
      const std::unique_ptr<Message> message = NewMessage(type);
      FillAtRandom(*message, random_);
      std::string json;
      const absl::Status status =
          transcoder->ToJson(type, message->SerializeAsString(), &json, nullptr);
      ASSERT_TRUE(status.ok()) << status << message->DebugString();
      ASSERT_TRUE(ParseOutput(json).ok()) << ParseOutput(json).status();
      const std::unique_ptr<Message> read_back = MessageOfJson(type, json);
      google::protobuf::util::MessageDifferencer differencer;
      std::string difference;
      differencer.set_field_comparator(&fields);
      differencer.ReportDifferencesToString(&difference);
      EXPECT_TRUE(differencer.Compare(*message, *read_back)) << difference << json;
    }
  }
}

TEST_P(RandomMessageTest, OrderOnTheWireDoesNotMatter) {
  const std::unique_ptr<Transcoder> transcoder = Make();
  for (int i = 0; i < kMessages; ++i) {
    SCOPED_TRACE(i);
    const std::unique_ptr<Message> message = NewMessage("acme.v1.Everything");
    FillAtRandom(*message, random_);
    const std::string wire = message->SerializeAsString();
    std::string json;
    std::string shuffled;
    ASSERT_TRUE(transcoder->ToJson("acme.v1.Everything", wire, &json, nullptr).ok());
    ASSERT_TRUE(
        transcoder->ToJson("acme.v1.Everything", ShuffleFields(wire, random_), &shuffled, nullptr)
            .ok());
    EXPECT_THAT(shuffled, IsJson(json));
  }
}

TEST_P(RandomMessageTest, DamagedBytesAreRefusedOrMakeJson) {
  const std::unique_ptr<Transcoder> transcoder =
      Make({.emit_defaults = true, .int64_as_numbers = true});
  int refused = 0;
  for (const char* type : {"acme.v1.Everything", "acme.v1.Legacy", "google.protobuf.Any"}) {
    for (int i = 0; i < kMessages; ++i) {
      SCOPED_TRACE(base::Concat(type, " ", i));
      const std::unique_ptr<Message> message = NewMessage(type);
      FillAtRandom(*message, random_);
      std::string json;
      const std::string wire = Damage(message->SerializeAsString(), random_);
      const absl::Status status = transcoder->ToJson(type, wire, &json, nullptr);
      if (status.ok()) {
        EXPECT_TRUE(ParseOutput(json).ok()) << ParseOutput(json).status();
      } else {
        EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, kMessages);  // or the damage did none
}

INSTANTIATE_TEST_SUITE_P(All, RandomMessageTest, testing::ValuesIn(Implementations()),
                         ImplementationName);

TEST(WireCheckTest, RefusesWhatProtobufsParserRefuses) {
  const Plans plans(AcmeSchemas(), {});
  Random random(42);
  int refused = 0;
  for (int i = 0; i < 5 * kMessages; ++i) {
    SCOPED_TRACE(i);
    const std::unique_ptr<Message> message = NewMessage("acme.v1.Everything");
    FillAtRandom(*message, random);
    const std::string wire = Damage(message->SerializeAsString(), random);
    const std::unique_ptr<Message> parsed = NewMessage("acme.v1.Everything");
    const bool well_formed = parsed->ParsePartialFromString(wire);
    const absl::Status status = CheckWire(*plans.Find("acme.v1.Everything"), wire, 0);
    if (well_formed && !status.ok()) {
      // Of a tag with more than 32 bits the parser drops those above; it is no tag at all.
      EXPECT_THAT(std::string(status.message()), HasSubstr("invalid tag"));
    } else {
      EXPECT_EQ(status.ok(), well_formed) << status;
    }
    if (!well_formed) ++refused;
  }
  EXPECT_GT(refused, kMessages);
}

}  // namespace
}  // namespace ssegw::transcode
