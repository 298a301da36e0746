// Descriptor sets of editions, put together as newer compilers write them: protobuf 3.21 keeps what
// it does not know as unknown fields.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "internal/transcode/features.h"
#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/schema_pool.h"
#include "internal/transcode/schemas.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::Message;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// FeatureSet: its numbers are those of descriptor.proto.
std::string Features(int number, int value) {
  return WireBuilder().Varint(static_cast<uint32_t>(number), static_cast<uint64_t>(value));
}
const std::string kImplicit = Features(1, 2);
const std::string kRequired = Features(1, 3);
const std::string kClosed = Features(2, 2);
const std::string kDelimited = Features(5, 2);

template <typename Options>
void SetFeatures(int field, const std::string& features, Options* options) {
  options->GetReflection()->MutableUnknownFields(options)->AddLengthDelimited(field, features);
}

FileDescriptorProto File(const std::string& text, int edition = 0) {
  FileDescriptorProto file;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &file)) << text;
  if (edition != 0) {
    file.set_syntax("editions");
    file.mutable_unknown_fields()->AddVarint(14, static_cast<uint64_t>(edition));
  }
  return file;
}

// message M { int32 number = 1; E kind = 2; M child = 3; repeated E kinds = 4; map<string, M> map =
// 5; oneof { int32 choice = 6; } string text = 7; } enum E { ZERO = 0; ONE = 1; }
FileDescriptorProto Sample(int edition) {
  return File(
      R"pb(
        name: "sample.proto"
        package: "s"
        message_type {
          name: "M"
          field { name: "number" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 }
          field { name: "kind" number: 2 label: LABEL_OPTIONAL type: TYPE_ENUM type_name: ".s.E" }
          field {
            name: "child"
            number: 3
            label: LABEL_OPTIONAL
            type: TYPE_MESSAGE
            type_name: ".s.M"
          }
          field { name: "kinds" number: 4 label: LABEL_REPEATED type: TYPE_ENUM type_name: ".s.E" }
          field {
            name: "map"
            number: 5
            label: LABEL_REPEATED
            type: TYPE_MESSAGE
            type_name: ".s.M.MapEntry"
          }
          field { name: "choice" number: 6 label: LABEL_OPTIONAL type: TYPE_INT32 oneof_index: 0 }
          field { name: "text" number: 7 label: LABEL_OPTIONAL type: TYPE_STRING }
          nested_type {
            name: "MapEntry"
            field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
            field {
              name: "value"
              number: 2
              label: LABEL_OPTIONAL
              type: TYPE_MESSAGE
              type_name: ".s.M"
            }
            options { map_entry: true }
          }
          oneof_decl { name: "one" }
        }
        enum_type {
          name: "E"
          value { name: "ZERO" number: 0 }
          value { name: "ONE" number: 1 }
        }
      )pb",
      edition);
}

class Loaded {
 public:
  explicit Loaded(const std::vector<FileDescriptorProto>& files, const JsonOptions& options = {}) {
    FileDescriptorSet set;
    for (const FileDescriptorProto& file : files) *set.add_file() = file;
    absl::StatusOr<std::unique_ptr<SchemaPool>> pool = SchemaPool::Parse(set.SerializeAsString());
    EXPECT_TRUE(pool.ok()) << pool.status();
    if (!pool.ok()) return;
    pool_ = *std::move(pool);
    plans_ = std::make_unique<Plans>(*pool_, options);
    EXPECT_EQ(plans_->faults(), "");
  }

  std::string Json(std::string_view type, const std::string& wire) const {
    if (plans_ == nullptr) return "not loaded";
    std::string json;
    const absl::Status status = OnePassTranscoder(*plans_).ToJson(type, wire, &json, nullptr);
    return status.ok() ? json : status.ToString();
  }
  const SchemaPool& pool() const { return *pool_; }

 private:
  std::unique_ptr<SchemaPool> pool_;
  std::unique_ptr<Plans> plans_;
};

TEST(EditionsTest, DefaultsAreThoseOfTheEdition) {
  for (const int edition : {kEdition2023, kEdition2024}) {
    const Loaded sample({Sample(edition)});
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Varint(1, 0).Varint(2, 0).Bytes(7, "")),
              R"({"number":0,"kind":"ZERO","text":""})");
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Varint(2, 9).Varint(4, 8)),
              R"({"kind":9,"kinds":[8]})");
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Bytes(4, "\x01\x05").Bytes(3, "")),
              R"({"kinds":["ONE",5],"child":{}})");
    EXPECT_THAT(sample.pool().warnings(), IsEmpty());
  }
}

TEST(EditionsTest, OfAFileAMessageAFieldAnEnum) {
  FileDescriptorProto by_file = Sample(kEdition2023);
  SetFeatures(50, kImplicit + kClosed + kDelimited, by_file.mutable_options());
  FileDescriptorProto by_message = Sample(kEdition2023);
  SetFeatures(12, kImplicit + kDelimited, by_message.mutable_message_type(0)->mutable_options());
  SetFeatures(7, kClosed, by_message.mutable_enum_type(0)->mutable_options());
  FileDescriptorProto by_field = Sample(kEdition2023);
  SetFeatures(7, kClosed, by_field.mutable_enum_type(0)->mutable_options());
  for (auto& field : *by_field.mutable_message_type(0)->mutable_field()) {
    SetFeatures(21, kImplicit + kDelimited, field.mutable_options());
  }
  for (const FileDescriptorProto& file : {by_file, by_message, by_field}) {
    const Loaded sample({file});
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Varint(1, 0).Varint(2, 0).Bytes(7, "")), "{}");
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Varint(6, 0)), R"({"choice":0})")
        << "a member of a oneof has presence whatever the features";
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Varint(2, 9).Bytes(4, "\x01\x05")),
              R"({"kinds":["ONE"]})");
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Group(3, WireBuilder().Varint(1, 5))),
              R"({"child":{"number":5}})");
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Bytes(3, WireBuilder().Varint(1, 5))), "{}")
        << "length-delimited it is an unknown field";
    EXPECT_EQ(sample.Json("s.M", WireBuilder().Bytes(5, WireBuilder().Bytes(1, "k").Bytes(
                                                            2, WireBuilder().Varint(1, 5)))),
              R"({"map":{"k":{"number":5}}})")
        << "a map never is";
  }
}

TEST(EditionsTest, AFieldOverridesItsFile) {
  FileDescriptorProto file = Sample(kEdition2023);
  SetFeatures(50, kImplicit, file.mutable_options());
  SetFeatures(21, Features(1, 1),
              file.mutable_message_type(0)->mutable_field(0)->mutable_options());
  const Loaded sample({file});
  EXPECT_EQ(sample.Json("s.M", WireBuilder().Varint(1, 0).Bytes(7, "")), R"({"number":0})");
}

TEST(EditionsTest, RequiredAsInProto2) {
  FileDescriptorProto file = Sample(kEdition2023);
  SetFeatures(21, kRequired, file.mutable_message_type(0)->mutable_field(0)->mutable_options());
  const Loaded sample({file});
  EXPECT_THAT(sample.Json("s.M", ""), HasSubstr("s.M without required fields: number"));
  EXPECT_EQ(sample.Json("s.M", WireBuilder().Varint(1, 0)), R"({"number":0})");
}

TEST(EditionsTest, DefaultsAreEmittedWhereThereIsNoPresence) {
  FileDescriptorProto file = Sample(kEdition2023);
  SetFeatures(21, kImplicit, file.mutable_message_type(0)->mutable_field(0)->mutable_options());
  const Loaded sample({file}, {.emit_defaults = true});
  EXPECT_EQ(sample.Json("s.M", ""), R"({"number":0,"kinds":[],"map":{}})");
}

// A message of proto3 may hold an enum of an edition, which is closed in proto2 alone.
TEST(EditionsTest, Proto3ThatImportsAnEdition) {
  const FileDescriptorProto three = File(R"pb(
    name: "three.proto"
    package: "t"
    syntax: "proto3"
    dependency: "sample.proto"
    message_type {
      name: "T"
      field { name: "kind" number: 1 label: LABEL_OPTIONAL type: TYPE_ENUM type_name: ".s.E" }
      field { name: "plain" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 }
      field {
        name: "maybe"
        number: 3
        label: LABEL_OPTIONAL
        type: TYPE_INT32
        proto3_optional: true
        oneof_index: 1
      }
      field { name: "m" number: 4 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".s.M" }
      field { name: "a" number: 5 label: LABEL_OPTIONAL type: TYPE_INT32 oneof_index: 0 }
      field { name: "b" number: 6 label: LABEL_OPTIONAL type: TYPE_INT32 oneof_index: 0 }
      oneof_decl { name: "real" }
      oneof_decl { name: "_maybe" }
    }
    enum_type {
      name: "F"
      value { name: "F_ZERO" number: 0 }
    }
  )pb");
  const FileDescriptorProto importer = File(R"pb(
    name: "importer.proto"
    package: "i"
    syntax: "proto3"
    dependency: "three.proto"
    message_type {
      name: "I"
      field { name: "f" number: 1 label: LABEL_OPTIONAL type: TYPE_ENUM type_name: ".t.F" }
    }
  )pb");
  const Loaded schemas({importer, three, Sample(kEdition2023)});
  EXPECT_EQ(schemas.Json("t.T", WireBuilder().Varint(1, 0).Varint(2, 0).Varint(3, 0)),
            R"({"maybe":0})");
  EXPECT_EQ(schemas.Json("t.T", WireBuilder().Varint(1, 77)), R"({"kind":77})");
  EXPECT_EQ(schemas.Json("t.T", WireBuilder().Varint(5, 1).Varint(6, 2)), R"({"b":2})");
  EXPECT_EQ(schemas.Json("t.T", WireBuilder().Bytes(4, WireBuilder().Varint(1, 0))),
            R"({"m":{"number":0}})");
  EXPECT_EQ(schemas.Json("i.I", WireBuilder().Varint(1, 5)), R"({"f":5})");
}

TEST(EditionsTest, OptionsThatNobodyKnows) {
  // As go_features.proto does.
  const FileDescriptorProto go = File(R"pb(
    name: "google/protobuf/go_features.proto"
    package: "pb"
    dependency: "google/protobuf/descriptor.proto"
    message_type {
      name: "GoFeatures"
      field { name: "api_level" number: 3 label: LABEL_OPTIONAL type: TYPE_INT32 }
    }
    extension {
      name: "go"
      number: 1002
      label: LABEL_OPTIONAL
      type: TYPE_MESSAGE
      type_name: ".pb.GoFeatures"
      extendee: ".google.protobuf.FeatureSet"
    }
  )pb");
  FileDescriptorProto sample = Sample(kEdition2023);
  sample.add_dependency("google/protobuf/go_features.proto");
  const Loaded schemas({go, sample});
  EXPECT_EQ(schemas.Json("s.M", WireBuilder().Varint(1, 5)), R"({"number":5})");
  EXPECT_EQ(schemas.Json("pb.GoFeatures", WireBuilder().Varint(3, 1)), R"({"apiLevel":1})");
}

TEST(EditionsTest, DescriptorProtoMayBeNewer) {
  FileDescriptorProto newer;
  google::protobuf::FileDescriptorProto::descriptor()->file()->CopyTo(&newer);
  auto& features = *newer.add_message_type();
  features.set_name("FeatureSet");
  auto& field = *features.add_field();
  field.set_name("field_presence");
  field.set_number(1);
  field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  field.set_type(google::protobuf::FieldDescriptorProto::TYPE_INT32);
  const Loaded schemas({newer, Sample(kEdition2023)});
  EXPECT_EQ(schemas.Json("google.protobuf.FeatureSet", WireBuilder().Varint(1, 2)),
            R"({"fieldPresence":2})");
}

TEST(EditionsTest, AnUnknownEditionIsAFaultOfItsMessages) {
  FileDescriptorProto user = File(R"pb(
    name: "user.proto"
    package: "u"
    syntax: "proto3"
    dependency: "sample.proto"
    message_type {
      name: "U"
      field { name: "m" number: 1 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".s.M" }
      field { name: "n" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 }
    }
  )pb");
  const Loaded schemas({Sample(kEdition2024 + 1), user});
  EXPECT_THAT(schemas.pool().warnings(),
              ElementsAre(testing::AllOf(HasSubstr("sample.proto is of edition 1002"))));
  EXPECT_THAT(schemas.Json("s.M", ""), HasSubstr("s.M is of an edition of protobuf"));
  EXPECT_EQ(schemas.Json("u.U", WireBuilder().Varint(2, 1)), R"({"n":1})");
  EXPECT_THAT(schemas.Json("u.U", WireBuilder().Bytes(1, "")), HasSubstr("s.M is of an edition"));
  EXPECT_EQ(schemas.Json("ssegateway.v1.Dashboard", ""), "{}");
}

TEST(EditionsTest, AnUnknownEditionThatCannotBeReadIsLeftOut) {
  FileDescriptorProto odd = Sample(kEdition2024 + 1);
  odd.mutable_message_type(0)->mutable_field(0)->set_type_name(".s.Nothing");
  odd.mutable_message_type(0)->mutable_field(0)->clear_type();
  const FileDescriptorProto user = File(R"pb(name: "user.proto" dependency: "sample.proto")pb");
  const Loaded schemas({odd, user});
  EXPECT_THAT(schemas.pool().warnings(), ElementsAre(HasSubstr("sample.proto is of edition"),
                                                     HasSubstr("user.proto imports")));
  EXPECT_THAT(schemas.Json("s.M", ""), HasSubstr("unknown type 's.M'"));
}

// tests/testing/proto/editions, with a newer descriptor.proto and go_features.proto.
TEST(EditionsTest, WhatACompilerWrites) {
  const absl::StatusOr<std::unique_ptr<Schemas>> schemas = Schemas::Load({SSEGW_EDITIONS_SET}, {});
  ASSERT_TRUE(schemas.ok()) << schemas.status();
  EXPECT_THAT((*schemas)->pool().warnings(), IsEmpty());
  const OnePassTranscoder transcoder((*schemas)->plans());
  const auto json = [&](const std::string& type, const std::string& wire) {
    std::string text;
    const absl::Status status = transcoder.ToJson("acme.editions.v1." + type, wire, &text, nullptr);
    return status.ok() ? text : status.ToString();
  };
  const std::string order = WireBuilder()
                                .Bytes(1, "")
                                .Varint(2, 0)
                                .Varint(3, 7)
                                .Group(4, WireBuilder().Bytes(1, "wheel"))
                                .Bytes(5, "\x01")
                                .Varint(6, 2);
  EXPECT_EQ(json("Order", order),
            R"({"id":"","kind":7,"part":{"name":"wheel"},"kinds":["KIND_A"]})");
  EXPECT_EQ(json("Proto3", WireBuilder().Varint(1, 1).Varint(3, 0).Bytes(2, "")),
            R"({"kind":"KIND_A","maybe":0,"order":{}})");
  EXPECT_EQ(json("Next", WireBuilder().Bytes(3, WireBuilder().Bytes(1, "k"))),
            R"({"parts":{"k":{}}})");
}

}  // namespace
}  // namespace ssegw::transcode
