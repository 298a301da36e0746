#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/schemas.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

absl::StatusOr<std::string> ToJson(std::string_view type, std::string_view wire,
                                   UnknownFieldRef* unknown = nullptr) {
  static const std::unique_ptr<Schemas> schemas =
      *Schemas::Load({DescriptorSetPath("extensions.pb")}, {});
  std::string json;
  const absl::Status status =
      OnePassTranscoder(schemas->plans()).ToJson(type, wire, &json, unknown);
  if (!status.ok()) return status;
  return json;
}

std::string Item(uint64_t type_id, const std::string& message) {
  return WireBuilder().Group(1, WireBuilder().Varint(2, type_id).Bytes(3, message));
}

struct Extended {
  const char* name;
  const char* type;
  std::string wire;
  const char* json;
};

TEST(ExtensionsTest, AreMembersByFullName) {
  const std::string word = WireBuilder().Bytes(1, "x");
  const std::string set = Item(1547769, word);
  const Extended cases[] = {
      {"String", "acme.v1.Legacy", WireBuilder().Bytes(100, "a").Bytes(200, "z"),
       R"({"[acme.v1.extra]": "a", "last": "z"})"},
      {"Group", "acme.v1.Legacy", WireBuilder().Group(101, WireBuilder().Varint(1, 5)),
       R"({"[acme.v1.extragroup]": {"number": 5}})"},
      {"Packed", "acme.v1.Legacy", WireBuilder().Bytes(102, "\x01\x02"s),
       R"({"[acme.v1.extra_numbers]": ["1", "2"]})"},
      {"NotPacked", "acme.v1.Legacy", WireBuilder().Varint(102, 1).Varint(102, 2),
       R"({"[acme.v1.extra_numbers]": ["1", "2"]})"},
      {"Closed", "acme.v1.Legacy", WireBuilder().Varint(103, 1).Varint(103, 9).Varint(103, 0),
       R"({"[acme.v1.extra_closed]": ["ONE", "NONE"]})"},
      {"DeclaredInAMessage", "acme.v1.Legacy", WireBuilder().Bytes(110, word),
       R"({"[acme.v1.Scope.scope]": {"word": "x"}})"},
      {"Twice", "acme.v1.Legacy", WireBuilder().Bytes(100, "a").Bytes(100, "b"),
       R"({"[acme.v1.extra]": "b"})"},
      {"Merged", "acme.v1.Corners",
       WireBuilder()
           .Bytes(1000, WireBuilder().Bytes(1, "n"))
           .Bytes(1000, WireBuilder().Varint(2, 3)),
       R"({"[acme.v1.strict_extension]": {"name": "n", "size": 3}})"},
      {"Nested", "acme.v1.Legacy",
       WireBuilder().Bytes(7, WireBuilder().Bytes(7, WireBuilder().Bytes(100, "deep"))),
       R"({"child": {"child": {"[acme.v1.extra]": "deep"}}})"},
      {"InAnAny", "google.protobuf.Any", AnyWire("a/acme.v1.Legacy", WireBuilder().Bytes(100, "a")),
       R"({"@type": "a/acme.v1.Legacy", "[acme.v1.extra]": "a"})"},
      {"Unknown", "acme.v1.Legacy", WireBuilder().Bytes(150, "a"), "{}"},
      {"MessageSet", "acme.v1.Set", set, R"({"[acme.v1.Item.item]": {"word": "x"}})"},
      {"FieldOfAMessageSet", "acme.v1.Set", WireBuilder().Bytes(1547769, word),
       R"({"[acme.v1.Item.item]": {"word": "x"}})"},
      {"NumberBeyondThoseOfFields", "acme.v1.Set", Item(2147483646, word),
       R"({"[acme.v1.Item.far_item]": {"word": "x"}})"},
      {"MessageBeforeNumber", "acme.v1.Set",
       WireBuilder().Group(1, WireBuilder().Bytes(3, word).Varint(2, 1547769)),
       R"({"[acme.v1.Item.item]": {"word": "x"}})"},
      {"ItemTwice", "acme.v1.Set", Item(1547769, word) + Item(1547769, WireBuilder().Bytes(1, "y")),
       R"({"[acme.v1.Item.item]": {"word": "y"}})"},
      {"FarItemTwice", "acme.v1.Set", Item(2147483646, word) + Item(2147483646, ""),
       R"({"[acme.v1.Item.far_item]": {"word": "x"}})"},
      {"SetInASet", "acme.v1.Set", Item(1547769, WireBuilder().Bytes(2, set)),
       R"({"[acme.v1.Item.item]": {"set": {"[acme.v1.Item.item]": {"word": "x"}}}})"},
      {"SetInAnAny", "google.protobuf.Any", AnyWire("a/acme.v1.Set", set),
       R"({"@type": "a/acme.v1.Set", "[acme.v1.Item.item]": {"word": "x"}})"},
      {"UnknownItem", "acme.v1.Set", Item(5, "\xFF"s), "{}"},
  };
  for (const Extended& one : cases) {
    SCOPED_TRACE(one.name);
    const absl::StatusOr<std::string> json = ToJson(one.type, one.wire);
    ASSERT_TRUE(json.ok()) << json.status();
    EXPECT_THAT(*json, IsJson(one.json));
  }
}

TEST(ExtensionsTest, AreHeldToTheRulesOfFields) {
  const Extended cases[] = {
      {"Required", "acme.v1.Corners", WireBuilder().Bytes(1000, ""), "required fields: name, size"},
      {"Utf8", "acme.v1.Legacy", WireBuilder().Bytes(100, "\xFF"),
       "invalid UTF-8 in acme.v1.extra"},
      {"Utf8InASet", "acme.v1.Set", Item(1547769, WireBuilder().Bytes(1, "\xFF")),
       "invalid UTF-8 in acme.v1.Item.word"},
      {"CutItem", "acme.v1.Set", "\x0B\x10"s, "item of a MessageSet is cut short"},
      {"CutMessageInASet", "acme.v1.Set", Item(1547769, "\x0A"s), "malformed acme.v1.Set"},
      {"CutPacked", "acme.v1.Corners", WireBuilder().Bytes(1001, "abc"), "field 1001"},
  };
  for (const Extended& one : cases) {
    SCOPED_TRACE(one.name);
    const absl::Status status = ToJson(one.type, one.wire).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(one.json));
  }
}

TEST(ExtensionsTest, NamesTheUnknownField) {
  struct Unknown {
    const char* type;
    std::string wire;
    const char* in;
    int number;
  };
  const Unknown cases[] = {
      {"acme.v1.Legacy", WireBuilder().Bytes(6, "known"), "", 0},
      {"acme.v1.Legacy", WireBuilder().Bytes(150, "a").Varint(151, 1), "acme.v1.Legacy", 150},
      {"acme.v1.Legacy", WireBuilder().Bytes(7, WireBuilder().Group(149, "")), "acme.v1.Legacy",
       149},
      {"acme.v1.Legacy", WireBuilder().Varint(3, 99), "acme.v1.Legacy", 3},
      {"acme.v1.Set", Item(77, ""), "acme.v1.Set", 77},
      {"google.protobuf.Any",
       AnyWire("a/acme.v1.Scope", WireBuilder().Bytes(1, "x").Bytes(1, "y").Varint(12, 0)),
       "acme.v1.Scope", 12},
  };
  for (const Unknown& one : cases) {
    UnknownFieldRef unknown;
    EXPECT_TRUE(ToJson(one.type, one.wire, &unknown).ok());
    EXPECT_EQ(unknown.type, one.in);
    EXPECT_EQ(unknown.number, one.number) << one.in;
  }
}

}  // namespace
}  // namespace ssegw::transcode
