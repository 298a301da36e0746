#include "internal/base/ascii.h"

#include <gtest/gtest.h>

namespace ssegw::base {
namespace {

TEST(AsciiTest, ClassesTakeAsciiAlone) {
  int digits = 0;
  int letters = 0;
  int hex_digits = 0;
  for (int code = 0; code < 256; ++code) {
    const char c = static_cast<char>(code);
    digits += IsDigit(c) ? 1 : 0;
    letters += IsLetter(c) ? 1 : 0;
    hex_digits += IsHexDigit(c) ? 1 : 0;
    EXPECT_EQ(IsLetterOrDigit(c), IsLetter(c) || IsDigit(c));
  }
  EXPECT_EQ(digits, 10);
  EXPECT_EQ(letters, 52);
  EXPECT_EQ(hex_digits, 22);
  for (const char c : {'0', '9', 'a', 'z', 'A', 'Z'}) EXPECT_TRUE(IsLetterOrDigit(c)) << c;
  for (const char c : {'/', ':', '@', '[', '`', '{', '\xE9'}) EXPECT_FALSE(IsLetterOrDigit(c)) << c;
  for (const char c : {'f', 'F', '0'}) EXPECT_TRUE(IsHexDigit(c)) << c;
  for (const char c : {'g', 'G', '@'}) EXPECT_FALSE(IsHexDigit(c)) << c;
}

TEST(AsciiTest, LowerCaseOfLettersAlone) { EXPECT_EQ(ToLower("AZaz09[@\xC9"), "azaz09[@\xC9"); }

TEST(AsciiTest, TrimsBothEnds) {
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim(" \t\r\n\v\f"), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim("\n a\n", " "), "\n a\n");
}

}  // namespace
}  // namespace ssegw::base
