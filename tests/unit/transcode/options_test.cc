#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

class OptionsTest : public TranscoderTest {
 protected:
  static void ExpectJson(std::string_view type, std::string_view text, const JsonOptions& options,
                         const char* expected) {
    const absl::StatusOr<std::string> json = ToJson(type, WireOfText(type, text), options);
    ASSERT_TRUE(json.ok()) << json.status();
    EXPECT_THAT(*json, IsJson(expected));
  }
};

TEST_P(OptionsTest, ProtoFieldNames) {
  ExpectJson("acme.v1.Everything",
             R"(int64_value: 1 renamed: "x" child { bool_value: true }
                string_to_child { key: "a_b" value { int64_value: 2 } }
                field_mask { paths: "a_b" }
                any { type_url: "a/ssegateway.v1.Dashboard" value: "\042\000" })",
             {.proto_field_names = true},
             R"({"int64_value": "1", "renamed": "x", "child": {"bool_value": true},
                 "string_to_child": {"a_b": {"int64_value": "2"}},
                 "field_mask": "aB",
                 "any": {"@type": "a/ssegateway.v1.Dashboard",
                         "observed_at": "1970-01-01T00:00:00Z"}})");
}

TEST_P(OptionsTest, EnumsAsNumbers) {
  ExpectJson("acme.v1.Everything",
             R"(colour: COLOUR_BLUE colours: [COLOUR_RED, COLOUR_UNSPECIFIED, 9]
                string_to_colour { key: "a" value: COLOUR_RED } optional_colour: COLOUR_UNSPECIFIED)",
             {.enums_as_numbers = true},
             R"({"colour": -2, "colours": [1, 0, 9], "stringToColour": {"a": 1},
                 "optionalColour": 0})");
}

TEST_P(OptionsTest, EmitDefaultsWritesFieldsWithoutPresence) {
  ExpectJson("ssegateway.v1.Dashboard", "", {.emit_defaults = true},
             R"({"id": "", "user": 0, "title": "", "panels": [], "labels": {}})");
  ExpectJson("ssegateway.v1.Panel", "series {}", {.emit_defaults = true},
             R"({"id": "", "title": "", "unit": "", "series": {"points": []},
                 "status": "STATUS_UNSPECIFIED"})");
  ExpectJson("ssegateway.v1.Panel", "text: ''", {.emit_defaults = true, .enums_as_numbers = true},
             R"({"id": "", "title": "", "unit": "", "text": "", "status": 0})");
}

TEST_P(OptionsTest, EmitDefaultsLeavesOutWhatHasPresence) {
  const absl::StatusOr<std::string> json =
      ToJson("acme.v1.Everything", "", {.emit_defaults = true});
  ASSERT_TRUE(json.ok()) << json.status();
  const absl::StatusOr<JsonValue> value = ParseOutput(*json);
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->members.count("int64Value"), 1u);
  EXPECT_EQ(value->members.count("stringToAny"), 1u);
  for (const char* absent : {"child", "optionalInt32", "optionalString", "choiceInt64", "timestamp",
                             "int64Wrapper", "any", "value", "struct"}) {
    EXPECT_EQ(value->members.count(absent), 0u) << absent;
  }
}

TEST_P(OptionsTest, Int64AsNumbersEverywhereButInKeys) {
  ExpectJson("acme.v1.Everything",
             R"(int64_value: -9223372036854775808 uint64_value: 18446744073709551615
         sint64_value: -1 fixed64_value: 2 sfixed64_value: -3 renamed_int64: 17
         int64s: [1, -2] uint64s_unpacked: 3 sint64s: -4 fixed64s: 5
         int64_to_int64 { key: -6 value: 7 } uint32_to_uint64 { key: 8 value: 9 }
         string_to_child { key: "int64Value" value { int64_value: 10 } }
         string_to_int64_wrapper { key: "a" value { value: 11 } }
         choice_int64: 12 optional_int64: 0
         int64_wrapper { value: 13 } uint64_wrapper {} uint64_wrappers { value: 14 }
         children { child { int64_value: 15 } }
         any { type_url: "a/google.protobuf.Int64Value" value: "\010\020" })",
             {.int64_as_numbers = true},
             R"({"int64Value": -9223372036854775808, "uint64Value": 18446744073709551615,
          "sint64Value": -1, "fixed64Value": 2, "sfixed64Value": -3, "<n>": 17,
          "int64s": [1, -2], "uint64sUnpacked": [3], "sint64s": [-4], "fixed64s": [5],
          "int64ToInt64": {"-6": 7}, "uint32ToUint64": {"8": 9},
          "stringToChild": {"int64Value": {"int64Value": 10}},
          "stringToInt64Wrapper": {"a": 11},
          "choiceInt64": 12, "optionalInt64": 0,
          "int64Wrapper": 13, "uint64Wrapper": 0, "uint64Wrappers": [14],
          "children": [{"child": {"int64Value": 15}}],
          "any": {"@type": "a/google.protobuf.Int64Value", "value": 16}})");
}

TEST_P(OptionsTest, Int64AsNumbersLeavesAloneWhatOnlyLooksLikeOne) {
  ExpectJson("acme.v1.Everything",
             R"(string_value: "1" strings: ["2", "\"3\"", "\\"] renamed: "4"
                string_to_string { key: "int64Value" value: "5" }
                struct { fields { key: "int64Value" value { string_value: "6" } } }
                values { string_value: "7" } string_wrapper { value: "8" } bytes_value: "\327\155"
                any { type_url: "a/google.protobuf.StringValue" value: "\012\0019" })",
             {.int64_as_numbers = true},
             R"({"stringValue": "1", "strings": ["2", "\"3\"", "\\"], "a \"new\" <name>": "4",
                 "stringToString": {"int64Value": "5"}, "struct": {"int64Value": "6"},
                 "values": ["7"], "stringWrapper": "8", "bytesValue": "120=",
                 "any": {"@type": "a/google.protobuf.StringValue", "value": "9"}})");
}

TEST_P(OptionsTest, Int64AsNumbersInGroups) {
  ExpectJson("acme.v1.Legacy", "Inner { number: 1 } Item { number: 2 } Item {}",
             {.int64_as_numbers = true},
             R"({"inner": {"number": 1}, "item": [{"number": 2}, {}]})");
}

TEST_P(OptionsTest, AllTogether) {
  ExpectJson("ssegateway.v1.Panel", "counter: 0 status: STATUS_OK",
             {.proto_field_names = true,
              .emit_defaults = true,
              .enums_as_numbers = true,
              .int64_as_numbers = true},
             R"({"id": "", "title": "", "unit": "", "counter": 0, "status": 1})");
}

TEST_P(OptionsTest, EmitDefaultsWritesProto2Defaults) {
  ExpectJson("acme.v1.Legacy", "Inner { text: 'x' }",
             {.emit_defaults = true, .int64_as_numbers = true},
             R"({"inner": {"number": 0, "text": "x"}, "item": [], "closed": "NONE",
                 "closedList": [], "withDefault": 7, "text": "", "children": {}, "last": ""})");
}

INSTANTIATE_TEST_SUITE_P(All, OptionsTest, testing::ValuesIn(Implementations()),
                         ImplementationName);

}  // namespace
}  // namespace ssegw::transcode
