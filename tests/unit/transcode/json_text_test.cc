#include "internal/transcode/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ssegw::transcode {
namespace {

using namespace std::string_view_literals;

std::string Compact(std::string_view text) {
  std::string out;
  const absl::Status status = AppendJsonText(text, &out);
  return status.ok() ? out : "refused: " + std::string(status.message());
}

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonTextTest, WhatIsCompactStaysAsItIs) {
  for (const std::string_view text :
       {"null", "true", "false", "0", "-0", "12", "-1.50e+00", "1E400",
        "123456789012345678901234567890", R"("")", R"("a b\u0041\n\/\"\\ ")", "[]", "{}",
        R"([1,"2",[],{},null])", R"({"b":1,"a":{"c":[true,false]},"b":2})",
        R"(" two  spaces\tand \u2028")", "\"caf\u00e9 \u65e5\u672c \U0001F600 \x7F\"",
        R"("\ud800 \udc00\ud83d\ude00")"}) {
    EXPECT_EQ(Compact(text), text);
  }
}

TEST(JsonTextTest, WhiteSpaceOutsideOfStringsIsLeftOut) {
  EXPECT_EQ(Compact(" \t\r\n{ \"a b\" :\n[ 1 ,\r\n\t2 ] , \"c\":{ } , \"d\" : [ ] }\n"),
            R"({"a b":[1,2],"c":{},"d":[]})");
  EXPECT_EQ(Compact("\n 7 "), "7");
}

TEST(JsonTextTest, LineSeparatorsAreEscaped) {
  EXPECT_EQ(Compact("[\"a\u2028b\u2029\", \"\u0085c\"]"), R"(["a\u2028b\u2029","\u0085c"])");
}

TEST(JsonTextTest, AppendsToWhatIsThere) {
  std::string out = "data: ";
  ASSERT_TRUE(AppendJsonText(" [ 1 ] ", &out).ok());
  EXPECT_EQ(out, "data: [1]");
}

TEST(JsonTextTest, ALineIsCopiedOnlyWhereItIsAnother) {
  struct Case {
    std::string_view text;
    std::string_view line;
    bool copied;
  };
  for (const Case& c :
       {Case{"7", "7", false}, Case{R"({"a":[1,"b c"]})", R"({"a":[1,"b c"]})", false},
        Case{" \n[1]", "[1]", false}, Case{"[1]\n", "[1]", true}, Case{"[1, 2]", "[1,2]", true},
        Case{"[\"a\u2028\"]", R"(["a\u2028"])", true}}) {
    std::string room;
    std::string_view line;
    ASSERT_TRUE(JsonLine(c.text, &room, &line).ok()) << c.text;
    EXPECT_EQ(line, c.line);
    const bool is_of_text =
        line.data() >= c.text.data() && line.data() < c.text.data() + c.text.size();
    EXPECT_EQ(is_of_text, !c.copied) << c.text;
  }
  std::string room;
  std::string_view line;
  EXPECT_FALSE(JsonLine("", &room, &line).ok());
  EXPECT_FALSE(JsonLine("[1", &room, &line).ok());
}

// Wherever in a block of 64 bytes it stands, and however much of the text is behind it.
TEST(JsonTextTest, WhatNeedsCareIsFoundAtEveryPlace) {
  for (size_t before = 0; before < 140; ++before) {
    for (size_t behind = 0; behind < 70; behind += 23) {
      const auto text = [&](std::string_view inside) {
        return "[\"" + std::string(before, 'a') + std::string(inside) + std::string(behind, 'b') +
               "\",\"c\"]";
      };
      const std::string at = " at byte " + std::to_string(before + 2);
      EXPECT_EQ(Compact(text("")), text(""));
      EXPECT_EQ(Compact(text("\\\"")), text("\\\""));
      EXPECT_EQ(Compact(text("\u00e9\x7F ")), text("\u00e9\x7F "));
      EXPECT_EQ(Compact(text("\u2028")), text("\\u2028"));
      EXPECT_EQ(Compact(text("\x1F")), "refused: a control character that is not escaped" + at);
      EXPECT_EQ(Compact(text("\xFF")), "refused: bytes that are not UTF-8" + at);
      EXPECT_EQ(Compact(text("\\x")), "refused: an escape that JSON does not have" + at);
      EXPECT_EQ(Compact(text("").substr(0, before + 2)),
                "refused: the text ends inside a string" + at);
    }
  }
}

TEST(JsonTextTest, AFaultIsNamedWithItsPlace) {
  struct Case {
    std::string_view text;
    std::string_view fault;
  };
  for (const Case& c : {
           Case{"", "the text is empty"},
           Case{"  ", "the text ends where a value is expected at byte 2"},
           Case{"{\"a\":", "the text ends where a value is expected at byte 5"},
           Case{"NaN", "a value is expected at byte 0"},
           Case{"[Infinity]", "a value is expected at byte 1"},
           Case{"nul", "a value is expected at byte 0"},
           Case{"\xEF\xBB\xBF{}", "a value is expected at byte 0"},
           Case{"'a'", "a value is expected at byte 0"},
           Case{"[1,]", "a value is expected at byte 3"},
           Case{"// a\n1", "a value is expected at byte 0"},
           Case{"\0"sv, "a value is expected at byte 0"},
           Case{"{} {}", "more follows the value at byte 3"},
           Case{"nullx", "more follows the value at byte 4"},
           Case{"1]", "more follows the value at byte 1"},
           Case{"[1 2]", "a comma or ] is expected at byte 3"},
           Case{"[1}", "a comma or ] is expected at byte 2"},
           Case{"[", "the text ends where a value is expected at byte 1"},
           Case{"[1", "a comma or ] is expected at byte 2"},
           Case{"{\"a\":1", "a comma or } is expected at byte 6"},
           Case{"{\"a\":1]", "a comma or } is expected at byte 6"},
           Case{"{a:1}", "a member's name is expected at byte 1"},
           Case{"{\"a\":1,}", "a member's name is expected at byte 7"},
           Case{"{1:2}", "a member's name is expected at byte 1"},
           Case{"{\"a\" 1}", "a colon is expected at byte 5"},
           Case{"01", "a number with a leading zero at byte 1"},
           Case{"-012", "a number with a leading zero at byte 2"},
           Case{"-", "a digit is expected at byte 1"},
           Case{"+1", "a value is expected at byte 0"},
           Case{".5", "a value is expected at byte 0"},
           Case{"[1.]", "a digit is expected at byte 3"},
           Case{"1e", "a digit is expected at byte 2"},
           Case{"1e+", "a digit is expected at byte 3"},
           Case{"0x10", "more follows the value at byte 1"},
           Case{"\"abc", "the text ends inside a string at byte 4"},
           Case{"\"", "the text ends inside a string at byte 1"},
           Case{"\"a\nb\"", "a control character that is not escaped at byte 2"},
           Case{"\"0123456789\x01\"", "a control character that is not escaped at byte 11"},
           Case{R"("\x41")", "an escape that JSON does not have at byte 1"},
           Case{R"("\u12g4")", "an escape that JSON does not have at byte 1"},
           Case{R"("\u123)", "an escape that JSON does not have at byte 1"},
           Case{R"("\)", "an escape that JSON does not have at byte 1"},
           Case{"\"\\\0\""sv, "an escape that JSON does not have at byte 1"},
           Case{"\"a\xFF\"", "bytes that are not UTF-8 at byte 2"},
           Case{"\"\xC0\x80\"", "bytes that are not UTF-8 at byte 1"},
           Case{"\"\xED\xA0\x80\"", "bytes that are not UTF-8 at byte 1"},
           Case{"\"\xE2\x80", "bytes that are not UTF-8 at byte 1"},
           Case{"\u00e9", "a value is expected at byte 0"},
       }) {
    EXPECT_EQ(Compact(c.text), "refused: " + std::string(c.fault)) << c.text;
    std::string out;
    EXPECT_TRUE(absl::IsInvalidArgument(AppendJsonText(c.text, &out)));
  }
}

TEST(JsonTextTest, OneHundredDeepIsTheMost) {
  EXPECT_EQ(Compact(Nested(kMaxJsonDepth)), Nested(kMaxJsonDepth));
  EXPECT_EQ(Compact(Nested(kMaxJsonDepth + 1)),
            "refused: arrays and objects nested more than 100 deep at byte 100");
  // One after another is not one in another.
  std::string wide = "[";
  for (int i = 0; i < 200; ++i) wide += "[],{},";
  wide.back() = ']';
  EXPECT_EQ(Compact(wide), wide);
}

}  // namespace
}  // namespace ssegw::transcode
