#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

using testing::HasSubstr;

class AnyTest : public TranscoderTest {
 protected:
  static void ExpectJson(std::string_view any_wire, const char* expected,
                         const JsonOptions& options = {}) {
    const absl::StatusOr<std::string> json = AnyToJson(any_wire, options);
    ASSERT_TRUE(json.ok()) << json.status();
    EXPECT_THAT(*json, IsJson(expected));
  }

  static void ExpectRefused(std::string_view any_wire, const char* message) {
    const absl::Status status = AnyToJson(any_wire).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
};

TEST_P(AnyTest, PutsTypeBesideTheFields) {
  ExpectJson(AnyWire("type.googleapis.com/ssegateway.v1.Dashboard",
                     WireOfText("ssegateway.v1.Dashboard", "id: 'a' user: 1")),
             R"({"@type": "type.googleapis.com/ssegateway.v1.Dashboard", "id": "a", "user": 1})");
}

TEST_P(AnyTest, KeepsTheTypeUrlAsGiven) {
  ExpectJson(AnyWire("foo.com/a \"b\"/acme.v1.Legacy", WireOfText("acme.v1.Legacy", "text: 'x'")),
             R"({"@type": "foo.com/a \"b\"/acme.v1.Legacy", "text": "x"})");
  ExpectJson(AnyWire("/acme.v1.Legacy", ""), R"({"@type": "/acme.v1.Legacy"})");
}

TEST_P(AnyTest, WritesSpecialTypesAsValue) {
  struct Special {
    const char* type;
    const char* text;
    const char* value;
  };
  for (const Special& special :
       {Special{"Timestamp", "seconds: 1", R"("1970-01-01T00:00:01Z")"},
        Special{"Timestamp", "", R"("1970-01-01T00:00:00Z")"}, Special{"Duration", "", R"("0s")"},
        Special{"FieldMask", "", R"("")"}, Special{"Int64Value", "", R"("0")"},
        Special{"UInt64Value", "value: 1", R"("1")"}, Special{"BoolValue", "", "false"},
        Special{"StringValue", "", R"("")"}, Special{"Struct", "", "{}"},
        Special{"ListValue", "", "[]"}, Special{"Value", "", "null"},
        Special{"Value", "struct_value {}", "{}"}, Special{"Any", "", "{}"}}) {
    SCOPED_TRACE(special.type);
    const std::string type = std::string("google.protobuf.") + special.type;
    ExpectJson(AnyWire("foo.com/" + type, WireOfText(type, special.text)),
               (R"({"@type": "foo.com/)" + type + R"(", "value": )" + special.value + "}").c_str());
  }
  // Empty is a message like any other.
  ExpectJson(AnyWire("x/google.protobuf.Empty", ""), R"({"@type": "x/google.protobuf.Empty"})");
}

TEST_P(AnyTest, WritesAnyInAny) {
  const std::string innermost = AnyWire("x/google.protobuf.Int64Value", WireBuilder().Varint(1, 4));
  ExpectJson(AnyWire("y/google.protobuf.Any", AnyWire("z/google.protobuf.Any", innermost)),
             R"({"@type": "y/google.protobuf.Any",
                 "value": {"@type": "z/google.protobuf.Any",
                           "value": {"@type": "x/google.protobuf.Int64Value", "value": "4"}}})");
}

TEST_P(AnyTest, WritesAnysWhereverTheyAreInAMessage) {
  const std::string text = R"(
      any { type_url: "a/acme.v1.Legacy" value: "\062\001x" }
      anys { type_url: "a/google.protobuf.BoolValue" }
      anys {}
      anys { type_url: "a/acme.v1.Everything"
             value: "\302\005\031\012\027a/google.protobuf.Empty" }
      string_to_any { key: "k" value { type_url: "a/google.protobuf.Duration" } }
      string_to_any { key: "none" }
      string_value: "0"
      strings: "1")";
  const absl::StatusOr<std::string> json =
      ToJson("acme.v1.Everything", WireOfText("acme.v1.Everything", text));
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_THAT(*json, IsJson(R"({
      "any": {"@type": "a/acme.v1.Legacy", "text": "x"},
      "anys": [{"@type": "a/google.protobuf.BoolValue", "value": false}, {},
               {"@type": "a/acme.v1.Everything", "any": {"@type": "a/google.protobuf.Empty"}}],
      "stringToAny": {"k": {"@type": "a/google.protobuf.Duration", "value": "0s"}, "none": {}},
      "stringValue": "0",
      "strings": ["1"]})"));
}

TEST_P(AnyTest, MergesAnyFieldsLikeAnyOtherMessage) {
  // type_url from one occurrence, value from the other.
  const std::string wire = WireBuilder()
                               .Bytes(88, WireBuilder().Bytes(1, "a/acme.v1.Legacy"))
                               .Bytes(88, WireBuilder().Bytes(2, WireBuilder().Bytes(6, "x")));
  const absl::StatusOr<std::string> json = ToJson("acme.v1.Everything", wire);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_THAT(*json, IsJson(R"({"any": {"@type": "a/acme.v1.Legacy", "text": "x"}})"));
}

TEST_P(AnyTest, AppliesOptionsInside) {
  const std::string legacy = WireOfText("acme.v1.Legacy", "Inner { number: 5 } closed: ONE");
  ExpectJson(AnyWire("a/google.protobuf.Any", AnyWire("a/acme.v1.Legacy", legacy)),
             R"({"@type": "a/google.protobuf.Any",
                 "value": {"@type": "a/acme.v1.Legacy", "inner": {"number": 5}, "closed": 1}})",
             {.enums_as_numbers = true, .int64_as_numbers = true});
  ExpectJson(AnyWire("a/google.protobuf.UInt64Value", WireBuilder().Varint(1, UINT64_MAX)),
             R"({"@type": "a/google.protobuf.UInt64Value", "value": 18446744073709551615})",
             {.int64_as_numbers = true});
  ExpectJson(AnyWire("a/ssegateway.v1.Point", ""),
             R"({"@type": "a/ssegateway.v1.Point", "value": 0})", {.emit_defaults = true});
}

TEST_P(AnyTest, RefusesUnknownTypesByName) {
  ExpectRefused(AnyWire("type.googleapis.com/acme.v1.Nothing", "x"),
                "'type.googleapis.com/acme.v1.Nothing'");
  ExpectRefused(AnyWire("acme.v1.Legacy", ""), "'acme.v1.Legacy'");
  ExpectRefused(AnyWire("acme.v1.Legacy/", ""), "'acme.v1.Legacy/'");
  ExpectRefused(AnyWire("a/google.protobuf.Any", AnyWire("a/b.C", "")), "'a/b.C'");
}

TEST_P(AnyTest, RefusesAnyWithoutType) {
  ExpectRefused("", "without a type");
  ExpectRefused(AnyWire("", "x"), "without a type");
  ExpectRefused(AnyWire("a/google.protobuf.Any", AnyWire("", "x")), "without a type");
}

TEST_P(AnyTest, RefusesBadContent) {
  ExpectRefused(AnyWire("a/acme.v1.Legacy", "\x32\x05x"), "malformed acme.v1.Legacy");
  ExpectRefused(AnyWire("a/acme.v1.Legacy", WireBuilder().Bytes(6, "\xFF")),
                "invalid UTF-8 in acme.v1.Legacy.text");
  ExpectRefused(AnyWire("a/acme.v1.Strict", ""), "name, size");
  ExpectRefused(AnyWire("a/google.protobuf.Timestamp", WireBuilder().Varint(2, 1000000000)),
                "google.protobuf.Timestamp");
  ExpectRefused(AnyWire("\xFF/acme.v1.Legacy", ""),
                "invalid UTF-8 in google.protobuf.Any.type_url");
  ExpectRefused("\x0A", "malformed google.protobuf.Any");
}

INSTANTIATE_TEST_SUITE_P(All, AnyTest, testing::ValuesIn(Implementations()), ImplementationName);

}  // namespace
}  // namespace ssegw::transcode
