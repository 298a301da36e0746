#include "gateway/ingest/field_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace ssegw::ingest {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): for NUL bytes
using transcode::WireType;

TEST(FieldReaderTest, GivesFieldsOfEveryWireTypeInOrder) {
  const std::string message =
      "\x08\x96\x01"s                          // 1: varint 150
      "\x11\x01\x02\x03\x04\x05\x06\x07\x08"s  // 2: fixed64
      "\x1a\x03"
      "abc"s                   // 3: bytes
      "\x25\x01\x02\x03\x04"s  // 4: fixed32
      "\x2a\x00"s;             // 5: empty bytes
  FieldReader reader(message);
  WireField field;
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_TRUE(field.Is(1, WireType::kVarint));
  EXPECT_EQ(field.varint, 150U);
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_TRUE(field.Is(2, WireType::kFixed64));
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_TRUE(field.Is(3, WireType::kLengthDelimited));
  EXPECT_EQ(field.bytes, "abc");
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_TRUE(field.Is(4, WireType::kFixed32));
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_TRUE(field.Is(5, WireType::kLengthDelimited));
  EXPECT_EQ(field.bytes, "");
  EXPECT_FALSE(reader.Next(&field));
  EXPECT_TRUE(reader.ok());
}

TEST(FieldReaderTest, PassesOverGroupsHoweverTheyNest) {
  const std::string message =
      "\x0b"               // 1: group
      "\x10\x01"           //   2: varint
      "\x13\x1a\x01x\x14"  //   2: group with 3: bytes
      "\x0c"               // end of 1
      "\x28\x07"s;         // 5: varint
  FieldReader reader(message);
  WireField field;
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_TRUE(field.Is(5, WireType::kVarint));
  EXPECT_EQ(field.varint, 7U);
  EXPECT_FALSE(reader.Next(&field));
  EXPECT_TRUE(reader.ok());
}

TEST(FieldReaderTest, SaysWhatIsWrongAndWhere) {
  struct Case {
    const char* name;
    std::string message;
    const char* fault;
  };
  const std::vector<Case> cases = {
      {"tag cut short", "\x08\x01\x80"s, "no field tag at byte 2"},
      {"field number 0", "\x00"s, "no field tag at byte 0"},
      {"wire type 6", "\x0e"s, "no field tag at byte 0"},
      {"wire type 7", "\x0f"s, "no field tag at byte 0"},
      {"tag over 32 bits", "\xf8\xff\xff\xff\x7f\x01"s, "no field tag at byte 0"},
      {"varint cut short", "\x08\x80"s, "truncated field 1 at byte 0"},
      {"varint over ten bytes", "\x08" + std::string(10, '\x80') + "\x01",
       "truncated field 1 at byte 0"},
      {"fixed64 cut short", "\x09\x01\x02\x03\x04\x05\x06\x07"s, "truncated field 1 at byte 0"},
      {"fixed32 cut short", "\x0d\x01\x02\x03"s, "truncated field 1 at byte 0"},
      {"bytes beyond the end", "\x08\x01\x12\x05\x61\x62"s, "truncated field 2 at byte 2"},
      {"length beyond 64 bits of memory", "\x12\xff\xff\xff\xff\x0f"s,
       "truncated field 2 at byte 0"},
      {"end without a group", "\x0c"s, "unmatched end of group 1 at byte 0"},
      {"end of another group", "\x0b\x14"s, "unmatched end of group 2 at byte 1"},
      {"group without an end", "\x0b\x10\x01"s, "no field tag at byte 3"},
      {"fault inside a group", "\x0b\x12\x05\x61"s, "truncated field 2 at byte 1"},
      {"groups without end", std::string(1'000'000, '\x0b'),
       "groups nested too deep in field 1 at byte 100"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    FieldReader reader(c.message);
    WireField field;
    while (reader.Next(&field)) {
    }
    ASSERT_FALSE(reader.ok());
    EXPECT_EQ(reader.Fault(), c.fault);
    EXPECT_FALSE(reader.Next(&field)) << "goes on after a fault";
  }
}

TEST(FieldReaderTest, EmptyMessageHasNoFieldsAndNoFault) {
  FieldReader reader("");
  WireField field;
  EXPECT_FALSE(reader.Next(&field));
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace ssegw::ingest
