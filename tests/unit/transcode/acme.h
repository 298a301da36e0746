#ifndef SSEGW_TESTS_UNIT_TRANSCODE_ACME_H_
#define SSEGW_TESTS_UNIT_TRANSCODE_ACME_H_

#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/transcode/schema_pool.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// The path of a descriptor set that the build made of tests/testing/proto.
std::string DescriptorSetPath(std::string_view name);

// The types of acme.v1, from a descriptor set, with the compiled-in ones.
const SchemaPool& AcmeSchemas();

// A new dynamic message of a type that AcmeSchemas() has.
std::unique_ptr<google::protobuf::Message> NewMessage(std::string_view type_name);

// The bytes of a message given in text format.
std::string WireOfText(std::string_view type_name, std::string_view text);

// Bytes put together by hand, for what no serializer writes.
class WireBuilder {
 public:
  WireBuilder& Varint(uint32_t number, uint64_t value);
  WireBuilder& Bytes(uint32_t number, const std::string& bytes);
  WireBuilder& Group(uint32_t number, const std::string& content);
  WireBuilder& Raw(const std::string& bytes);
  operator std::string() const { return wire_; }  // NOLINT(google-explicit-constructor)

 private:
  void AppendVarint(uint64_t value);
  std::string wire_;
};

std::string AnyWire(const std::string& type_url, const std::string& value);

// A Transcoder that the tests hold to its promises. A new one is a line in Implementations().
struct Implementation {
  const char* name;
  std::unique_ptr<Transcoder> (*make)(const SchemaPool&, const JsonOptions&);
};

class TranscoderTest : public testing::TestWithParam<Implementation> {
 protected:
  static std::unique_ptr<Transcoder> Make(const JsonOptions& options = {});
  // For one message.
  static absl::StatusOr<std::string> ToJson(std::string_view type_name, std::string_view wire,
                                            const JsonOptions& options = {});
  static absl::StatusOr<std::string> AnyToJson(std::string_view any_wire,
                                               const JsonOptions& options = {});
};

std::vector<Implementation> Implementations();
std::string ImplementationName(const testing::TestParamInfo<Implementation>& info);

}  // namespace ssegw::transcode

#endif  // SSEGW_TESTS_UNIT_TRANSCODE_ACME_H_
