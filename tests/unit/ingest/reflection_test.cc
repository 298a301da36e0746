#include "gateway/ingest/reflection.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/transcode/acme.h"

namespace ssegw::ingest {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

constexpr char kPublisher[] = "ssegateway.v1.PublisherService";
constexpr char kPublisherFile[] = "ssegateway/v1/publisher.proto";

std::shared_ptr<const transcode::SchemaPool> Acme() {
  auto pool = transcode::SchemaPool::Load(
      {transcode::DescriptorSetPath("acme.pb"), transcode::DescriptorSetPath("extensions.pb")});
  EXPECT_TRUE(pool.ok()) << pool.status();
  return *std::move(pool);
}

ServerReflectionRequest Symbol(const std::string& name) {
  ServerReflectionRequest request;
  request.set_file_containing_symbol(name);
  return request;
}

ServerReflectionRequest File(const std::string& name) {
  ServerReflectionRequest request;
  request.set_file_by_filename(name);
  return request;
}

// Names of the files of an answer, the first one that was asked for.
std::vector<std::string> Files(const ServerReflectionResponse& response) {
  std::vector<std::string> names;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(file.ParseFromString(bytes));
    names.push_back(file.name());
  }
  return names;
}

class ReflectionTest : public testing::Test {
 protected:
  ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
    ServerReflectionResponse response;
    reflection_.Answer(request, &sent_, &response);
    EXPECT_EQ(response.original_request().SerializeAsString(), request.SerializeAsString());
    return response;
  }
  // Of one call after another.
  std::string FirstFile(const ServerReflectionRequest& request) {
    sent_.clear();
    const std::vector<std::string> files = Files(Ask(request));
    return files.empty() ? "" : files[0];
  }

  std::shared_ptr<const transcode::SchemaPool> schemas_ = Acme();
  const Reflection reflection_{{kPublisher}, [this] { return schemas_; }};
  Reflection::Sent sent_;
};

TEST_F(ReflectionTest, ListsServices) {
  ServerReflectionRequest request;
  request.set_list_services("*");
  request.set_host("gateway.example.com");
  const ServerReflectionResponse response = Ask(request);
  ASSERT_EQ(response.list_services_response().service_size(), 1);
  EXPECT_EQ(response.list_services_response().service(0).name(), kPublisher);
  EXPECT_EQ(response.valid_host(), "gateway.example.com");
}

TEST_F(ReflectionTest, FindsWhateverHasAName) {
  EXPECT_EQ(FirstFile(Symbol(kPublisher)), kPublisherFile);
  EXPECT_EQ(FirstFile(Symbol("ssegateway.v1.PublisherService.Publish")), kPublisherFile);
  EXPECT_EQ(FirstFile(Symbol("ssegateway.v1.Event.topic")), kPublisherFile);
  EXPECT_EQ(FirstFile(Symbol("ssegateway.v1.Dashboard")), "ssegateway/v1/dashboard.proto");
  EXPECT_EQ(FirstFile(Symbol("acme.v1.Everything")), "acme/v1/everything.proto");
  EXPECT_EQ(FirstFile(Symbol(".acme.v1.Everything")), "acme/v1/everything.proto");
  EXPECT_EQ(FirstFile(Symbol("acme.v1.Legacy.Closed")), "acme/v1/legacy.proto");
  EXPECT_EQ(FirstFile(Symbol("acme.v1.extra")), "acme/v1/extensions.proto");
  EXPECT_EQ(FirstFile(Symbol("google.protobuf.Timestamp")), "google/protobuf/timestamp.proto");
  EXPECT_EQ(FirstFile(File("acme/v1/legacy.proto")), "acme/v1/legacy.proto");
  EXPECT_EQ(FirstFile(File(kPublisherFile)), kPublisherFile);
}

TEST_F(ReflectionTest, SaysWhatThereIsNot) {
  struct Case {
    ServerReflectionRequest request;
    std::string error;
  };
  ServerReflectionRequest extension;
  extension.mutable_file_containing_extension()->set_containing_type("acme.v1.Legacy");
  extension.mutable_file_containing_extension()->set_extension_number(199);
  ServerReflectionRequest numbers;
  numbers.set_all_extension_numbers_of_type("acme.v1.Nothing");
  for (const Case& c : {Case{Symbol("acme.v1.Nothing"), "there is no symbol \"acme.v1.Nothing\""},
                        Case{Symbol(""), "there is no symbol \"\""},
                        Case{File("/etc/passwd"), "there is no file \"/etc/passwd\""},
                        Case{extension, "there is no extension 199 of \"acme.v1.Legacy\""},
                        Case{numbers, "there is no message \"acme.v1.Nothing\""}}) {
    const ServerReflectionResponse response = Ask(c.request);
    EXPECT_EQ(response.error_response().error_code(), 5) << c.error;
    EXPECT_EQ(response.error_response().error_message(), c.error);
  }
  EXPECT_EQ(Ask({}).error_response().error_code(), 3);
}

TEST_F(ReflectionTest, KnowsExtensionsOfDescriptorSets) {
  ServerReflectionRequest numbers;
  numbers.set_all_extension_numbers_of_type("acme.v1.Legacy");
  EXPECT_THAT(Ask(numbers).all_extension_numbers_response().extension_number(),
              IsSupersetOf({100, 101, 110}));
  numbers.set_all_extension_numbers_of_type("ssegateway.v1.Event");
  EXPECT_TRUE(Ask(numbers).has_all_extension_numbers_response());
  ServerReflectionRequest extension;
  extension.mutable_file_containing_extension()->set_containing_type("acme.v1.Legacy");
  extension.mutable_file_containing_extension()->set_extension_number(101);
  EXPECT_EQ(FirstFile(extension), "acme/v1/extensions.proto");
}

// What a tool does to write an Any.
TEST_F(ReflectionTest, AnswersAreEnoughToBuildATypeOf) {
  for (const std::string name : {"acme.v1.Everything", "acme.v1.Legacy", kPublisher}) {
    sent_.clear();
    google::protobuf::SimpleDescriptorDatabase database;
    const ServerReflectionResponse response = Ask(Symbol(name));
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      ASSERT_TRUE(file.ParseFromString(bytes));
      ASSERT_TRUE(database.Add(file)) << "twice: " << file.name();
    }
    const google::protobuf::DescriptorPool pool(&database);
    EXPECT_NE(pool.FindFileContainingSymbol(name), nullptr) << name;
  }
}

// Not what is made of it for a protobuf that does not know its edition.
TEST_F(ReflectionTest, AnswersWithAFileAsItCame) {
  google::protobuf::FileDescriptorSet set;
  google::protobuf::FileDescriptorProto& file = *set.add_file();
  file.set_name("t.proto");
  file.set_syntax("editions");
  file.mutable_unknown_fields()->AddVarint(14, 1000);  // edition = EDITION_2023
  file.add_message_type()->set_name("A");
  auto pool = transcode::SchemaPool::Parse(set.SerializeAsString());
  ASSERT_TRUE(pool.ok()) << pool.status();
  schemas_ = *std::move(pool);
  EXPECT_THAT(Ask(Symbol("A")).file_descriptor_response().file_descriptor_proto(),
              ElementsAre(file.SerializeAsString()));
}

TEST_F(ReflectionTest, DoesNotRepeatImportsInOneCall) {
  EXPECT_THAT(Files(Ask(Symbol("acme.v1.Everything"))), Contains("google/protobuf/any.proto"));
  const std::vector<std::string> next = Files(Ask(Symbol(kPublisher)));
  EXPECT_EQ(next[0], kPublisherFile);
  EXPECT_THAT(next, Not(Contains("google/protobuf/any.proto")));
  EXPECT_THAT(Files(Ask(Symbol(kPublisher))), ElementsAre(kPublisherFile));
}

TEST_F(ReflectionTest, KnowsTheSchemasOfTheMoment) {
  schemas_ = nullptr;
  EXPECT_TRUE(Ask(Symbol("acme.v1.Everything")).has_error_response());
  EXPECT_EQ(FirstFile(Symbol(kPublisher)), kPublisherFile);
  schemas_ = Acme();
  EXPECT_EQ(FirstFile(Symbol("acme.v1.Everything")), "acme/v1/everything.proto");
}

}  // namespace
}  // namespace ssegw::ingest
