// That the one pass says the same as the other way, wherever it says something. Each case was a
// difference, or could have been one; tests/fuzz looks for more.
#include "tests/unit/transcode/both_ways.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "internal/base/concat.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/random_message.h"

namespace ssegw::transcode {
namespace {

using std::string_literals::operator""s;

struct Case {
  const char* name;
  const char* type;
  std::string wire;
};

TEST(BothWaysTest, SayTheSame) {
  const std::string strict = WireBuilder().Bytes(1, "a").Varint(2, 1);
  const std::string half_strict = WireBuilder().Bytes(1, "a");
  const uint64_t beyond_32_bits = (uint64_t{1} << 32) + 1;
  const Case cases[] = {
      {"UnknownNumberOfProto3EnumInProto2", "acme.v1.Corners", WireBuilder().Varint(1, 77)},
      {"InAList", "acme.v1.Corners", WireBuilder().Varint(2, 1).Varint(2, 77)},
      {"InAPackedList", "acme.v1.Corners", WireBuilder().Bytes(3, "\x01\x4D\x00"s)},
      {"InAMap", "acme.v1.Corners",
       WireBuilder().Bytes(4, WireBuilder().Bytes(1, "a").Varint(2, 77))},
      {"KnownNumberOfProto3EnumInProto2", "acme.v1.Corners", WireBuilder().Varint(1, 1)},
      {"EnumOfTheMapIsAbsent", "acme.v1.Corners", WireBuilder().Bytes(7, "")},
      {"EnumOfTheMapIsZero", "acme.v1.Corners", WireBuilder().Bytes(7, WireBuilder().Varint(2, 0))},
      {"ClosedEnumOfTheMap", "acme.v1.Corners",
       WireBuilder().Bytes(7, WireBuilder().Varint(2, 99))},
      {"ClosedEnumIsCutTo32Bits", "acme.v1.Corners", WireBuilder().Varint(5, beyond_32_bits)},
      {"NegativeEnum", "acme.v1.Corners", WireBuilder().Varint(8, 0xFFFFFFFF80000000)},
      {"NegativeEnumIn32Bits", "acme.v1.Corners", WireBuilder().Varint(8, 0x80000000)},
      {"NullValue", "acme.v1.Corners", WireBuilder().Varint(12, 0)},
      {"NullValueWithoutName", "acme.v1.Corners", WireBuilder().Varint(12, 5)},
      {"NullValues", "acme.v1.Corners", WireBuilder().Varint(13, 0).Varint(13, 0)},
      {"NullValuesWithoutName", "acme.v1.Corners", WireBuilder().Varint(13, 0).Varint(13, 5)},
      {"NullInAMap", "acme.v1.Corners", WireBuilder().Bytes(14, "")},
      {"NullWithoutNameInAMap", "acme.v1.Corners",
       WireBuilder().Bytes(14, WireBuilder().Varint(2, 3))},
      {"NullWithoutNameInAValue", "google.protobuf.Value", WireBuilder().Varint(1, 5)},
      {"RequiredInAMap", "acme.v1.Corners",
       WireBuilder().Bytes(10, WireBuilder().Bytes(1, "k").Bytes(2, half_strict))},
      {"RequiredInAnAbsentValue", "acme.v1.Corners", WireBuilder().Bytes(10, "")},
      {"RequiredInAList", "acme.v1.Corners",
       WireBuilder().Bytes(11, strict).Bytes(11, half_strict)},
      {"RequiredInAOneof", "acme.v1.Corners", WireBuilder().Bytes(32, half_strict)},
      {"RequiredInAnAny", "google.protobuf.Any", AnyWire("a/acme.v1.Strict", half_strict)},
      {"RequiredOfAnotherWireType", "acme.v1.Strict", WireBuilder().Varint(1, 1).Varint(2, 1)},
      {"RequiredInAnExtension", "acme.v1.Corners", WireBuilder().Bytes(1000, half_strict)},
      {"MalformedExtension", "acme.v1.Corners", WireBuilder().Bytes(1000, "\x0A"s)},
      {"MalformedPackedExtension", "acme.v1.Corners", WireBuilder().Bytes(1001, "abc")},
      {"InvalidUtf8InAnExtension", "acme.v1.Corners", WireBuilder().Bytes(1002, "\xFF")},
      {"Extension", "acme.v1.Corners", WireBuilder().Bytes(1002, "a").Varint(536870911, 1)},
      {"HighestNumber", "acme.v1.Corners",
       WireBuilder().Varint(536870911, beyond_32_bits).Bytes(536870910, "")},
      {"HighestUnknownNumber", "acme.v1.Everything", WireBuilder().Varint(536870911, 1)},
      {"SignedKeysBeyond32Bits", "acme.v1.Corners",
       WireBuilder()
           .Bytes(15, WireBuilder().Varint(1, beyond_32_bits).Varint(2, beyond_32_bits))
           .Bytes(15, WireBuilder().Varint(1, 0xFFFFFFFFFF))},
      {"KeysThatAreOneIn32Bits", "acme.v1.Corners",
       WireBuilder()
           .Bytes(15, WireBuilder().Varint(1, beyond_32_bits).Varint(2, 1))
           .Bytes(15, WireBuilder().Varint(1, 1).Varint(2, 2))},
      {"TrueKeysOfTwoForms", "acme.v1.Corners",
       WireBuilder().Bytes(9, WireBuilder().Varint(1, 1)).Bytes(9, WireBuilder().Varint(1, 2))},
      {"Uint64Key", "acme.v1.Corners",
       WireBuilder().Bytes(20, WireBuilder().Varint(1, UINT64_MAX))},
      {"EmptyStringKey", "acme.v1.Corners", WireBuilder().Bytes(21, WireBuilder().Bytes(1, ""))},
      {"EmptyPackedList", "acme.v1.Corners", WireBuilder().Bytes(3, "")},
      {"PackedBoolsOfAnyNumber", "acme.v1.Everything", WireBuilder().Bytes(28, "\x02\x80\x00"s)},
      {"PackedOverlongVarint", "acme.v1.Everything", WireBuilder().Bytes(23, "\x85\x80\x80\x00"s)},
      {"TagOfFiveBytes", "acme.v1.Everything", "\x98\x80\x80\x80\x00\x05"s},
      {"TagOfSixBytes", "acme.v1.Everything", "\x98\x80\x80\x80\x80\x00\x05"s},
      {"LengthOfFiveBytes", "acme.v1.Everything", "\x72\x81\x80\x80\x80\x00x"s},
      {"FirstPathIsEmpty", "google.protobuf.FieldMask", WireBuilder().Bytes(1, "").Bytes(1, "a")},
      {"LastPathIsEmpty", "google.protobuf.FieldMask", WireBuilder().Bytes(1, "a").Bytes(1, "")},
      {"OnlyAnEmptyPath", "google.protobuf.FieldMask", WireBuilder().Bytes(1, "")},
      {"PathOfDots", "google.protobuf.FieldMask", WireBuilder().Bytes(1, ".a..b_c.")},
      {"PathWithDigits", "google.protobuf.FieldMask", WireBuilder().Bytes(1, "a1_b2.3c_d")},
      {"EmptyStructInAList", "google.protobuf.ListValue",
       WireBuilder().Bytes(1, WireBuilder().Bytes(5, ""))},
      {"EmptyStructInAListInAnAny", "google.protobuf.Any",
       AnyWire("a/google.protobuf.ListValue", WireBuilder().Bytes(1, WireBuilder().Bytes(5, "")))},
      {"EmptyStructInAListInAField", "acme.v1.Everything",
       WireBuilder().Bytes(86, WireBuilder().Bytes(1, WireBuilder().Bytes(5, "")))},
      {"TypeUrlTwice", "google.protobuf.Any",
       WireBuilder().Bytes(1, "a/acme.v1.Strict").Bytes(1, "a/google.protobuf.Empty")},
      {"EmptyTypeUrlFirst", "google.protobuf.Any",
       WireBuilder().Bytes(1, "").Bytes(1, "a/google.protobuf.Empty")},
      {"EmptyTypeUrlLast", "google.protobuf.Any",
       WireBuilder().Bytes(1, "a/google.protobuf.Empty").Bytes(1, "")},
      {"ContentTwice", "google.protobuf.Any",
       WireBuilder().Bytes(1, "a/acme.v1.Strict").Bytes(2, strict).Bytes(2, "")},
      {"WrappedTwice", "google.protobuf.StringValue", WireBuilder().Bytes(1, "a").Bytes(1, "")},
      {"WrappedNumberTwice", "google.protobuf.Int64Value", WireBuilder().Varint(1, 2).Varint(1, 0)},
      {"TimeTwice", "google.protobuf.Timestamp", WireBuilder().Varint(1, 5).Varint(1, 0)},
      {"NanosOfTenBytes", "google.protobuf.Duration", WireBuilder().Varint(2, UINT64_MAX)},
      {"NanosBeyond32Bits", "google.protobuf.Duration", WireBuilder().Varint(2, beyond_32_bits)},
      {"NothingSet", "acme.v1.Corners", ""},
      {"NothingSetInside", "acme.v1.Corners", WireBuilder().Bytes(22, "").Bytes(23, "")},
      {"InvalidUtf8InAnUnknownField", "acme.v1.Everything", WireBuilder().Bytes(9000, "\xFF")},
      {"InvalidUtf8InAnotherWireType", "acme.v1.Everything", WireBuilder().Bytes(3, "\xFF")},
      {"InvalidUtf8InTheKeyThatIsSkipped", "acme.v1.Everything",
       WireBuilder().Bytes(43, WireBuilder().Bytes(1, "\xFF"))},
  };
  for (const Case& one : cases) {
    for (int set = 0; set < kOptionSets; ++set) {
      SCOPED_TRACE(base::Concat(one.name, ", options ", set));
      const BothWays both = TranscodeBothWays(set, one.type, one.wire);
      EXPECT_EQ(both.difference, "") << both.json;
    }
  }
}

// Whatever the bytes.
TEST(BothWaysTest, SayTheSameOfAnyBytes) {
  Random random(4711);
  int answered = 0;
  int damaged_but_answered = 0;
  for (int set = 0; set < kOptionSets; ++set) {
    for (const char* type :
         {"acme.v1.Everything", "acme.v1.Legacy", "acme.v1.Corners", "ssegateway.v1.Dashboard",
          "google.protobuf.Any", "google.protobuf.Struct", "google.protobuf.FieldMask"}) {
      for (int i = 0; i < 40; ++i) {
        SCOPED_TRACE(base::Concat("options ", set, ", ", type, " ", i));
        const std::unique_ptr<google::protobuf::Message> message = NewMessage(type);
        FillAtRandom(*message, random);
        std::string wire = message->SerializePartialAsString();
        const bool is_damaged = i % 2 == 1;
        if (is_damaged) wire = Damage(wire, random);
        const BothWays both = TranscodeBothWays(set, type, wire);
        ASSERT_EQ(both.difference, "") << both.json << message->DebugString();
        answered += both.is_answered ? 1 : 0;
        damaged_but_answered += is_damaged && both.is_answered ? 1 : 0;
      }
    }
  }
  EXPECT_GT(answered, 1'800);
  EXPECT_GT(damaged_but_answered, 250);
}

}  // namespace
}  // namespace ssegw::transcode
