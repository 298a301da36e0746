#include "internal/transcode/schema_pool.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "internal/base/concat.h"
#include "internal/transcode/schemas.h"
#include "ssegateway/v1/dashboard.pb.h"
#include "tests/unit/transcode/acme.h"

namespace ssegw::transcode {
namespace {

using google::protobuf::FileDescriptorSet;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class SchemaPoolTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name =
        (std::filesystem::temp_directory_path() / "schema_pool_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& name, const std::string& bytes) const {
    const std::string path = directory_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  // A set of files, each in text format.
  std::string WriteSet(const std::string& name, const std::vector<std::string>& files) const {
    FileDescriptorSet set;
    for (const std::string& file : files) {
      EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(file, set.add_file())) << file;
    }
    return Write(name, set.SerializeAsString());
  }

  static std::string FaultOf(const std::vector<std::string>& files) {
    const absl::StatusOr<std::unique_ptr<SchemaPool>> schemas = SchemaPool::Load(files);
    EXPECT_TRUE(schemas.ok() || absl::IsInvalidArgument(schemas.status())) << schemas.status();
    return std::string(schemas.status().message());
  }

  static std::unique_ptr<SchemaPool> Load(const std::vector<std::string>& files) {
    absl::StatusOr<std::unique_ptr<SchemaPool>> schemas = SchemaPool::Load(files);
    EXPECT_TRUE(schemas.ok()) << schemas.status();
    return schemas.ok() ? *std::move(schemas) : nullptr;
  }

  std::filesystem::path directory_;
};

TEST_F(SchemaPoolTest, HasTheCompiledInTypes) {
  const std::unique_ptr<SchemaPool> schemas = Load({});
  ASSERT_NE(schemas, nullptr);
  for (const char* type :
       {"ssegateway.v1.Dashboard", "ssegateway.v1.Panel", "google.protobuf.Any",
        "google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.Struct",
        "google.protobuf.Value", "google.protobuf.ListValue", "google.protobuf.FieldMask",
        "google.protobuf.Empty", "google.protobuf.BytesValue", "google.protobuf.DoubleValue",
        "google.protobuf.Api", "google.protobuf.Type", "google.protobuf.SourceContext",
        "google.protobuf.FileDescriptorSet"}) {
    EXPECT_NE(schemas->FindMessage(type), nullptr) << type;
  }
  EXPECT_EQ(schemas->FindMessage("acme.v1.Everything"), nullptr);
}

TEST_F(SchemaPoolTest, TakesSetsWithAndWithoutImports) {
  for (const char* set : {"acme.pb", "acme_alone.pb"}) {
    const std::unique_ptr<SchemaPool> schemas = Load({DescriptorSetPath(set)});
    ASSERT_NE(schemas, nullptr);
    EXPECT_NE(schemas->FindMessage("acme.v1.Everything"), nullptr);
    EXPECT_NE(schemas->FindMessage("acme.v1.Legacy.Inner"), nullptr);
    EXPECT_NE(schemas->FindMessage("ssegateway.v1.Dashboard"), nullptr);
  }
}

TEST_F(SchemaPoolTest, TakesTheSameFileFromTwoSets) {
  EXPECT_NE(Load({DescriptorSetPath("acme.pb"), DescriptorSetPath("acme_alone.pb")}), nullptr);
}

TEST_F(SchemaPoolTest, FilesComeAfterTheirImports) {
  // The importing file first, and in another set than what it imports.
  const std::string set_a = WriteSet("a.pb", {R"(name: "a.proto" dependency: "b.proto"
                  message_type { name: "A" field { name: "b" number: 1 label: LABEL_OPTIONAL
                                                   type: TYPE_MESSAGE type_name: ".B" } })"});
  const std::string set_b = WriteSet("b.pb", {R"(name: "b.proto" message_type { name: "B" })"});
  const std::unique_ptr<SchemaPool> schemas = Load({set_a, set_b});
  ASSERT_NE(schemas, nullptr);
  ASSERT_GE(schemas->files().size(), 2u);
  EXPECT_EQ(schemas->files().back().descriptor->name(), "a.proto");
  EXPECT_EQ(schemas->files()[schemas->files().size() - 2].descriptor->name(), "b.proto");
}

TEST_F(SchemaPoolTest, CompiledInDefinitionsWin) {
  // Applications that vendored an older dashboard.proto each, without some of its fields.
  std::vector<std::string> sets;
  for (const int fields : {1, 3}) {
    FileDescriptorSet set;
    google::protobuf::Timestamp::descriptor()->file()->CopyTo(set.add_file());
    ssegateway::v1::Dashboard::descriptor()->file()->CopyTo(set.add_file());
    auto& dashboard = *set.mutable_file(1)->mutable_message_type(0);
    dashboard.mutable_field()->DeleteSubrange(fields, dashboard.field_size() - fields);
    sets.push_back(Write(base::Concat("old_", fields, ".pb"), set.SerializeAsString()));
  }
  const std::unique_ptr<SchemaPool> schemas = Load(sets);
  ASSERT_NE(schemas, nullptr);
  EXPECT_NE(schemas->FindMessage("ssegateway.v1.Dashboard")->FindFieldByName("labels"), nullptr);
}

TEST_F(SchemaPoolTest, NamesTheUnreadableFile) {
  EXPECT_THAT(FaultOf({directory_ / "missing.pb"}),
              AllOf(HasSubstr("missing.pb"), HasSubstr("No such file or directory")));
  EXPECT_THAT(FaultOf({directory_}), AllOf(HasSubstr(directory_.string()), HasSubstr("directory")));
}

TEST_F(SchemaPoolTest, NamesTheFileThatIsNoDescriptorSet) {
  struct NoSet {
    const char* name;
    std::string bytes;
  };
  FileDescriptorSet nameless;
  nameless.add_file()->add_message_type()->set_name("A");
  for (const NoSet& no_set : {NoSet{"empty", ""}, NoSet{"source", "syntax = \"proto3\";\n"},
                              NoSet{"unknown_fields", WireBuilder().Varint(7, 7)},
                              NoSet{"cut", WireBuilder().Bytes(1, "abc").Raw("\x0A")},
                              NoSet{"nameless", nameless.SerializeAsString()}}) {
    EXPECT_THAT(FaultOf({Write(no_set.name, no_set.bytes)}),
                AllOf(HasSubstr(std::string("/") + no_set.name + ":"),
                      HasSubstr("not a FileDescriptorSet")));
  }
}

TEST_F(SchemaPoolTest, SaysWhatTheFileIsInstead) {
  struct Other {
    const char* name;
    std::string bytes;
    const char* guess;
  };
  FileDescriptorSet set;
  set.add_file()->set_name("a.proto");
  set.mutable_file(0)->add_message_type()->set_name("A");
  const Other others[] = {
      {"empty", "", "it is empty"},
      {"blank", " \n\t", "it is blank"},
      {"proto", "// Copyright\nsyntax = \"proto3\";\n", ".proto source: compile it with protoc"},
      {"edition", "edition = \"2023\";\n", ".proto source"},
      {"no_syntax", "\n\npackage a;\nmessage A {}\n", ".proto source"},
      {"json", " {\"file\": []}", "it is JSON"},
      {"text", "file { name: \"a\" }", "text format"},
      {"base64", "CgthY21lLnByb3RvEgdhY21lLnYx\n", "it is base64: decode it"},
      {"html", "<!DOCTYPE html><title>404</title>", "HTML or XML"},
      {"prose", "see the wiki: it's there.", "it is text"},
      {"png", "\x89PNG\r\n\x1A\n----", "picture (PNG)"},
      {"zip", "PK\x03\x04----", "zip archive"},
      {"elf",
       "\x7F"
       "ELF\x02",
       "program or library"},
      {"single", set.file(0).SerializeAsString(), "single FileDescriptorProto"},
  };
  for (const Other& other : others) {
    EXPECT_THAT(FaultOf({Write(other.name, other.bytes)}),
                AllOf(HasSubstr("not a FileDescriptorSet"), HasSubstr(other.guess)))
        << other.name;
  }
}

TEST_F(SchemaPoolTest, TakesGzip) {
  // gzip of the set {file {name: "a.proto" message_type {name: "A"}}}, by Python's gzip module.
  const std::string gzip = absl::HexStringToBytes(
      "1f8b0800000000000203e3e2e3624fd42b28ca2fc95762e6627404000932934110000000");
  const std::unique_ptr<SchemaPool> schemas = Load({Write("a.pb.gz", gzip)});
  ASSERT_NE(schemas, nullptr);
  EXPECT_NE(schemas->FindMessage("A"), nullptr);
  EXPECT_THAT(FaultOf({Write("cut.gz", gzip.substr(0, 25))}),
              AllOf(HasSubstr("/cut.gz:"), HasSubstr("not whole gzip")));
}

// Depths at which recursion would leave the stack.
TEST_F(SchemaPoolTest, ChainsMayBeLong) {
  constexpr int kLength = 20'000;
  FileDescriptorSet imports;
  FileDescriptorSet types;
  auto& file = *types.add_file();
  file.set_name("types.proto");
  for (int i = 0; i < kLength; ++i) {
    auto& link = *imports.add_file();  // the last file first
    link.set_name(base::Concat(i, ".proto"));
    if (i + 1 < kLength) link.add_dependency(base::Concat(i + 1, ".proto"));
    auto& type = *file.add_message_type();
    type.set_name(base::Concat("M", i));
    if (i + 1 == kLength) break;
    auto& field = *type.add_field();
    field.set_name("next");
    field.set_number(1);
    field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
    field.set_type_name(base::Concat(".M", i + 1));
  }
  EXPECT_NE(Load({Write("imports.pb", imports.SerializeAsString())}), nullptr);
  const absl::StatusOr<std::unique_ptr<Schemas>> schemas =
      Schemas::Load({Write("types.pb", types.SerializeAsString())}, {});
  ASSERT_TRUE(schemas.ok()) << schemas.status();
  EXPECT_NE((*schemas)->plans().Find("M0"), nullptr);

  // Public imports are followed by protobuf's own recursion.
  for (auto& link : *imports.mutable_file()) {
    if (link.dependency_size() > 0) link.add_public_dependency(0);
  }
  EXPECT_THAT(FaultOf({Write("public.pb", imports.SerializeAsString())}),
              HasSubstr("at the end of more than 1000 public imports"));
}

TEST_F(SchemaPoolTest, TwoFieldsWithOneJsonNameAreAFault) {
  const std::string set = WriteSet("a.pb", {R"(name: "a.proto" package: "a"
      message_type { name: "M"
        field { name: "foo_bar" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 }
        field { name: "fooBar" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 } }
      message_type { name: "N"
        field { name: "x" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 json_name: "y" }
        field { name: "y" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 } }
      message_type { name: "O"
        field { name: "t" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 json_name: "@type" } })"});
  const absl::Status status = Schemas::Load({set}, {}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("a.M.foo_bar and a.M.fooBar have one name in JSON, \"fooBar\""),
                    HasSubstr("a.N.x and a.N.y"), HasSubstr("a.O.t is \"@type\"")));
  EXPECT_TRUE(Schemas::Load({set}, {.proto_field_names = true}).ok());
}

TEST_F(SchemaPoolTest, TextThatIsNotUtf8IsAFault) {
  const std::string set = WriteSet("a.pb", {R"(name: "a.proto" package: "a" syntax: "proto2"
      message_type { name: "M"
        field { name: "x" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 json_name: "fo\221\276o" }
        field { name: "y" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING default_value: "\376" }
        field { name: "z" number: 3 label: LABEL_OPTIONAL type: TYPE_BYTES default_value: "\\376" }
      })"});
  EXPECT_THAT(std::string(Schemas::Load({set}, {}).status().message()),
              HasSubstr("the json_name of a.M.x is not UTF-8"));
  const JsonOptions odd{.proto_field_names = true, .emit_defaults = true};
  EXPECT_THAT(std::string(Schemas::Load({set}, odd).status().message()),
              AllOf(HasSubstr("the default of a.M.y is not UTF-8"), Not(HasSubstr("a.M.z"))));
}

TEST_F(SchemaPoolTest, NamesTheMissingImport) {
  EXPECT_THAT(FaultOf({WriteSet("a.pb", {R"(name: "a.proto" dependency: "b.proto")"})}),
              AllOf(HasSubstr("/a.pb:"), HasSubstr("missing import"), HasSubstr("b.proto")));
}

TEST_F(SchemaPoolTest, NamesTheImportCycle) {
  EXPECT_THAT(FaultOf({WriteSet("a.pb", {R"(name: "a.proto" dependency: "b.proto")",
                                         R"(name: "b.proto" dependency: "a.proto")"})}),
              AllOf(HasSubstr("/a.pb:"), HasSubstr("import cycle")));
}

TEST_F(SchemaPoolTest, NamesTheConflict) {
  const std::string first = WriteSet("first.pb", {R"(name: "a.proto" message_type { name: "A" })"});
  const std::string other_content =
      WriteSet("second.pb", {R"(name: "a.proto" message_type { name: "B" })"});
  EXPECT_THAT(FaultOf({first, other_content}),
              AllOf(HasSubstr("/second.pb:"), HasSubstr("conflicting definition"),
                    HasSubstr("a.proto"), HasSubstr("/first.pb")));
  const std::string same_type =
      WriteSet("third.pb", {R"(name: "c.proto" message_type { name: "A" })"});
  EXPECT_THAT(FaultOf({first, same_type}),
              AllOf(HasSubstr("/third.pb:"), HasSubstr("c.proto"), HasSubstr("already defined")));
  const std::string well_known = WriteSet(
      "fourth.pb",
      {R"(name: "vendored.proto" package: "google.protobuf" message_type { name: "Any" })"});
  EXPECT_THAT(FaultOf({well_known}),
              AllOf(HasSubstr("/fourth.pb:"), HasSubstr("google.protobuf.Any")));
}

TEST_F(SchemaPoolTest, NamesTheInvalidDefinition) {
  EXPECT_THAT(
      FaultOf({WriteSet("a.pb", {R"(name: "a.proto" message_type { name: "not a name" })"})}),
      AllOf(HasSubstr("/a.pb:"), HasSubstr("a.proto"), HasSubstr("not a name")));
}

TEST_F(SchemaPoolTest, ReportsEveryFileWithAFault) {
  EXPECT_THAT(FaultOf({directory_ / "missing.pb", Write("empty.pb", ""),
                       WriteSet("a.pb", {R"(name: "a.proto" dependency: "b.proto")"})}),
              AllOf(HasSubstr("missing.pb"), HasSubstr("empty.pb"), HasSubstr("b.proto")));
}

TEST_F(SchemaPoolTest, ProtobufStaysQuiet) {
  ASSERT_NE(Load({}), nullptr);
  testing::internal::CaptureStderr();
  FaultOf({WriteSet("a.pb", {R"(name: "a.proto" message_type { name: "not a name" })"})});
  google::protobuf::Value value;
  EXPECT_FALSE(value.ParseFromString(WireBuilder().Bytes(3, "\xFF")));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// Names in a set may hold anything, and a fault is printed, a warning logged.
TEST_F(SchemaPoolTest, TellsOfOddNamesInOneLine) {
  const std::string odd = WriteSet("odd", {R"(name: "a\n\001b" syntax: "proto9")"});
  const std::unique_ptr<SchemaPool> schemas = Load({odd});
  ASSERT_NE(schemas, nullptr);
  ASSERT_EQ(schemas->warnings().size(), 1u);
  EXPECT_THAT(schemas->warnings()[0], HasSubstr("a??b is of edition"));
  const std::string missing = WriteSet("missing", {R"(name: "a\r\nb" dependency: "c\033[31m")"});
  EXPECT_THAT(FaultOf({missing}), HasSubstr("a??b imports c?[31m"));
}

}  // namespace
}  // namespace ssegw::transcode
