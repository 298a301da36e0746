#include "internal/base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::base {
namespace {

TEST(IsValidUtf8Test, FollowsRfc3629) {
  struct Case {
    const char* name;
    std::string text;
    bool valid;
  };
  const Case cases[] = {
      {"empty", "", true},
      {"ascii", "plain", true},
      {"two bytes", "\xC3\xA9", true},
      {"three bytes", "\xE2\x82\xAC", true},
      {"four bytes", "\xF0\x9F\x98\x80", true},
      {"last code point", "\xF4\x8F\xBF\xBF", true},
      {"zero byte", std::string("a\0b", 3), true},
      {"lone continuation", "\x80", false},
      {"truncated two", "\xC3", false},
      {"truncated four", "\xF0\x9F\x98", false},
      {"second byte not a continuation", "\xC3(", false},
      {"third byte not a continuation", "\xE2\x82(", false},
      {"overlong slash", "\xC0\xAF", false},
      {"overlong three", "\xE0\x80\x80", false},
      {"overlong four", "\xF0\x80\x80\x80", false},
      {"surrogate", "\xED\xA0\x80", false},
      {"beyond U+10FFFF", "\xF4\x90\x80\x80", false},
      {"F5", "\xF5\x80\x80\x80", false},
      {"good then bad", "good\xFF", false},
  };
  for (const Case& c : cases) EXPECT_EQ(IsValidUtf8(c.text), c.valid) << c.name;
}

TEST(HasControlCharacterTest, KnowsC0AndDelete) {
  EXPECT_FALSE(HasControlCharacter("plain \xC2\x85 text"));
  EXPECT_TRUE(HasControlCharacter("a\nb"));
  EXPECT_TRUE(HasControlCharacter(std::string_view("\0", 1)));
  EXPECT_TRUE(HasControlCharacter("\x7F"));
  EXPECT_TRUE(HasControlCharacter("\x1F"));
  EXPECT_FALSE(HasControlCharacter(" "));
}

TEST(AppendJsonStringTest, EscapesWhatJsonAndSseCannotHold) {
  std::string out = "[";
  AppendJsonString(out, "a\"b\\c\n\r\t\b\f\x01\x7F\xE2\x82\xAC");
  EXPECT_EQ(out, "[\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u007f\xE2\x82\xAC\"");
}

TEST(AppendJsonStringTest, EscapesWhatSomeReadersTakeForTheEndOfALine) {
  std::string out;
  AppendJsonString(out, "\u0085a\u2028\u2029b\u0085");
  EXPECT_EQ(out, R"("\u0085a\u2028\u2029b\u0085")");
}

TEST(AppendJsonStringTest, LeavesTheNeighboursOfLineSeparatorsAsTheyAre) {
  const std::string neighbours = "\u0084\u0086\u00A0\u00C5\u2027\u202A\u2068\u00E2 \xE2\x80";
  std::string out;
  AppendJsonString(out, neighbours);
  EXPECT_EQ(out, '"' + neighbours + '"');
}

TEST(EqualsIgnoreCaseTest, ComparesAsciiLettersOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("Last-Event-ID", "last-event-id"));
  EXPECT_FALSE(EqualsIgnoreCase("a", "ab"));
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));
}

TEST(ReleaseTest, GivesTheMemoryBack) {
  std::string text(1000, 'x');
  Release(text);
  EXPECT_TRUE(text.empty());
  EXPECT_LT(text.capacity(), 100U);
}

TEST(ToUtf8Test, ReplacesWhatIsNoneAndCutsBetweenCharacters) {
  EXPECT_EQ(ToUtf8("", 10), "");
  EXPECT_EQ(ToUtf8("a\u00E4\u20AC\U0001F600", 100), "a\u00E4\u20AC\U0001F600");
  EXPECT_EQ(ToUtf8("a\xE4z\xFF", 100), "a\uFFFDz\uFFFD");
  // The first byte of three, and then nothing.
  EXPECT_EQ(ToUtf8("a\xE2\x82", 100), "a\uFFFD\uFFFD");
  EXPECT_EQ(ToUtf8("abc", 2), "ab");
  EXPECT_EQ(ToUtf8("a\u20ACb", 3), "a");
  EXPECT_EQ(ToUtf8("a\u20ACb", 4), "a\u20AC");
  EXPECT_EQ(ToUtf8("\xFF\xFF", 5), "\uFFFD");
}

TEST(QuotedTest, LongValuesAreCutBetweenCharacters) {
  EXPECT_EQ(Quoted("a\"b"), R"("a\"b")");
  EXPECT_EQ(Quoted(std::string(79, 'x') + "\u20AC"), "\"" + std::string(79, 'x') + "\"...");
}

}  // namespace
}  // namespace ssegw::base
