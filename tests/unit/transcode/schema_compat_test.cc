#include "internal/transcode/schema_compat.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "tests/unit/transcode/acme.h"

namespace ssegw::transcode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The compiled-in types and those of a .proto file with this text.
std::unique_ptr<SchemaPool> PoolOf(const std::string& text) {
  std::string folder = testing::TempDir() + "schema_compat_XXXXXX";
  EXPECT_NE(::mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/t.proto") << text;
  const std::string command =
      base::Concat(SSEGW_PROTOC, " -I ", folder, " --descriptor_set_out=", folder, "/set.binpb ",
                   folder, "/t.proto");
  EXPECT_EQ(std::system(command.c_str()), 0) << text;
  auto pool = SchemaPool::Load({folder + "/set.binpb"});
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(pool.ok()) << pool.status();
  return *std::move(pool);
}

std::string Proto3(const std::string& text) { return "syntax = \"proto3\"; package t; " + text; }
std::string Proto2(const std::string& text) { return "syntax = \"proto2\"; package t; " + text; }

std::vector<std::string> Faults(const std::string& before, const std::string& after,
                                const JsonOptions& options = {}) {
  return CompatibilityFaults(*PoolOf(before), *PoolOf(after), options);
}

struct CompatCase {
  std::string name;
  std::string before;
  std::string after;
  std::vector<std::string> faults = {};  // none: compatible
  JsonOptions options = {};
};

void PrintTo(const CompatCase& c, std::ostream* out) { *out << c.name; }

class SchemaCompatTest : public testing::TestWithParam<CompatCase> {};

TEST_P(SchemaCompatTest, SaysWhatBreaks) {
  EXPECT_EQ(Faults(GetParam().before, GetParam().after, GetParam().options), GetParam().faults);
}

const JsonOptions kProtoNames = {.proto_field_names = true};
const JsonOptions kNumbers = {.enums_as_numbers = true};

INSTANTIATE_TEST_SUITE_P(
    Messages, SchemaCompatTest,
    testing::Values(
        CompatCase{"Same", Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { int32 x = 1; }")},
        CompatCase{"NewMessage", Proto3("message A {}"), Proto3("message A {} message B {}")},
        CompatCase{"MessageIsGone",
                   Proto3("message A { message C {} } message B {}"),
                   Proto3("message B {}"),
                   {"message t.A is gone"}},
        CompatCase{"NestedMessageIsGone",
                   Proto3("message A { message C {} }"),
                   Proto3("message A {}"),
                   {"message t.A.C is gone"}},
        CompatCase{
            "MessageSet",
            Proto2("message A { extensions 4 to max; }"),
            Proto2("message A { option message_set_wire_format = true; extensions 4 to max; }"),
            {"message t.A has another wire format"}}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Fields, SchemaCompatTest,
    testing::Values(
        CompatCase{"NewField", Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { int32 x = 1; string y = 2; A z = 3; }")},
        CompatCase{"Order", Proto3("message A { int32 x = 1; int32 y = 2; }"),
                   Proto3("message A { int32 y = 2; int32 x = 1; }")},
        CompatCase{"FieldIsGone",
                   Proto3("message A { int32 x = 1; }"),
                   Proto3("message A {}"),
                   {"field t.A.x is gone, and its number 1 and its name are not both reserved"}},
        CompatCase{"FieldIsGoneAndItsNameIsNotReserved",
                   Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { reserved 1; }"),
                   {"field t.A.x is gone, and its number 1 and its name are not both reserved"}},
        CompatCase{"FieldIsReserved", Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { reserved 1; reserved \"x\"; }")},
        CompatCase{"OtherNumber",
                   Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { int32 x = 2; }"),
                   {"field t.A.x is gone, and its number 1 and its name are not both reserved"}},
        CompatCase{"OtherType",
                   Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { string x = 1; }"),
                   {"field t.A.x (1) was int32 and is string"}},
        CompatCase{"OtherTypeOfTheSameWireForm",
                   Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { int64 x = 1; }"),
                   {"field t.A.x (1) was int32 and is int64"}},
        CompatCase{"OtherMessage",
                   Proto3("message B {} message C {} message A { B x = 1; }"),
                   Proto3("message B {} message C {} message A { C x = 1; }"),
                   {"field t.A.x (1) was t.B and is t.C"}},
        CompatCase{"OtherEnum",
                   Proto3("enum B { B0 = 0; } enum C { C0 = 0; } message A { B x = 1; }"),
                   Proto3("enum B { B0 = 0; } enum C { C0 = 0; } message A { C x = 1; }"),
                   {"field t.A.x (1) was t.B and is t.C"}},
        CompatCase{"Group",
                   Proto2("message A { optional group X = 1 {} }"),
                   Proto2("message A { message X {} optional X x = 1; }"),
                   {"field t.A.x (1) was t.A.X as a group and is t.A.X"}},
        CompatCase{"Repeated",
                   Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { repeated int32 x = 1; }"),
                   {"field t.A.x (1) was a single value and is repeated"}},
        CompatCase{"PackedOrNot", Proto3("message A { repeated int32 x = 1; }"),
                   Proto3("message A { repeated int32 x = 1 [packed = false]; }")},
        CompatCase{"Presence", Proto3("message A { int32 x = 1; }"),
                   Proto3("message A { optional int32 x = 1; }")},
        CompatCase{"MapOfOthers",
                   Proto3("message A { map<string, int32> x = 1; }"),
                   Proto3("message A { map<int32, string> x = 1; }"),
                   {"field t.A.x (1) was a map of string and is of int32",
                    "field t.A.x (1) was a map of int32 and is of string"}},
        CompatCase{"MapAsAList",
                   Proto3("message A { map<string, int32> x = 1; }"),
                   Proto3("message A { message XEntry { string key = 1; int32 value = 2; } "
                          "repeated XEntry x = 1; }"),
                   {"field t.A.x (1) was a map and is repeated"}},
        CompatCase{"BecomesRequired",
                   Proto2("message A { optional int32 x = 1; }"),
                   Proto2("message A { required int32 x = 1; }"),
                   {"field t.A.x (1) was optional and is required"}},
        CompatCase{"BecomesOptional", Proto2("message A { required int32 x = 1; }"),
                   Proto2("message A { optional int32 x = 1; }")},
        CompatCase{"NewAndRequired",
                   Proto2("message A {}"),
                   Proto2("message A { required int32 x = 1; }"),
                   {"field t.A.x is new and required"}}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Names, SchemaCompatTest,
    testing::Values(CompatCase{"OtherName",
                               Proto3("message A { int32 x_y = 1; }"),
                               Proto3("message A { int32 x_z = 1; }"),
                               {"field t.A.x_y (1) was called xY and is called xZ"}},
                    CompatCase{"OtherNameOfTheSameJsonName", Proto3("message A { int32 x_y = 1; }"),
                               Proto3("message A { int32 other = 1 [json_name = \"xY\"]; }")},
                    CompatCase{"OtherJsonName",
                               Proto3("message A { int32 x_y = 1; }"),
                               Proto3("message A { int32 x_y = 1 [json_name = \"z\"]; }"),
                               {"field t.A.x_y (1) was called xY and is called z"}},
                    CompatCase{"OtherNameWhereNamesAreWritten",
                               Proto3("message A { int32 x_y = 1; }"),
                               Proto3("message A { int32 other = 1 [json_name = \"xY\"]; }"),
                               {"field t.A.x_y (1) was called x_y and is called other"},
                               kProtoNames},
                    CompatCase{"OtherJsonNameWhereNamesAreWritten",
                               Proto3("message A { int32 x_y = 1; }"),
                               Proto3("message A { int32 x_y = 1 [json_name = \"z\"]; }"),
                               {},
                               kProtoNames}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Oneofs, SchemaCompatTest,
    testing::Values(
        CompatCase{"IntoAOneofOfItsOwn", Proto3("message A { int32 x = 1; int32 y = 2; }"),
                   Proto3("message A { oneof o { int32 x = 1; string z = 3; } int32 y = 2; }")},
        CompatCase{"TwoIntoOne",
                   Proto3("message A { int32 x = 1; int32 y = 2; }"),
                   Proto3("message A { oneof o { int32 x = 1; int32 y = 2; } }"),
                   {"fields t.A.x and t.A.y exclude one another now, in oneof o"}},
        CompatCase{"OneMoreIntoOne",
                   Proto3("message A { oneof o { int32 x = 1; } int32 y = 2; }"),
                   Proto3("message A { oneof o { int32 x = 1; int32 y = 2; } }"),
                   {"fields t.A.x and t.A.y exclude one another now, in oneof o"}},
        CompatCase{"OutOfOne", Proto3("message A { oneof o { int32 x = 1; int32 y = 2; } }"),
                   Proto3("message A { optional int32 x = 1; oneof p { int32 y = 2; } }")},
        CompatCase{"OtherNameOfAOneof",
                   Proto3("message A { oneof o { int32 x = 1; int32 y = 2; } }"),
                   Proto3("message A { oneof p { int32 x = 1; int32 y = 2; } }")},
        CompatCase{"Optional", Proto3("message A { optional int32 x = 1; optional int32 y = 2; }"),
                   Proto3("message A { optional int32 x = 1; optional int32 y = 2; }")}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Enums, SchemaCompatTest,
    testing::Values(
        CompatCase{"NewValue", Proto3("enum E { A = 0; }"), Proto3("enum E { A = 0; B = 1; }")},
        CompatCase{"OtherValueName",
                   Proto3("enum E { A = 0; B = 1; }"),
                   Proto3("enum E { A = 0; C = 1; }"),
                   {"value t.B (1) is called C"}},
        CompatCase{"OtherValueNameWhereNumbersAreWritten",
                   Proto3("enum E { A = 0; B = 1; }"),
                   Proto3("enum E { A = 0; C = 1; }"),
                   {},
                   kNumbers},
        CompatCase{"ValueIsGone",
                   Proto3("message M { enum E { A = 0; B = 1; } }"),
                   Proto3("message M { enum E { A = 0; } }"),
                   {"value t.M.B is gone, and its number 1 and its name are not both reserved"}},
        CompatCase{"ValueIsReserved", Proto3("enum E { A = 0; B = 1; }"),
                   Proto3("enum E { A = 0; reserved 1; reserved \"B\"; }")},
        CompatCase{"NewAlias", Proto3("enum E { A = 0; B = 1; }"),
                   Proto3("enum E { option allow_alias = true; A = 0; B = 1; C = 1; }")},
        CompatCase{"AliasThatIsWritten",
                   Proto3("enum E { A = 0; B = 1; }"),
                   Proto3("enum E { option allow_alias = true; A = 0; C = 1; B = 1; }"),
                   {"value t.B (1) is called C"}}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Extensions, SchemaCompatTest,
    testing::Values(
        CompatCase{"NewExtension", Proto2("message A { extensions 1 to 9; }"),
                   Proto2("message A { extensions 1 to 9; } extend A { optional int32 x = 1; }")},
        CompatCase{"ExtensionIsGone",
                   Proto2("message A { extensions 1 to 9; } extend A { optional int32 x = 1; }"),
                   Proto2("message A { extensions 1 to 9; }"),
                   {"extension t.x is gone"}},
        CompatCase{"ExtensionIsElsewhere",
                   Proto2("message A { extensions 1 to 9; } extend A { optional int32 x = 1; }"),
                   Proto2("message A { extensions 1 to 9; extend A { optional int32 x = 1; } }"),
                   {"extension t.x is called t.A.x"}},
        CompatCase{"ExtensionOfAnotherType",
                   Proto2("message A { extensions 1 to 9; extend A { optional int32 x = 1; } }"),
                   Proto2("message A { extensions 1 to 9; extend A { optional bytes x = 1; } }"),
                   {"extension t.A.x (1) was int32 and is bytes"}}),
    [](const auto& param) { return param.param.name; });

TEST(SchemaCompatTest, NamesEveryFault) {
  EXPECT_THAT(Faults(Proto3("message A { int32 x = 1; int32 y = 2; } message B {}"),
                     Proto3("message A { bool x = 1; bool y = 2; }")),
              ElementsAre("field t.A.x (1) was int32 and is bool",
                          "field t.A.y (2) was int32 and is bool", "message t.B is gone"));
}

TEST(SchemaCompatTest, FindsNoFaultInASetThatIsTheSame) {
  EXPECT_THAT(CompatibilityFaults(AcmeSchemas(), AcmeSchemas(), {}), IsEmpty());
}

// "message A { int32 x = 1; }" in a file of an edition.
std::unique_ptr<SchemaPool> PoolOfEdition(int edition) {
  google::protobuf::FileDescriptorSet set;
  google::protobuf::FileDescriptorProto& file = *set.add_file();
  file.set_name("t.proto");
  file.set_package("t");
  file.set_syntax("editions");
  file.mutable_unknown_fields()->AddVarint(14, static_cast<uint64_t>(edition));
  google::protobuf::DescriptorProto& message = *file.add_message_type();
  message.set_name("A");
  google::protobuf::FieldDescriptorProto& field = *message.add_field();
  field.set_name("x");
  field.set_number(1);
  field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  field.set_type(google::protobuf::FieldDescriptorProto::TYPE_INT32);
  auto pool = SchemaPool::Parse(set.SerializeAsString());
  EXPECT_TRUE(pool.ok()) << pool.status();
  return *std::move(pool);
}

TEST(SchemaCompatTest, AFileMayMoveToAnEditionThatIsKnown) {
  const auto proto3 = PoolOf(Proto3("message A { int32 x = 1; }"));
  const auto edition = PoolOfEdition(1000);
  EXPECT_THAT(CompatibilityFaults(*proto3, *edition, {}), IsEmpty());
  EXPECT_THAT(CompatibilityFaults(*edition, *proto3, {}), IsEmpty());
  EXPECT_FALSE(HaveSameFiles(*proto3, *edition));
  const auto unknown = PoolOfEdition(99'998);
  EXPECT_THAT(CompatibilityFaults(*edition, *unknown, {}),
              ElementsAre("message t.A is of edition 99998, which is not known"));
  EXPECT_THAT(CompatibilityFaults(*unknown, *edition, {}), IsEmpty());
}

TEST(HaveSameFilesTest, ComparesDefinitions) {
  const auto pool = PoolOf(Proto3("message A { int32 x = 1; }"));
  EXPECT_TRUE(HaveSameFiles(*pool, *PoolOf(Proto3("message A { int32 x = 1; }"))));
  EXPECT_FALSE(HaveSameFiles(*pool, *PoolOf(Proto3("message A { int32 y = 1; }"))));
  EXPECT_FALSE(HaveSameFiles(*pool, AcmeSchemas()));
}

}  // namespace
}  // namespace ssegw::transcode
