// --check_config and a start, which are to agree on every descriptor set.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/gateway_process.h"

namespace ssegw::testing {
namespace {

using base::Concat;
using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

FileDescriptorProto& AddFile(FileDescriptorSet& set, const std::string& name,
                             const std::vector<std::string>& imports = {}) {
  FileDescriptorProto& file = *set.add_file();
  file.set_name(name);
  file.set_package("t");
  file.set_syntax("proto3");
  for (const std::string& import : imports) file.add_dependency(import);
  return file;
}

FieldDescriptorProto& AddField(DescriptorProto& message, const std::string& name,
                               FieldDescriptorProto::Type type = FieldDescriptorProto::TYPE_INT32) {
  FieldDescriptorProto& field = *message.add_field();
  field.set_name(name);
  field.set_number(message.field_size());
  field.set_label(FieldDescriptorProto::LABEL_OPTIONAL);
  field.set_type(type);
  return field;
}

std::string OneMessage(const std::vector<std::string>& fields,
                       const std::string& syntax = "proto3") {
  FileDescriptorSet set;
  FileDescriptorProto& file = AddFile(set, "t.proto");
  file.set_syntax(syntax);
  DescriptorProto& message = *file.add_message_type();
  message.set_name("A");
  for (const std::string& field : fields) AddField(message, field);
  return set.SerializeAsString();
}

// Each type has a field of the next one.
std::string ChainOfTypes(int length) {
  FileDescriptorSet set;
  FileDescriptorProto& file = AddFile(set, "t.proto");
  for (int i = 0; i < length; ++i) {
    DescriptorProto& message = *file.add_message_type();
    message.set_name(Concat("M", i));
    if (i + 1 == length) continue;
    AddField(message, "next", FieldDescriptorProto::TYPE_MESSAGE)
        .set_type_name(Concat(".t.M", i + 1));
  }
  return set.SerializeAsString();
}

// Each file imports the next one.
std::string ChainOfFiles(int length) {
  FileDescriptorSet set;
  for (int i = 0; i < length; ++i) {
    AddFile(set, Concat(i, ".proto"),
            i + 1 < length ? std::vector{Concat(i + 1, ".proto")} : std::vector<std::string>());
  }
  return set.SerializeAsString();
}

std::string Nested(int depth) {
  FileDescriptorSet set;
  DescriptorProto* message = AddFile(set, "t.proto").add_message_type();
  message->set_name("M");
  for (int i = 0; i < depth; ++i) {
    message = message->add_nested_type();
    message->set_name("M");
  }
  return set.SerializeAsString();
}

std::string Importing(const std::vector<std::pair<std::string, std::string>>& imports) {
  FileDescriptorSet set;
  for (const auto& [file, import] : imports) AddFile(set, file, {import});
  return set.SerializeAsString();
}

struct SetCase {
  std::string name;
  std::string bytes;
  // Of both; nullopt: whatever it is, they agree.
  std::optional<bool> is_valid = std::nullopt;
};

std::vector<SetCase> Cases() {
  const std::string valid = OneMessage({"x", "y"});
  return {
      {"valid", valid, true},
      {"cut", valid.substr(0, valid.size() - 3), false},
      {"empty", "", false},
      {"source", "syntax = \"proto3\";\npackage t;\nmessage A {}\n", false},
      {"json", "{\"file\": []}", false},
      {"missing import", Importing({{"a.proto", "b.proto"}}), false},
      {"import cycle", Importing({{"a.proto", "b.proto"}, {"b.proto", "a.proto"}}), false},
      {"compiled-in import", Importing({{"a.proto", "google/protobuf/any.proto"}}), true},
      {"one JSON name for two fields", OneMessage({"foo_bar", "fooBar"}, "proto2"), false},
      {"the same field twice", OneMessage({"x", "x"}), false},
      {"unknown syntax", OneMessage({"x"}, "proto9")},
      {"chain of 15,000 types", ChainOfTypes(15'000)},
      {"chain of 3,000 files", ChainOfFiles(3'000)},
      {"20 levels of definitions", Nested(20), true},
      {"45 levels of definitions", Nested(45)},
      {"200 levels of definitions", Nested(200), false},
  };
}

// What a start says of faults; nullopt: it listens.
std::optional<std::string> FaultsOfStart(const std::vector<std::string>& flags) {
  std::vector<std::string> all = {"--http_listen=127.0.0.1:0", "--grpc_listen=127.0.0.1:0",
                                  "--admin_listen=127.0.0.1:0", "--drain_delay=0s"};
  all.insert(all.end(), flags.begin(), flags.end());
  Process process(GatewayBinary(), all);
  std::optional<int> exit_code;
  EXPECT_TRUE(WaitFor([&] {
    exit_code = process.WaitExit(base::Duration(0));
    return exit_code || process.Stderr().find("msg=listening") != std::string::npos;
  }));
  if (!exit_code) {
    process.Signal(SIGTERM);
    EXPECT_EQ(process.WaitExit(), 0);
    return std::nullopt;
  }
  EXPECT_EQ(exit_code, 2) << process.Stderr();
  return process.Stderr();
}

TEST(DescriptorSetTest, CheckAndStartAgree) {
  const std::filesystem::path file =
      std::filesystem::path(::testing::TempDir()) / Concat("set-", getpid());
  const std::string flag = Concat("--descriptor_set=", file.string());
  for (const SetCase& c : Cases()) {
    std::ofstream(file, std::ios::binary) << c.bytes;
    // Some faults are of the names that are written.
    for (const std::string names : {"--json_field_names=json", "--json_field_names=proto"}) {
      const RunResult check = RunGateway({"--check_config", flag, names});
      const std::optional<std::string> faults = FaultsOfStart({flag, names});
      EXPECT_EQ(check.exit_code, faults ? 2 : 0) << c.name << ' ' << names << check.err;
      EXPECT_EQ(check.err, faults.value_or(check.err)) << c.name;
      if (c.is_valid && names == "--json_field_names=json") {
        EXPECT_EQ(!faults, *c.is_valid) << c.name << ' ' << check.err;
      }
    }
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace ssegw::testing
