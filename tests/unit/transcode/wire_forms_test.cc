// What the same message may look like on the wire: every form means what protobuf's parser says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

using std::string_literals::operator""s;

struct WireForm {
  const char* name;
  const char* type;
  std::string wire;
  const char* json;
};

class WireFormsTest : public TranscoderTest {};

TEST_P(WireFormsTest, MeanTheSame) {
  const WireForm forms[] = {
      {"LastScalarWins", "acme.v1.Everything", WireBuilder().Varint(3, 1).Varint(3, 2),
       R"({"int32Value": 2})"},
      {"LastMayBeTheDefault", "acme.v1.Everything", WireBuilder().Varint(3, 1).Varint(3, 0), "{}"},
      {"ExplicitDefault", "acme.v1.Everything", WireBuilder().Varint(3, 0).Bytes(14, ""), "{}"},
      {"MessagesMerge", "acme.v1.Everything",
       WireBuilder()
           .Bytes(17, WireBuilder().Varint(3, 1).Varint(23, 5))
           .Varint(3, 9)
           .Bytes(17, WireBuilder().Bytes(14, "x").Varint(23, 6)),
       R"({"int32Value": 9, "child": {"int32Value": 1, "stringValue": "x", "int32s": [5, 6]}})"},
      {"TimestampsMerge", "acme.v1.Everything",
       WireBuilder()
           .Bytes(81, WireBuilder().Varint(1, 1))
           .Bytes(81, WireBuilder().Varint(2, 5000000)),
       R"({"timestamp": "1970-01-01T00:00:01.005Z"})"},
      {"RepeatedFieldInPieces", "acme.v1.Everything",
       WireBuilder().Varint(23, 1).Varint(3, 7).Bytes(23, "\x02\x03"s).Varint(23, 4).Bytes(23, ""),
       R"({"int32Value": 7, "int32s": [1, 2, 3, 4]})"},
      {"PackedWhereUnpackedIsDeclared", "acme.v1.Everything", WireBuilder().Bytes(25, "\x01\x02"s),
       R"({"uint64sUnpacked": ["1", "2"]})"},
      {"LastOneofMemberWins", "acme.v1.Everything", WireBuilder().Varint(61, 1).Bytes(62, "x"),
       R"({"choiceString": "x"})"},
      {"OneofMessagesMerge", "acme.v1.Everything",
       WireBuilder().Bytes(63, WireBuilder().Varint(3, 1)).Bytes(63, WireBuilder().Bytes(14, "x")),
       R"({"choiceChild": {"int32Value": 1, "stringValue": "x"}})"},
      {"OneofDoesNotMergeAcrossMembers", "acme.v1.Everything",
       WireBuilder().Bytes(63, WireBuilder().Varint(3, 1)).Varint(64, 1).Bytes(63, ""),
       R"({"choiceChild": {}})"},
      {"LastMapEntryWins", "acme.v1.Everything",
       WireBuilder()
           .Bytes(43, WireBuilder().Varint(1, 5).Varint(2, 1))
           .Bytes(43, WireBuilder().Varint(1, 6).Varint(2, 2))
           .Bytes(43, WireBuilder().Varint(1, 5).Varint(2, 3)),
       R"({"int64ToInt64": {"5": "3", "6": "2"}})"},
      {"MapEntryWithoutValue", "acme.v1.Everything",
       WireBuilder().Bytes(43, WireBuilder().Varint(1, 5)).Bytes(47, WireBuilder().Bytes(1, "a")),
       R"({"int64ToInt64": {"5": "0"}, "stringToChild": {"a": {}}})"},
      {"MapEntryWithoutKey", "acme.v1.Everything",
       WireBuilder().Bytes(43, WireBuilder().Varint(2, 1)).Bytes(41, "").Bytes(45, ""),
       R"({"int64ToInt64": {"0": "1"}, "stringToString": {"": ""}, "boolToBytes": {"false": ""}})"},
      {"MapEntryBackwards", "acme.v1.Everything",
       WireBuilder().Bytes(43, WireBuilder().Varint(2, 1).Varint(9, 9).Varint(1, 4)),
       R"({"int64ToInt64": {"4": "1"}})"},
      {"MapEntryValuesMerge", "acme.v1.Everything",
       WireBuilder().Bytes(47, WireBuilder()
                                   .Bytes(1, "a")
                                   .Bytes(2, WireBuilder().Varint(3, 1))
                                   .Bytes(2, WireBuilder().Bytes(14, "x"))),
       R"({"stringToChild": {"a": {"int32Value": 1, "stringValue": "x"}}})"},
      {"StructKeyTwice", "google.protobuf.Struct",
       WireBuilder()
           .Bytes(1, WireBuilder().Bytes(1, "a").Bytes(2, WireBuilder().Varint(4, 1)))
           .Bytes(1, WireBuilder().Bytes(1, "a").Bytes(2, WireBuilder().Bytes(3, "x"))),
       R"({"a": "x"})"},
      {"UnknownFields", "acme.v1.Everything",
       WireBuilder()
           .Varint(1000, UINT64_MAX)
           .Bytes(1001, "\xFF\xFF"s)
           .Raw("\xD5\x3E"
                "1234"s)
           .Raw("\xD1\x3E"
                "12345678"s)
           .Group(1002, WireBuilder().Varint(1, 1).Group(1003, WireBuilder().Bytes(2, "x")))
           .Varint(3, 1),
       R"({"int32Value": 1})"},
      {"WrongWireTypeIsUnknown", "acme.v1.Everything",
       WireBuilder()
           .Bytes(3, "\xFF"s)
           .Varint(14, 1)
           .Group(17, WireBuilder().Varint(3, 1))
           .Varint(1, 1),
       "{}"},
      {"UnknownFieldsInside", "acme.v1.Everything",
       WireBuilder().Bytes(81, WireBuilder().Varint(9, 1)).Bytes(84, WireBuilder().Varint(9, 1)),
       R"({"timestamp": "1970-01-01T00:00:00Z", "struct": {}})"},
      {"Int32InTenBytes", "acme.v1.Everything", WireBuilder().Varint(3, UINT64_MAX),
       R"({"int32Value": -1})"},
      {"Int32Truncates", "acme.v1.Everything", WireBuilder().Varint(3, (uint64_t{1} << 32) + 5),
       R"({"int32Value": 5})"},
      {"BoolOfAnyNumber", "acme.v1.Everything", WireBuilder().Varint(13, uint64_t{1} << 40),
       R"({"boolValue": true})"},
      {"OverlongVarints", "acme.v1.Everything",
       "\x98\x80\x00\x85\x80\x80\x80\x80\x80\x80\x80\x80\x00"s, R"({"int32Value": 5})"},
      {"MapEntryWithUnknownFields", "acme.v1.Legacy",
       WireBuilder().Bytes(9, WireBuilder()
                                  .Bytes(1, "a")
                                  .Bytes(2, WireBuilder().Bytes(6, "x"))
                                  .Group(2, WireBuilder().Bytes(6, "y"))
                                  .Group(3, "")),
       R"({"children": {"a": {"text": "x"}}})"},
      {"GroupsMerge", "acme.v1.Legacy",
       WireBuilder().Group(1, WireBuilder().Varint(1, 1)).Group(1, WireBuilder().Bytes(2, "x")),
       R"({"inner": {"number": "1", "text": "x"}})"},
      {"GroupAsSubmessageIsUnknown", "acme.v1.Legacy",
       WireBuilder().Bytes(1, WireBuilder().Varint(1, 1)), "{}"},
      {"UnknownNumberOfClosedEnum", "acme.v1.Legacy", WireBuilder().Varint(3, 1).Varint(3, 99),
       R"({"closed": "ONE"})"},
      {"UnknownNumbersOfClosedEnums", "acme.v1.Legacy",
       WireBuilder().Varint(4, 99).Varint(4, 1).Bytes(4, "\x63\x00"s),
       R"({"closedList": ["ONE", "NONE"]})"},
      {"UnknownExtension", "acme.v1.Legacy", WireBuilder().Varint(150, 1).Bytes(6, "x"),
       R"({"text": "x"})"},
  };
  for (const WireForm& form : forms) {
    SCOPED_TRACE(form.name);
    const absl::StatusOr<std::string> json = ToJson(form.type, form.wire);
    ASSERT_TRUE(json.ok()) << json.status();
    EXPECT_THAT(*json, IsJson(form.json));
  }
}

INSTANTIATE_TEST_SUITE_P(All, WireFormsTest, testing::ValuesIn(Implementations()),
                         ImplementationName);

}  // namespace
}  // namespace ssegw::transcode
