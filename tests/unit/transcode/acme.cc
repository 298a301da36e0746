#include "tests/unit/transcode/acme.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

#include <cstdlib>
#include <iostream>

#include "internal/base/concat.h"
#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/reference/json_util_transcoder.h"

namespace ssegw::transcode {

namespace {

// The product's way, with its plans.
class OnePass : public Transcoder {
 public:
  OnePass(const SchemaPool& schemas, const JsonOptions& options)
      : plans_(schemas, options), transcoder_(plans_) {}

  absl::Status ToJson(std::string_view type_name, std::string_view wire, std::string* json,
                      UnknownFieldRef* unknown) const override {
    return transcoder_.ToJson(type_name, wire, json, unknown);
  }
  absl::Status AnyToJson(std::string_view any_wire, std::string* json,
                         UnknownFieldRef* unknown) const override {
    return transcoder_.AnyToJson(any_wire, json, unknown);
  }

 private:
  const Plans plans_;
  const OnePassTranscoder transcoder_;
};

[[noreturn]] void Die(std::string_view why) {
  std::cerr << why << '\n';
  std::abort();
}

}  // namespace

std::string DescriptorSetPath(std::string_view name) {
  return base::Concat(SSEGW_DESCRIPTOR_SETS, "/", name);
}

const SchemaPool& AcmeSchemas() {
  static const std::unique_ptr<SchemaPool> schemas = [] {
    absl::StatusOr<std::unique_ptr<SchemaPool>> loaded =
        SchemaPool::Load({DescriptorSetPath("acme.pb")});
    if (!loaded.ok()) Die(loaded.status().ToString());
    return *std::move(loaded);
  }();
  return *schemas;
}

std::unique_ptr<google::protobuf::Message> NewMessage(std::string_view type_name) {
  // The schemas first: the factory must not outlive them.
  const google::protobuf::Descriptor* type = AcmeSchemas().FindMessage(type_name);
  static google::protobuf::DynamicMessageFactory factory;
  if (type == nullptr) Die(base::Concat("no type ", type_name));
  return std::unique_ptr<google::protobuf::Message>(factory.GetPrototype(type)->New());
}

std::string WireOfText(std::string_view type_name, std::string_view text) {
  const std::unique_ptr<google::protobuf::Message> message = NewMessage(type_name);
  google::protobuf::TextFormat::Parser parser;
  parser.AllowPartialMessage(true);
  if (!parser.ParseFromString(std::string(text), message.get())) {
    Die(base::Concat("not a ", type_name, ": ", text));
  }
  return message->SerializePartialAsString();
}

void WireBuilder::AppendVarint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) wire_ += static_cast<char>((value & 0x7F) | 0x80);
  wire_ += static_cast<char>(value);
}

WireBuilder& WireBuilder::Varint(uint32_t number, uint64_t value) {
  AppendVarint(uint64_t{number} << 3);
  AppendVarint(value);
  return *this;
}

WireBuilder& WireBuilder::Bytes(uint32_t number, const std::string& bytes) {
  AppendVarint(uint64_t{number} << 3 | 2);
  AppendVarint(bytes.size());
  return Raw(bytes);
}

WireBuilder& WireBuilder::Group(uint32_t number, const std::string& content) {
  AppendVarint(uint64_t{number} << 3 | 3);
  Raw(content);
  AppendVarint(uint64_t{number} << 3 | 4);
  return *this;
}

WireBuilder& WireBuilder::Raw(const std::string& bytes) {
  wire_ += bytes;
  return *this;
}

std::string AnyWire(const std::string& type_url, const std::string& value) {
  return WireBuilder().Bytes(1, type_url).Bytes(2, value);
}

std::unique_ptr<Transcoder> TranscoderTest::Make(const JsonOptions& options) {
  return GetParam().make(AcmeSchemas(), options);
}

absl::StatusOr<std::string> TranscoderTest::ToJson(std::string_view type_name,
                                                   std::string_view wire,
                                                   const JsonOptions& options) {
  std::string json = "left from the message before";
  absl::Status status = Make(options)->ToJson(type_name, wire, &json, nullptr);
  if (!status.ok()) return status;
  return json;
}

absl::StatusOr<std::string> TranscoderTest::AnyToJson(std::string_view any_wire,
                                                      const JsonOptions& options) {
  std::string json = "left from the message before";
  absl::Status status = Make(options)->AnyToJson(any_wire, &json, nullptr);
  if (!status.ok()) return status;
  return json;
}

std::vector<Implementation> Implementations() {
  return {
      {"JsonUtil",
       [](const SchemaPool& schemas, const JsonOptions& options) -> std::unique_ptr<Transcoder> {
         return std::make_unique<JsonUtilTranscoder>(schemas, options);
       }},
      {"OnePass",
       [](const SchemaPool& schemas, const JsonOptions& options) -> std::unique_ptr<Transcoder> {
         return std::make_unique<OnePass>(schemas, options);
       }}};
}

std::string ImplementationName(const testing::TestParamInfo<Implementation>& info) {
  return info.param.name;
}

}  // namespace ssegw::transcode
