// Canonical proto3 JSON (https://protobuf.dev/programming-guides/json/), kind by kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

using testing::HasSubstr;

struct Mapping {
  const char* name;
  const char* text;  // in text format
  const char* json;
};

class MappingTest : public TranscoderTest {
 protected:
  template <size_t N>
  static void ExpectAll(std::string_view type, const Mapping (&mappings)[N]) {
    for (const Mapping& mapping : mappings) {
      SCOPED_TRACE(mapping.name);
      const absl::StatusOr<std::string> json = ToJson(type, WireOfText(type, mapping.text));
      ASSERT_TRUE(json.ok()) << json.status();
      EXPECT_THAT(*json, IsJson(mapping.json));
    }
  }

  struct Refusal {
    const char* name;
    const char* text;
    const char* message;
  };

  template <size_t N>
  static void ExpectRefused(std::string_view type, const Refusal (&refusals)[N]) {
    for (const Refusal& refusal : refusals) {
      SCOPED_TRACE(refusal.name);
      const absl::Status status = ToJson(type, WireOfText(type, refusal.text)).status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(refusal.message));
    }
  }
};

TEST_P(MappingTest, WritesScalars) {
  ExpectAll(
      "acme.v1.Everything",
      {{"Empty", "", "{}"},
       {"Double", "double_value: 99.95", R"({"doubleValue": 99.95})"},
       {"LongestDouble", "double_value: 2.2250738585072014e-308",
        R"({"doubleValue": 2.2250738585072014e-308})"},
       {"DoubleNan", "double_value: nan", R"({"doubleValue": "NaN"})"},
       {"DoubleInfinities", "doubles: [inf, -inf]", R"({"doubles": ["Infinity", "-Infinity"]})"},
       {"NegativeZero", "double_value: -0.0", R"({"doubleValue": -0})"},
       {"Float", "float_value: 0.1", R"({"floatValue": 0.1})"},
       {"FloatNan", "floats: [nan, inf, -inf]", R"({"floats": ["NaN", "Infinity", "-Infinity"]})"},
       {"Int32", "int32_value: -2147483648", R"({"int32Value": -2147483648})"},
       {"Int64", "int64_value: -9223372036854775808", R"({"int64Value": "-9223372036854775808"})"},
       {"Uint32", "uint32_value: 4294967295", R"({"uint32Value": 4294967295})"},
       {"Uint64", "uint64_value: 18446744073709551615",
        R"({"uint64Value": "18446744073709551615"})"},
       {"Sint", "sint32_value: -3 sint64_value: -4", R"({"sint32Value": -3, "sint64Value": "-4"})"},
       {"Fixed", "fixed32_value: 5 fixed64_value: 6 sfixed32_value: -7 sfixed64_value: -8",
        R"({"fixed32Value": 5, "fixed64Value": "6", "sfixed32Value": -7, "sfixed64Value": "-8"})"},
       {"Bool", "bool_value: true", R"({"boolValue": true})"},
       {"String", R"(string_value: "caf\303\251 \360\237\230\200 \"\\ </script>")",
        R"({"stringValue": "café 😀 \"\\ </script>"})"},
       {"ControlCharacters", R"(string_value: "a\r\nb\tc\000d\001e\177f\342\200\250g")",
        R"({"stringValue": "a\r\nb\tc\u0000d\u0001e\u007ff\u2028g"})"},
       {"Bytes", R"(bytes_value: "\377\376\000 any")", R"({"bytesValue": "//4AIGFueQ=="})"},
       {"Enum", "colour: COLOUR_BLUE", R"({"colour": "COLOUR_BLUE"})"},
       {"UnknownEnumNumber", "colour: 77", R"({"colour": 77})"},
       {"Message", "child { child { int32_value: 1 } }",
        R"({"child": {"child": {"int32Value": 1}}})"},
       {"EmptyMessage", "child {}", R"({"child": {}})"},
       {"JsonName", "renamed: 'x'", R"({"a \"new\" <name>": "x"})"}});
}

TEST_P(MappingTest, WritesRepeatedFieldsAsArrays) {
  ExpectAll("acme.v1.Everything",
            {{"Int64s", "int64s: [1, -2, 0]", R"({"int64s": ["1", "-2", "0"]})"},
             {"Unpacked", "uint64s_unpacked: [1, 2]", R"({"uint64sUnpacked": ["1", "2"]})"},
             {"Strings", "strings: ['', 'b']", R"({"strings": ["", "b"]})"},
             {"Bytes", "bytes_list: ['', 'b']", R"({"bytesList": ["", "Yg=="]})"},
             {"Enums", "colours: [COLOUR_RED, COLOUR_UNSPECIFIED, 5]",
              R"({"colours": ["COLOUR_RED", "COLOUR_UNSPECIFIED", 5]})"},
             {"Messages", "children {} children { bool_value: true }",
              R"({"children": [{}, {"boolValue": true}]})"},
             {"Bools", "bools: [true, false]", R"({"bools": [true, false]})"}});
}

TEST_P(MappingTest, WritesMapsAsObjects) {
  ExpectAll(
      "acme.v1.Everything",
      {{"String", "string_to_string { key: 'a\"' value: 'b' } string_to_string { key: '' }",
        R"({"stringToString": {"a\"": "b", "": ""}})"},
       {"Int32Key", "int32_to_double { key: -1 value: 0.5 }", R"({"int32ToDouble": {"-1": 0.5}})"},
       {"Int64", "int64_to_int64 { key: -1 value: -2 }", R"({"int64ToInt64": {"-1": "-2"}})"},
       {"Uint64", "uint32_to_uint64 { key: 1 value: 2 }", R"({"uint32ToUint64": {"1": "2"}})"},
       {"Bool", "bool_to_bytes { key: true value: 'b' } bool_to_bytes { key: false }",
        R"({"boolToBytes": {"true": "Yg==", "false": ""}})"},
       {"Enum",
        "string_to_colour { key: 'a' value: COLOUR_RED } string_to_colour { key: 'b' value: 9 }",
        R"({"stringToColour": {"a": "COLOUR_RED", "b": 9}})"},
       {"Message",
        "string_to_child { key: 'a' value { int64_value: 1 } } string_to_child { key: 'b' }",
        R"({"stringToChild": {"a": {"int64Value": "1"}, "b": {}}})"},
       {"Wrapper", "string_to_int64_wrapper { key: 'a' value { value: 1 } }",
        R"({"stringToInt64Wrapper": {"a": "1"}})"},
       {"Fixed", "fixed64_to_float { key: 9 value: 0.25 }", R"({"fixed64ToFloat": {"9": 0.25}})"},
       {"Value", "string_to_value { key: 'a' value { list_value {} } }",
        R"({"stringToValue": {"a": []}})"}});
}

// IsJson holds the output to having none of them raw.
TEST_P(MappingTest, EscapesLineSeparatorsWhereverTextIs) {
  const std::string raw = "a\u0085b\u2028c\u2029";
  const std::string escaped = R"("a\u0085b\u2028c\u2029")";
  const struct {
    std::string text;
    std::string json;
  } kPlaces[] = {
      {"string_value: '" + raw + "'", R"({"stringValue": )" + escaped + "}"},
      {"strings: '" + raw + "'", R"({"strings": [)" + escaped + "]}"},
      {"string_to_string { key: '" + raw + "' value: '" + raw + "' }",
       R"({"stringToString": {)" + escaped + ": " + escaped + "}}"},
      {"struct { fields { key: '" + raw + "' value { string_value: '" + raw + "' } } }",
       R"({"struct": {)" + escaped + ": " + escaped + "}}"},
      {"any { type_url: '" + raw + "/acme.v1.Everything' }",
       R"({"any": {"@type": )" + escaped.substr(0, escaped.size() - 1) +
           R"(/acme.v1.Everything"}})"},
  };
  for (const auto& place : kPlaces) {
    ExpectAll("acme.v1.Everything", {Mapping{"", place.text.c_str(), place.json.c_str()}});
  }
}

TEST_P(MappingTest, WritesTheSetMemberOfAOneof) {
  ExpectAll("acme.v1.Everything", {{"Int64", "choice_int64: 5", R"({"choiceInt64": "5"})"},
                                   {"DefaultValue", "choice_int64: 0", R"({"choiceInt64": "0"})"},
                                   {"EmptyString", "choice_string: ''", R"({"choiceString": ""})"},
                                   {"Message", "choice_child {}", R"({"choiceChild": {}})"},
                                   {"Timestamp", "choice_timestamp {}",
                                    R"({"choiceTimestamp": "1970-01-01T00:00:00Z"})"}});
}

TEST_P(MappingTest, WritesOptionalFieldsThatAreSet) {
  ExpectAll("acme.v1.Everything",
            {{"Zero", "optional_int32: 0 optional_int64: 0",
              R"({"optionalInt32": 0, "optionalInt64": "0"})"},
             {"Empty", "optional_string: '' optional_colour: COLOUR_UNSPECIFIED",
              R"({"optionalString": "", "optionalColour": "COLOUR_UNSPECIFIED"})"}});
}

TEST_P(MappingTest, WritesTimes) {
  ExpectAll(
      "acme.v1.Everything",
      {{"Epoch", "timestamp {}", R"({"timestamp": "1970-01-01T00:00:00Z"})"},
       {"Millis", "timestamp { seconds: 1700000000 nanos: 120000000 }",
        R"({"timestamp": "2023-11-14T22:13:20.120Z"})"},
       {"Micros", "timestamp { nanos: 1000 }", R"({"timestamp": "1970-01-01T00:00:00.000001Z"})"},
       {"Nanos", "timestamp { nanos: 1 }", R"({"timestamp": "1970-01-01T00:00:00.000000001Z"})"},
       {"BeforeEpoch", "timestamp { seconds: -1 nanos: 500000000 }",
        R"({"timestamp": "1969-12-31T23:59:59.500Z"})"},
       {"First", "timestamp { seconds: -62135596800 }", R"({"timestamp": "0001-01-01T00:00:00Z"})"},
       {"Last", "timestamp { seconds: 253402300799 nanos: 999999999 }",
        R"({"timestamp": "9999-12-31T23:59:59.999999999Z"})"},
       {"ZeroDuration", "duration {}", R"({"duration": "0s"})"},
       {"Duration", "duration { seconds: 3 nanos: 10000000 }", R"({"duration": "3.010s"})"},
       {"Negative", "duration { seconds: -3 nanos: -1 }", R"({"duration": "-3.000000001s"})"},
       {"NegativeFraction", "duration { nanos: -500000000 }", R"({"duration": "-0.500s"})"},
       {"LongestDuration", "duration { seconds: 315576000000 nanos: 999999999 }",
        R"({"duration": "315576000000.999999999s"})"},
       {"Repeated", "timestamps {} durations { seconds: 1 }",
        R"({"timestamps": ["1970-01-01T00:00:00Z"], "durations": ["1s"]})"}});
}

TEST_P(MappingTest, RefusesTimesOutOfRange) {
  ExpectRefused(
      "acme.v1.Everything",
      {{"BeforeYear1", "timestamp { seconds: -62135596801 }", "google.protobuf.Timestamp"},
       {"AfterYear9999", "timestamp { seconds: 253402300800 }", "253402300800 s"},
       {"NegativeNanos", "timestamp { nanos: -1 }", "-1 ns"},
       {"TooManyNanos", "timestamps { nanos: 1000000000 }", "google.protobuf.Timestamp"},
       {"InOneof", "choice_timestamp { nanos: -1 }", "google.protobuf.Timestamp"},
       {"InMapValue", "string_to_child { key: 'a' value { timestamp { nanos: -1 } } }",
        "Timestamp"},
       {"DurationTooLong", "duration { seconds: 315576000001 }", "google.protobuf.Duration"},
       {"DurationTooShort", "duration { seconds: -315576000001 }", "google.protobuf.Duration"},
       {"DurationNanos", "durations { nanos: -1000000000 }", "google.protobuf.Duration"},
       {"MixedSigns", "duration { seconds: 1 nanos: -5 }", "google.protobuf.Duration"},
       {"MixedSignsToo", "duration { seconds: -1 nanos: 5 }", "google.protobuf.Duration"}});
}

TEST_P(MappingTest, WritesWrappersAsTheirValue) {
  ExpectAll("acme.v1.Everything",
            {{"Floating", "double_wrapper { value: 1.5 } float_wrapper { value: nan }",
              R"({"doubleWrapper": 1.5, "floatWrapper": "NaN"})"},
             {"Int64", "int64_wrapper { value: -1 } uint64_wrapper {}",
              R"({"int64Wrapper": "-1", "uint64Wrapper": "0"})"},
             {"Int32", "int32_wrapper { value: -1 } uint32_wrapper {}",
              R"({"int32Wrapper": -1, "uint32Wrapper": 0})"},
             {"Bool", "bool_wrapper {}", R"({"boolWrapper": false})"},
             {"Text", "string_wrapper { value: 'a' } bytes_wrapper { value: 'b' }",
              R"({"stringWrapper": "a", "bytesWrapper": "Yg=="})"},
             {"Repeated", "uint64_wrappers {} uint64_wrappers { value: 2 }",
              R"({"uint64Wrappers": ["0", "2"]})"}});
}

TEST_P(MappingTest, WritesFieldMaskAndEmpty) {
  ExpectAll("acme.v1.Everything", {{"FieldMask", "field_mask { paths: 'user_name' paths: 'a.b_c' }",
                                    R"({"fieldMask": "userName,a.bC"})"},
                                   {"NoPaths", "field_mask {}", R"({"fieldMask": ""})"},
                                   {"Empty", "empty {}", R"({"empty": {}})"}});
}

TEST_P(MappingTest, WritesStructsAsPlainJson) {
  ExpectAll("acme.v1.Everything",
            {{"EmptyStruct", "struct {}", R"({"struct": {}})"},
             {"Kinds",
              R"(struct { fields { key: "n" value { null_value: NULL_VALUE } }
                    fields { key: "d" value { number_value: 1.5 } }
                    fields { key: "s" value { string_value: "x" } }
                    fields { key: "b" value { bool_value: true } }
                    fields { key: "o" value { struct_value {} } }
                    fields { key: "l" value { list_value { values { number_value: 1 } } } } })",
              R"({"struct": {"n": null, "d": 1.5, "s": "x", "b": true, "o": {}, "l": [1]}})"},
             {"Value", "value { string_value: 'x' }", R"({"value": "x"})"},
             {"Null", "value { null_value: NULL_VALUE }", R"({"value": null})"},
             {"EmptyList", "list_value {}", R"({"listValue": []})"},
             {"List", "list_value { values { bool_value: false } values { list_value {} } }",
              R"({"listValue": [false, []]})"},
             {"Repeated", "values { string_value: '' } structs {}",
              R"({"values": [""], "structs": [{}]})"}});
}

TEST_P(MappingTest, WritesValueWithoutKindAsNull) {
  ExpectAll("acme.v1.Everything",
            {{"Field", "value {}", R"({"value": null})"},
             {"Elements", "values {} values { bool_value: true } values {}",
              R"({"values": [null, true, null]})"},
             {"InStruct", "struct { fields { key: 'a' } }", R"({"struct": {"a": null}})"}});
}

TEST_P(MappingTest, RefusesValueThatIsNotFinite) {
  ExpectRefused("acme.v1.Everything",
                {{"Nan", "value { number_value: nan }", "google.protobuf.Value"},
                 {"Infinity", "values { number_value: -inf }", "google.protobuf.Value"},
                 {"InStruct", "struct { fields { key: 'a' value { number_value: inf } } }",
                  "google.protobuf.Value"}});
}

TEST_P(MappingTest, WritesWellKnownTypesAlone) {
  struct Alone {
    const char* type;
    const char* text;
    const char* json;
  };
  for (const Alone& alone :
       {Alone{"google.protobuf.Timestamp", "", R"("1970-01-01T00:00:00Z")"},
        Alone{"google.protobuf.Duration", "seconds: 2", R"("2s")"},
        Alone{"google.protobuf.FieldMask", "paths: 'a_b'", R"("aB")"},
        Alone{"google.protobuf.FieldMask", "", R"("")"},
        Alone{"google.protobuf.Struct", "", "{}"},
        Alone{"google.protobuf.Struct", "fields { key: 'a' }", R"({"a": null})"},
        Alone{"google.protobuf.Value", "", "null"},
        Alone{"google.protobuf.Value", "list_value {}", "[]"},
        Alone{"google.protobuf.ListValue", "", "[]"},
        Alone{"google.protobuf.ListValue", "values {}", "[null]"},
        Alone{"google.protobuf.Empty", "", "{}"},
        Alone{"google.protobuf.DoubleValue", "", "0"},
        Alone{"google.protobuf.FloatValue", "value: inf", R"("Infinity")"},
        Alone{"google.protobuf.Int64Value", "", R"("0")"},
        Alone{"google.protobuf.UInt64Value", "value: 1", R"("1")"},
        Alone{"google.protobuf.Int32Value", "", "0"},
        Alone{"google.protobuf.UInt32Value", "", "0"},
        Alone{"google.protobuf.BoolValue", "", "false"},
        Alone{"google.protobuf.StringValue", "", R"("")"},
        Alone{"google.protobuf.BytesValue", "value: 'b'", R"("Yg==")"},
        Alone{"google.protobuf.Any", "", "{}"},
        Alone{"google.protobuf.Type", "name: 'a'", R"({"name": "a"})"},
        Alone{"google.protobuf.Api", "name: 'a'", R"({"name": "a"})"},
        Alone{"google.protobuf.SourceContext", "file_name: 'a'", R"({"fileName": "a"})"}}) {
    SCOPED_TRACE(std::string(alone.type) + " " + alone.text);
    const absl::StatusOr<std::string> json = ToJson(alone.type, WireOfText(alone.type, alone.text));
    ASSERT_TRUE(json.ok()) << json.status();
    EXPECT_THAT(*json, IsJson(alone.json));
  }
}

TEST_P(MappingTest, WritesDashboard) {
  ExpectAll("ssegateway.v1.Dashboard", {{"Dashboard",
                                         R"(id: "host-1" user: 7 title: "Host"
             observed_at { seconds: 1700000000 }
             panels { id: "cpu" unit: "%" gauge: 0 status: STATUS_WARNING }
             panels { id: "net" unit: "By" counter: 12345678901234 }
             panels { id: "load" series { points { time { seconds: 1 } value: 0.25 } } }
             panels { id: "top" table { columns: "name" rows { cells: "init" } } }
             labels { key: "zone" value: "eu" })",
                                         R"({"id": "host-1", "user": 7, "title": "Host",
             "observedAt": "2023-11-14T22:13:20Z",
             "panels": [
               {"id": "cpu", "unit": "%", "gauge": 0, "status": "STATUS_WARNING"},
               {"id": "net", "unit": "By", "counter": "12345678901234"},
               {"id": "load", "series":
                 {"points": [{"time": "1970-01-01T00:00:01Z", "value": 0.25}]}},
               {"id": "top", "table": {"columns": ["name"], "rows": [{"cells": ["init"]}]}}],
             "labels": {"zone": "eu"}})"}});
}

TEST_P(MappingTest, WritesProto2) {
  ExpectAll(
      "acme.v1.Legacy",
      {{"Group", "Inner { number: 1 text: 'x' Deeper { flag: true } } text: 'after'",
        R"({"inner": {"number": "1", "text": "x", "deeper": {"flag": true}}, "text": "after"})"},
       {"EmptyGroup", "Inner {}", R"({"inner": {}})"},
       {"RepeatedGroup", "Item { number: 1 } Item {} Item { number: 3 }",
        R"({"item": [{"number": "1"}, {}, {"number": "3"}]})"},
       {"GroupsDeepInside",
        "child { Inner { number: 1 } } children { key: 'a' value { Item { number: 2 } } }",
        R"({"child": {"inner": {"number": "1"}}, "children": {"a": {"item": [{"number": "2"}]}}})"},
       {"ExplicitDefault", "with_default: 7", R"({"withDefault": 7})"},
       {"DefaultIsNotWritten", "", "{}"},
       {"ZeroIsWritten", "with_default: 0 closed: NONE", R"({"withDefault": 0, "closed": "NONE"})"},
       {"Required", "strict { name: '' size: 0 }", R"({"strict": {"name": "", "size": 0}})"}});
}

TEST_P(MappingTest, RefusesMissingRequiredFields) {
  ExpectRefused("acme.v1.Legacy",
                {{"One", "strict { name: 'a' }", "size"},
                 {"InChild", "child { strict {} }", "without required fields: "}});
}

TEST_P(MappingTest, RefusesUnknownTypes) {
  for (const char* type : {"acme.v1.Nothing", "", ".acme.v1.Legacy", "acme.v1",
                           // Neither an enum nor the entry of a map is a message to send.
                           "acme.v1.Colour", "acme.v1.Everything.StringToStringEntry"}) {
    const absl::Status status = ToJson(type, "").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string("'") + type + "'"));
  }
}

INSTANTIATE_TEST_SUITE_P(All, MappingTest, testing::ValuesIn(Implementations()),
                         ImplementationName);

}  // namespace
}  // namespace ssegw::transcode
