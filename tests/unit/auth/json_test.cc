#include "gateway/auth/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace ssegw::auth {
namespace {

std::string Nested(size_t depth) {
  std::string text = R"({"a":)";
  for (size_t i = 1; i < depth; ++i) text += '[';
  text += '1';
  for (size_t i = 1; i < depth; ++i) text += ']';
  return text + '}';
}

TEST(JsonTest, ReadsEveryTypeOfValue) {
  const auto object = ParseJsonObject(
      R"( {"s":"ä\u20ac","i":-7,"u":18446744073709551615,"f":1.5,"t":true,"n":null,)"
      R"("a":[1,"x",{"y":[]}],"o":{"p":{}}} )");
  ASSERT_TRUE(object);
  EXPECT_EQ(*FindMember<std::string>(*object, "s"), "ä€");
  EXPECT_EQ(FindMember<JsonNumber>(*object, "i")->integer, -7);
  EXPECT_FALSE(FindMember<JsonNumber>(*object, "u")->integer);  // more than an int64_t has
  EXPECT_EQ(FindMember<JsonNumber>(*object, "u")->value, 18446744073709551615.0);
  EXPECT_EQ(FindMember<JsonNumber>(*object, "f")->value, 1.5);
  EXPECT_FALSE(FindMember<JsonNumber>(*object, "f")->integer);
  EXPECT_TRUE(*FindMember<bool>(*object, "t"));
  EXPECT_NE(FindMember<std::monostate>(*object, "n"), nullptr);
  const auto& array = *FindMember<JsonArray>(*object, "a");
  ASSERT_EQ(array.size(), 3U);
  EXPECT_EQ(std::get<std::string>(array[1].value), "x");
  EXPECT_TRUE(std::get<JsonObject>(array[2].value).contains("y"));
  EXPECT_TRUE(FindMember<JsonObject>(*object, "o")->contains("p"));
  EXPECT_EQ(FindMember<std::string>(*object, "i"), nullptr);
  EXPECT_EQ(FindMember<std::string>(*object, "none"), nullptr);
}

// RFC 8725 section 2.4: what reads the first and what reads the last do not agree.
TEST(JsonTest, RefusesAMemberThatIsThereTwiceAtAnyDepth) {
  EXPECT_FALSE(ParseJsonObject(R"({"a":1,"a":1})"));
  EXPECT_FALSE(ParseJsonObject(R"({"a":1,"b":2,"a":3})"));
  EXPECT_FALSE(ParseJsonObject(R"({"b":{"a":1,"a":2}})"));
  EXPECT_FALSE(ParseJsonObject(R"({"b":[{"a":1,"a":2}]})"));
  EXPECT_FALSE(ParseJsonObject(R"({"a":1,"\u0061":2})"));  // the same name, written otherwise
  EXPECT_TRUE(ParseJsonObject(R"({"a":{"a":1},"b":{"a":1},"c":[{"a":1},{"a":1}]})"));
}

TEST(JsonTest, RefusesWhatIsNestedTooDeep) {
  EXPECT_TRUE(ParseJsonObject(Nested(kMaxJsonDepth)));
  EXPECT_FALSE(ParseJsonObject(Nested(kMaxJsonDepth + 1)));
  EXPECT_FALSE(ParseJsonObject(Nested(100'000)));
}

TEST(JsonTest, RefusesWhatIsNoJsonObject) {
  for (const char* text : {"",
                           " ",
                           "1",
                           "\"a\"",
                           "[]",
                           "[{}]",
                           "null",
                           "{",
                           "}",
                           "{}{}",
                           "{} x",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{'a':1}",
                           "{a:1}",
                           "{\"a\":01}",
                           "{\"a\":+1}",
                           "{\"a\":.5}",
                           "{\"a\":NaN}",
                           "{\"a\":Infinity}",
                           "{\"a\":1e400}",
                           "{\"a\":-1e400}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"\\x\"}",
                           "{/**/}",
                           "{\"a\":1}//",
                           "\xEF\xBB\xBF{}"}) {
    EXPECT_FALSE(ParseJsonObject(text)) << text;
  }
  // Behind a NUL there is something else.
  EXPECT_FALSE(ParseJsonObject(std::string_view("{}\0", 3)));
  EXPECT_FALSE(ParseJsonObject(std::string_view("{}\0{\"a\":1}", 10)));
  EXPECT_FALSE(ParseJsonObject(std::string_view("{\"a\0\":1}", 8)));
}

TEST(JsonTest, RefusesWhatIsNotUtf8) {
  EXPECT_FALSE(ParseJsonObject("{\"a\":\"\xFF\"}"));
  EXPECT_FALSE(ParseJsonObject("{\"a\":\"\xC3\"}"));          // cut off
  EXPECT_FALSE(ParseJsonObject("{\"a\":\"\xC0\xAF\"}"));      // overlong
  EXPECT_FALSE(ParseJsonObject("{\"a\":\"\xED\xA0\x80\"}"));  // a surrogate
  EXPECT_FALSE(ParseJsonObject("{\"\xFF\":1}"));
  EXPECT_FALSE(ParseJsonObject(R"({"a":"\ud800"})"));  // half of a pair
  EXPECT_TRUE(ParseJsonObject(R"({"a":"\ud83d\ude00"})"));
}

}  // namespace
}  // namespace ssegw::auth
