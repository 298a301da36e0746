#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

struct BadWire {
  const char* name;
  std::string wire;
  const char* message;
};

class MalformedWireTest : public TranscoderTest {
 protected:
  static void ExpectRefused(std::string_view type, const std::string& wire, const char* message) {
    const absl::Status status = ToJson(type, wire).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
};

TEST_P(MalformedWireTest, IsRefusedAsMalformed) {
  const BadWire bad_wires[] = {
      {"TagWithoutPayload", "\x18"s, "malformed acme.v1.Everything: field 3"},
      {"CutVarint", "\x18\x80"s, "field 3"},
      {"VarintOfElevenBytes", "\x18"s + std::string(10, '\xFF') + "\x01"s, "field 3"},
      {"CutFixed64",
       "\x09"
       "1234567"s,
       "field 1"},
      {"CutFixed32",
       "\x15"
       "123"s,
       "field 2"},
      {"CutString",
       "\x72\x05"
       "abcd"s,
       "field 14"},
      {"LengthBeyondTheEnd", "\x72\xFF\xFF\xFF\xFF\x07"s, "field 14"},
      {"LengthOfTenBytes", "\x72\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s, "field 14"},
      {"CutTag", "\x80"s, "invalid tag (at byte 0)"},
      {"FieldNumberZero", WireBuilder().Varint(3, 1).Raw("\x02\x00"s), "invalid tag (at byte 2)"},
      {"FieldNumberTooBig", "\xFF\xFF\xFF\xFF\x7F\x01"s, "invalid tag"},
      {"WireType6", "\x1E\x01"s, "invalid tag"},
      {"WireType7", "\x1F\x01"s, "invalid tag"},
      {"EndOfNoGroup", "\x1C"s, "group"},
      {"GroupWithoutEnd", "\xC3\x3E\x08\x01"s, "group without an end"},
      {"GroupEndsAsAnother", "\xC3\x3E\xCC\x3E"s, "group"},
      {"CutInUnknownField",
       "\xC2\x3E\x09"
       "12345678"s,
       "field 1000"},
      {"CutInChild", WireBuilder().Bytes(17, "\x18"s), "field 3"},
      {"EndOfGroupInChild", WireBuilder().Bytes(17, "\x8C\x01"s), "group"},
      {"CutInMapEntry", WireBuilder().Bytes(41, "\x0A\x05"s), "field 1"},
      {"CutInPackedVarint", WireBuilder().Bytes(23, "\x01\x80"s), "field 23"},
      {"CutInPackedFixed64", WireBuilder().Bytes(27, "1234567890"), "field 27"},
      {"CutInTimestamp", WireBuilder().Bytes(81, "\x08"s), "field 1"},
      {"CutInStruct", WireBuilder().Bytes(84, "\x0A\x7F"s), "field 1"},
  };
  for (const BadWire& bad : bad_wires) {
    SCOPED_TRACE(bad.name);
    ExpectRefused("acme.v1.Everything", bad.wire, "malformed acme.v1.Everything");
    ExpectRefused("acme.v1.Everything", bad.wire, bad.message);
  }
}

TEST_P(MalformedWireTest, IsRefusedInGroups) {
  ExpectRefused("acme.v1.Legacy", "\x0B\x08\x01"s, "group without an end");
  ExpectRefused("acme.v1.Legacy", "\x0B\x08\x01\x14"s, "group");
  ExpectRefused("acme.v1.Legacy", "\x0B\x08\x0C"s, "malformed acme.v1.Legacy");
  ExpectRefused("acme.v1.Legacy", WireBuilder().Group(1, WireBuilder().Bytes(2, "\xFF"s)),
                "invalid UTF-8 in acme.v1.Legacy.Inner.text");
}

TEST_P(MalformedWireTest, InvalidUtf8IsRefusedByField) {
  const BadWire bad_wires[] = {
      {"Field", WireBuilder().Bytes(14, "a\xFF"s), "acme.v1.Everything.string_value"},
      {"Overlong", WireBuilder().Bytes(14, "\xC0\x80"s), "acme.v1.Everything.string_value"},
      {"Surrogate", WireBuilder().Bytes(14, "\xED\xA0\x80"s), "acme.v1.Everything.string_value"},
      {"CutShort", WireBuilder().Bytes(14, "\xE2\x82"s), "acme.v1.Everything.string_value"},
      {"EvenIfSuperseded", WireBuilder().Bytes(14, "\xFF"s).Bytes(14, "a"),
       "acme.v1.Everything.string_value"},
      {"Element", WireBuilder().Bytes(29, "ok").Bytes(29, "\xFF"s), "acme.v1.Everything.strings"},
      {"Oneof", WireBuilder().Bytes(62, "\xFF"s), "acme.v1.Everything.choice_string"},
      {"Child", WireBuilder().Bytes(17, WireBuilder().Bytes(14, "\xFF"s)), "string_value"},
      {"MapKey", WireBuilder().Bytes(41, WireBuilder().Bytes(1, "\xFF"s)),
       "acme.v1.Everything.StringToStringEntry.key"},
      {"MapValue", WireBuilder().Bytes(41, WireBuilder().Bytes(2, "\xFF"s)),
       "acme.v1.Everything.StringToStringEntry.value"},
      {"Wrapper", WireBuilder().Bytes(96, WireBuilder().Bytes(1, "\xFF"s)),
       "google.protobuf.StringValue.value"},
      {"FieldMask", WireBuilder().Bytes(83, WireBuilder().Bytes(1, "\xFF"s)),
       "google.protobuf.FieldMask.paths"},
      {"Value", WireBuilder().Bytes(85, WireBuilder().Bytes(3, "\xFF"s)),
       "google.protobuf.Value.string_value"},
      {"StructKey",
       WireBuilder().Bytes(84, WireBuilder().Bytes(1, WireBuilder().Bytes(1, "\xFF"s))),
       "google.protobuf.Struct.FieldsEntry.key"},
  };
  for (const BadWire& bad : bad_wires) {
    SCOPED_TRACE(bad.name);
    ExpectRefused("acme.v1.Everything", bad.wire, "invalid UTF-8 in ");
    ExpectRefused("acme.v1.Everything", bad.wire, bad.message);
  }
  // JSON can hold nothing else, so a proto2 string is held to the same.
  ExpectRefused("acme.v1.Legacy", WireBuilder().Bytes(6, "\xFF"s),
                "invalid UTF-8 in acme.v1.Legacy.text");
}

// Each way a message can be nested: levels times around a core.
struct Nesting {
  const char* name;
  const char* type;
  int levels_each;  // how many levels wrap adds
  std::function<std::string(const std::string&)> wrap;
};

TEST_P(MalformedWireTest, NestingIsBounded) {
  const Nesting nestings[] = {
      {"Message", "acme.v1.Everything", 1,
       [](const std::string& inner) { return WireBuilder().Bytes(17, inner); }},
      {"Repeated", "acme.v1.Everything", 1,
       [](const std::string& inner) { return WireBuilder().Bytes(32, inner); }},
      {"MapValue", "acme.v1.Everything", 1,
       [](const std::string& inner) {
         return WireBuilder().Bytes(47, WireBuilder().Bytes(2, inner));
       }},
      {"Any", "google.protobuf.Any", 1,
       [](const std::string& inner) { return AnyWire("a/google.protobuf.Any", inner); }},
      {"MessageInAny", "acme.v1.Everything", 2,
       [](const std::string& inner) {
         return WireBuilder().Bytes(88, AnyWire("a/acme.v1.Everything", inner));
       }},
      {"MessageInRepeatedAny", "acme.v1.Everything", 2,
       [](const std::string& inner) {
         return WireBuilder().Bytes(104, AnyWire("a/acme.v1.Everything", inner));
       }},
      {"MessageInAnyInMap", "acme.v1.Everything", 2,
       [](const std::string& inner) {
         return WireBuilder().Bytes(49,
                                    WireBuilder().Bytes(2, AnyWire("a/acme.v1.Everything", inner)));
       }},
      {"List", "google.protobuf.Value", 2,
       [](const std::string& inner) {
         return WireBuilder().Bytes(6, WireBuilder().Bytes(1, inner));
       }},
      {"Struct", "google.protobuf.Value", 2,
       [](const std::string& inner) {
         return WireBuilder().Bytes(
             5, WireBuilder().Bytes(1, WireBuilder().Bytes(1, "k").Bytes(2, inner)));
       }},
      {"GroupInMessage", "acme.v1.Legacy", 1,
       [](const std::string& inner) { return WireBuilder().Bytes(7, inner); }},
      {"UnknownGroup", "acme.v1.Everything", 1,
       [](const std::string& inner) { return WireBuilder().Group(1000, inner); }},
  };
  for (const Nesting& nesting : nestings) {
    SCOPED_TRACE(nesting.name);
    const auto nested = [&](int levels) {
      std::string wire;
      for (int i = 0; i < levels; i += nesting.levels_each) wire = nesting.wrap(wire);
      return wire;
    };
    for (const bool int64_as_numbers : {false, true}) {
      const absl::StatusOr<std::string> json =
          ToJson(nesting.type, nested(kMaxMessageDepth), {.int64_as_numbers = int64_as_numbers});
      ASSERT_TRUE(json.ok()) << json.status();
      EXPECT_TRUE(ParseOutput(*json).ok());
    }
    ExpectRefused(nesting.type, nested(kMaxMessageDepth + nesting.levels_each),
                  "nested deeper than 64 levels");
    ExpectRefused(nesting.type, nested(2000), "nested deeper than 64 levels");
  }
}

// A publisher's whole event made of nothing but nesting.
TEST_P(MalformedWireTest, NestingToTheEndOfTheBytesIsRefused) {
  // Start tags of an unknown and of a known group.
  std::string groups;
  for (int i = 0; i < 1 << 18; ++i) groups += "\xC3\x3E";
  ExpectRefused("acme.v1.Everything", groups, "nested deeper");
  ExpectRefused("acme.v1.Legacy", WireBuilder().Bytes(7, std::string(1 << 18, '\x0B')),
                "nested deeper");
  ExpectRefused("acme.v1.Legacy", std::string(1 << 18, '\x1B'), "nested deeper");
}

INSTANTIATE_TEST_SUITE_P(All, MalformedWireTest, testing::ValuesIn(Implementations()),
                         ImplementationName);

}  // namespace
}  // namespace ssegw::transcode
