// The categories of the ProtoJSON specification (https://protobuf.dev/programming-guides/json/), at
// the edges of each: what mapping_test.cc leaves out. Written to the specification, and not after
// what an implementation says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "internal/base/concat.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

struct Written {
  const char* name;
  const char* type;
  const char* text;  // in text format
  const char* json;
  JsonOptions options = {};
};

constexpr char kEverything[] = "acme.v1.Everything";
constexpr char kCorners[] = "acme.v1.Corners";
constexpr char kLegacy[] = "acme.v1.Legacy";

class JsonConformanceTest : public TranscoderTest {
 protected:
  template <size_t N>
  static void ExpectAll(const Written (&cases)[N]) {
    for (const Written& one : cases) {
      SCOPED_TRACE(one.name);
      const absl::StatusOr<std::string> json =
          ToJson(one.type, WireOfText(one.type, one.text), one.options);
      ASSERT_TRUE(json.ok()) << json.status();
      EXPECT_THAT(*json, IsJson(one.json));
    }
  }
};

TEST_P(JsonConformanceTest, IntegersAtTheirBounds) {
  ExpectAll({
      {"Int32Max", kEverything, "int32_value: 2147483647", R"({"int32Value": 2147483647})"},
      {"Int64Max", kEverything, "int64_value: 9223372036854775807",
       R"({"int64Value": "9223372036854775807"})"},
      {"Sint32Bounds", kCorners, "sint32_to_sint32 { key: -2147483648 value: 2147483647 }",
       R"({"sint32ToSint32": {"-2147483648": 2147483647}})"},
      {"Sint64Bounds", kEverything, "sint64s: [-9223372036854775808, 9223372036854775807, -1]",
       R"({"sint64s": ["-9223372036854775808", "9223372036854775807", "-1"]})"},
      {"Sint32Min", kEverything, "sint32_value: -2147483648", R"({"sint32Value": -2147483648})"},
      {"Fixed32Max", kEverything, "fixed32_value: 4294967295", R"({"fixed32Value": 4294967295})"},
      {"Fixed64Max", kEverything, "fixed64s: [18446744073709551615, 0]",
       R"({"fixed64s": ["18446744073709551615", "0"]})"},
      {"Sfixed32Min", kEverything, "sfixed32_value: -2147483648",
       R"({"sfixed32Value": -2147483648})"},
      {"Sfixed64Min", kEverything, "sfixed64_value: -9223372036854775808",
       R"({"sfixed64Value": "-9223372036854775808"})"},
      {"Bare",
       kEverything,
       "int64_value: -9223372036854775808 uint64s_unpacked: 9007199254740993",
       R"({"int64Value": -9223372036854775808, "uint64sUnpacked": [9007199254740993]})",
       {.int64_as_numbers = true}},
  });
}

TEST_P(JsonConformanceTest, FloatingPointAtItsBounds) {
  ExpectAll({
      {"DoubleMax", kEverything, "doubles: [1.7976931348623157e308, -1.7976931348623157e308]",
       R"({"doubles": [1.7976931348623157e308, -1.7976931348623157e308]})"},
      {"DoubleMin", kEverything, "double_value: 5e-324", R"({"doubleValue": 5e-324})"},
      {"FloatMax", kEverything, "floats: [3.4028235e38, -3.4028235e38]",
       R"({"floats": [3.4028235e38, -3.4028235e38]})"},
      {"FloatMin", kEverything, "float_value: 1e-45", R"({"floatValue": 1e-45})"},
      {"BeyondInteger", kEverything, "doubles: [9007199254740992, 9007199254740994, 1e21, 1e22]",
       R"({"doubles": [9007199254740992, 9007199254740994, 1e21, 1e22]})"},
      {"FloatBeyondInteger", kEverything, "floats: [16777216, 16777218, 1e10]",
       R"({"floats": [16777216, 16777218, 1e10]})"},
      {"Fraction", kEverything, "doubles: [0.1, 0.30000000000000004, 123456.789]",
       R"({"doubles": [0.1, 0.30000000000000004, 123456.789]})"},
      {"NegativeZeros", kEverything, "doubles: -0.0 floats: -0.0",
       R"({"doubles": [-0.0], "floats": [-0.0]})"},
      {"NotFiniteInMaps", kEverything,
       "int32_to_double { key: 1 value: nan } fixed64_to_float { key: 1 value: -inf }",
       R"({"int32ToDouble": {"1": "NaN"}, "fixed64ToFloat": {"1": "-Infinity"}})"},
      {"NotFiniteWrapped", kEverything,
       "double_wrapper { value: -inf } float_wrapper { value: inf }",
       R"({"doubleWrapper": "-Infinity", "floatWrapper": "Infinity"})"},
      {"NotFiniteInAOneof", kCorners, "choice_double: nan", R"({"choiceDouble": "NaN"})"},
  });
}

TEST_P(JsonConformanceTest, Enums) {
  ExpectAll({
      {"FirstNameOfSeveral", kCorners, "backwards: ALSO_FIRST", R"({"backwards": "FIRST"})"},
      {"ZeroThatIsNotTheDefault", kCorners, "backwards: NOTHING", R"({"backwards": "NOTHING"})"},
      {"DefaultThatIsSet", kCorners, "backwards: SECOND", R"({"backwards": "SECOND"})"},
      {"Bounds", kCorners, "positive: NEGATIVE", R"({"positive": "NEGATIVE"})"},
      {"BoundsAsNumbers",
       kCorners,
       "positive: HIGH packed_backwards: [FIRST, ALSO_FIRST]",
       R"({"positive": 2147483647, "packedBackwards": [1, 1]})",
       {.enums_as_numbers = true}},
      {"NegativeUnknown", kEverything, "colours: [-7, 2147483647, -2147483648]",
       R"({"colours": [-7, 2147483647, -2147483648]})"},
      {"UnknownInOptional", kEverything, "optional_colour: 77", R"({"optionalColour": 77})"},
      {"InMaps", kCorners,
       "int32_to_closed { key: 1 value: ONE } bool_to_closed { key: true value: NONE }",
       R"({"int32ToClosed": {"1": "ONE"}, "boolToClosed": {"true": "NONE"}})"},
      {"InAOneof", kCorners, "choice_backwards: NOTHING", R"({"choiceBackwards": "NOTHING"})"},
      {"OfProto3InProto2", kCorners, "colour: COLOUR_BLUE packed_colours: COLOUR_UNSPECIFIED",
       R"({"colour": "COLOUR_BLUE", "packedColours": ["COLOUR_UNSPECIFIED"]})"},
  });
}

TEST_P(JsonConformanceTest, NullStandsForNullValueAlone) {
  ExpectAll({
      {"Field", kCorners, "null_value: NULL_VALUE", R"({"nullValue": null})"},
      {"Elements", kCorners, "null_values: [NULL_VALUE, NULL_VALUE]",
       R"({"nullValues": [null, null]})"},
      {"MapValue", kCorners, "string_to_null { key: 'a' }", R"({"stringToNull": {"a": null}})"},
      {"NotAsANumber",
       kCorners,
       "null_value: NULL_VALUE",
       R"({"nullValue": null})",
       {.enums_as_numbers = true}},
      {"AbsentIsLeftOut", kCorners, "", "{}"},
  });
}

TEST_P(JsonConformanceTest, MapsOfEachKeyType) {
  ExpectAll({
      {"Int32", kEverything, "int32_to_double { key: -2147483648 } int32_to_double { key: 0 }",
       R"({"int32ToDouble": {"-2147483648": 0, "0": 0}})"},
      {"Int64", kEverything, "int64_to_int64 { key: -9223372036854775808 value: 1 }",
       R"({"int64ToInt64": {"-9223372036854775808": "1"}})"},
      {"KeysStayStrings",
       kEverything,
       "int64_to_int64 { key: -9223372036854775808 value: 1 }",
       R"({"int64ToInt64": {"-9223372036854775808": 1}})",
       {.int64_as_numbers = true}},
      {"Uint32", kEverything, "uint32_to_uint64 { key: 4294967295 value: 18446744073709551615 }",
       R"({"uint32ToUint64": {"4294967295": "18446744073709551615"}})"},
      {"Uint64", kCorners, "uint64_to_bool { key: 18446744073709551615 value: true }",
       R"({"uint64ToBool": {"18446744073709551615": true}})"},
      {"Sint64", kCorners, "sint64_to_sint64 { key: -9223372036854775808 value: -1 }",
       R"({"sint64ToSint64": {"-9223372036854775808": "-1"}})"},
      {"Fixed32", kCorners, "fixed32_to_fixed32 { key: 4294967295 value: 4294967295 }",
       R"({"fixed32ToFixed32": {"4294967295": 4294967295}})"},
      {"Fixed64", kEverything, "fixed64_to_float { key: 18446744073709551615 value: 0.1 }",
       R"({"fixed64ToFloat": {"18446744073709551615": 0.1}})"},
      {"Sfixed32", kCorners, "sfixed32_to_sfixed32 { key: -2147483648 value: -1 }",
       R"({"sfixed32ToSfixed32": {"-2147483648": -1}})"},
      {"Sfixed64", kCorners, "sfixed64_to_sfixed64 { key: -9223372036854775808 value: -1 }",
       R"({"sfixed64ToSfixed64": {"-9223372036854775808": "-1"}})"},
      {"Bool", kCorners, "bool_to_closed { key: false value: ONE }",
       R"({"boolToClosed": {"false": "ONE"}})"},
      {"StringsThatLookLikeOthers", kEverything,
       "string_to_string { key: 'true' } string_to_string { key: '1' } "
       "string_to_string { key: '@type' value: 'null' }",
       R"({"stringToString": {"true": "", "1": "", "@type": "null"}})"},
      {"StringsThatAreEscaped", kEverything, R"(string_to_string { key: "\n\"\\\000\303\251" })",
       R"({"stringToString": {"\n\"\\\u0000é": ""}})"},
      {"MessagesWithRequiredFields", kCorners,
       "string_to_strict { key: 'a' value { name: 'b' size: 0 } }",
       R"({"stringToStrict": {"a": {"name": "b", "size": 0}}})"},
  });
}

TEST_P(JsonConformanceTest, Bytes) {
  ExpectAll({
      {"OneByte", kEverything, R"(bytes_value: "\000")", R"({"bytesValue": "AA=="})"},
      {"TwoBytes", kEverything, R"(bytes_value: "\377\377")", R"({"bytesValue": "//8="})"},
      {"ThreeBytes", kEverything, R"(bytes_value: "\373\377\276")", R"({"bytesValue": "+/++"})"},
      {"FourBytes", kEverything, R"(bytes_list: "abcd")", R"({"bytesList": ["YWJjZA=="]})"},
      {"Wrapped", kEverything, "bytes_wrapper {}", R"({"bytesWrapper": ""})"},
      {"NotUtf8", kEverything, R"(bool_to_bytes { key: true value: "\300\200" })",
       R"({"boolToBytes": {"true": "wIA="}})"},
  });
}

TEST_P(JsonConformanceTest, Strings) {
  ExpectAll({
      {"LastOfEachLength", kEverything,
       R"(string_value: "\177\337\277\357\277\277\364\217\277\277")",
       R"({"stringValue": "\u007f\u07ff\uffff\udbff\udfff"})"},
      {"FirstOfEachLength", kEverything, R"(string_value: "\302\200\340\240\200\360\220\200\200")",
       R"({"stringValue": "\u0080\u0800\ud800\udc00"})"},
      {"AroundTheSurrogates", kEverything, R"(string_value: "\355\237\277\356\200\200")",
       R"({"stringValue": "\ud7ff\ue000"})"},
      {"ByteOrderMark", kEverything, R"(string_value: "\357\273\277a")",
       R"({"stringValue": "\ufeffa"})"},
      {"Slash", kEverything, R"(string_value: "a/b")", R"({"stringValue": "a\/b"})"},
      {"EscapeAtEachOfEightBytes", kEverything,
       R"(strings: ["\"1234567", "1\"234567", "1234567\"", "12345678\"", "123456\303\251"])",
       R"({"strings": ["\"1234567", "1\"234567", "1234567\"", "12345678\"", "123456é"]})"},
  });
}

TEST_P(JsonConformanceTest, FieldNames) {
  ExpectAll({
      {"FromSnakeCase", kCorners, "odd__Name_9: 'x'", R"({"oddName9": ["x"]})"},
      {"OfTheProto",
       kCorners,
       "odd__Name_9: 'x'",
       R"({"odd__Name_9": ["x"]})",
       {.proto_field_names = true}},
      {"JsonName", kEverything, "renamed: 'x' renamed_int64: 1",
       R"({"a \"new\" <name>": "x", "<n>": "1"})"},
      {"JsonNameIsNotTheProtos",
       kEverything,
       "renamed: 'x' renamed_int64: 1",
       R"({"renamed": "x", "renamed_int64": 1})",
       {.proto_field_names = true, .int64_as_numbers = true}},
      {"Group", kLegacy, "Item { number: 1 }", R"({"item": [{"number": "1"}]})"},
      {"HighestNumber", kCorners, "last_number: 0", R"({"lastNumber": 0})"},
  });
}

TEST_P(JsonConformanceTest, TimesAtTheirBounds) {
  ExpectAll({
      {"LeapDay", "google.protobuf.Timestamp", "seconds: 951782400", R"("2000-02-29T00:00:00Z")"},
      {"NoLeapDay", "google.protobuf.Timestamp", "seconds: 4107542399",
       R"("2100-02-28T23:59:59Z")"},
      {"LastNanosecondBefore1970", "google.protobuf.Timestamp", "seconds: -1 nanos: 999999999",
       R"("1969-12-31T23:59:59.999999999Z")"},
      {"ThreeDigits", "google.protobuf.Timestamp", "nanos: 10000000",
       R"("1970-01-01T00:00:00.010Z")"},
      {"SixDigits", "google.protobuf.Timestamp", "nanos: 10000",
       R"("1970-01-01T00:00:00.000010Z")"},
      {"NineDigits", "google.protobuf.Timestamp", "nanos: 10",
       R"("1970-01-01T00:00:00.000000010Z")"},
      {"ShortestDuration", "google.protobuf.Duration", "seconds: -315576000000 nanos: -999999999",
       R"("-315576000000.999999999s")"},
      {"DurationOfMicros", "google.protobuf.Duration", "nanos: -1000", R"("-0.000001s")"},
      {"DurationOfOneNano", "google.protobuf.Duration", "seconds: 1 nanos: 1", R"("1.000000001s")"},
  });
}

TEST_P(JsonConformanceTest, StructsOfEachKind) {
  ExpectAll({
      {"Numbers", "google.protobuf.ListValue",
       "values { number_value: -0.0 } values { number_value: 1e308 } values { number_value: 5 }",
       "[-0.0, 1e308, 5]"},
      {"NestedLists", "google.protobuf.Value",
       "list_value { values { list_value { values { list_value {} } } } }", "[[[]]]"},
      {"NestedStructs", "google.protobuf.Struct",
       "fields { key: '' value { struct_value { fields { key: '' } } } }", R"({"": {"": null}})"},
      {"DefaultsAreNotForStructs",
       "google.protobuf.Value",
       "list_value { values { struct_value {} } values { list_value {} } }",
       "[{}, []]",
       {.emit_defaults = true}},
      {"KeyThatLooksLikeAType", "google.protobuf.Struct",
       "fields { key: '@type' value { string_value: 'a' } }", R"({"@type": "a"})"},
  });
}

TEST_P(JsonConformanceTest, DefaultsOfProto2) {
  const absl::StatusOr<std::string> json = ToJson("acme.v1.Corners", "", {.emit_defaults = true});
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_THAT(*json, IsJson(R"({
      "colour": "COLOUR_UNSPECIFIED", "colours": [], "packedColours": [], "stringToColour": {},
      "backwards": "SECOND", "packedBackwards": [], "int32ToClosed": {},
      "positive": "LOW", "boolToClosed": {}, "stringToStrict": {}, "stricts": [],
      "nullValue": null, "nullValues": [], "stringToNull": {},
      "sint32ToSint32": {}, "sint64ToSint64": {}, "fixed32ToFixed32": {},
      "sfixed32ToSfixed32": {}, "sfixed64ToSfixed64": {}, "uint64ToBool": {}, "stringToFloat": {},
      "children": [],
      "bytesDefault": "Yf8iXA==", "stringDefault": "a\"\\\n\u0001",
      "doubleDefault": -1e-300, "nanDefault": "NaN", "infiniteDefault": "-Infinity",
      "floatDefault": 0.1, "uint64Default": "18446744073709551615",
      "sint64Default": "-9223372036854775808", "boolDefault": true, "enumDefault": "FIRST",
      "lastNumber": 0, "oddName9": []})"));
}

TEST_P(JsonConformanceTest, OneofsOfProto2) {
  ExpectAll({
      {"Scalar", kCorners, "choice_double: 0", R"({"choiceDouble": 0})"},
      {"Empty", kCorners, "choice_string: ''", R"({"choiceString": ""})"},
      {"Message", kCorners, "choice_strict { name: '' size: 1 }",
       R"({"choiceStrict": {"name": "", "size": 1}})"},
  });
}

INSTANTIATE_TEST_SUITE_P(All, JsonConformanceTest, testing::ValuesIn(Implementations()),
                         ImplementationName);

}  // namespace
}  // namespace ssegw::transcode
