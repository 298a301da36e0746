#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/transcode/acme.h"

namespace ssegw::transcode {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The gateway alone: protobuf 3.21 writes what stands for another path.
class FieldMaskTest : public TranscoderTest {};

std::string Mask(const std::string& path) { return WireBuilder().Bytes(1, "ok").Bytes(1, path); }

TEST_P(FieldMaskTest, WritesPathsThatReadersMakeTheSameOf) {
  struct Path {
    const char* path;
    const char* json;
  };
  for (const Path& one : {Path{"foo", "foo"}, Path{"foo_bar", "fooBar"}, Path{"a.b_c.d", "a.bC.d"},
                          Path{"a1_b2.c3_d", "a1B2.c3D"}, Path{"a_b_c", "aBC"}, Path{"*", "*"},
                          Path{"a.1", "a.1"}, Path{"1a_b", "1aB"}, Path{"a..b", "a..b"},
                          Path{"\xC3\xA9_a",
                               "\xC3\xA9"
                               "A"}}) {
    const absl::StatusOr<std::string> json = ToJson("google.protobuf.FieldMask", Mask(one.path));
    ASSERT_TRUE(json.ok()) << json.status();
    EXPECT_EQ(*json, std::string("\"ok,") + one.json + "\"");
  }
}

TEST_P(FieldMaskTest, RefusesPathsThatStandForAnother) {
  for (const char* path : {"a(b)", "a[k]", "a b", "foo_1", "foo__bar", "foo_", "Foo", "fooBar",
                           "_foo", "a._b", "a.b_", "a.B", "a,b", "", "a_B", "a_\xC3\xA9", "_"}) {
    const absl::Status status = ToJson("google.protobuf.FieldMask", Mask(path)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << path << ": " << status;
    EXPECT_THAT(
        std::string(status.message()),
        AllOf(HasSubstr("FieldMask"), HasSubstr(std::string("\"") + path), HasSubstr("JSON")))
        << path;
  }
  EXPECT_TRUE(
      absl::IsInvalidArgument(ToJson("google.protobuf.FieldMask", Mask("m[\"k_k\"]")).status()));
  // Wherever the mask is.
  EXPECT_THAT(
      std::string(ToJson("acme.v1.Everything", std::string(WireBuilder().Bytes(83, Mask("foo_1"))))
                      .status()
                      .message()),
      HasSubstr("\"foo_1\""));
  EXPECT_THAT(
      std::string(
          AnyToJson(AnyWire("a/google.protobuf.FieldMask", Mask("foo_1"))).status().message()),
      HasSubstr("\"foo_1\""));
}

INSTANTIATE_TEST_SUITE_P(Gateway, FieldMaskTest, testing::Values(Implementations().back()),
                         ImplementationName);

}  // namespace
}  // namespace ssegw::transcode
