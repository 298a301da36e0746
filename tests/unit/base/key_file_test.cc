#include "internal/base/key_file.h"

#include <gtest/gtest.h>

#include <string>

#include "internal/base/concat.h"

namespace ssegw::base {
namespace {

// 32 bytes each: 'A' and 'B'.
constexpr std::string_view kA = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";
constexpr std::string_view kB = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=";

TEST(KeyFileTest, HasAKeyALineInOrder) {
  const auto keys = ParseKeyFile(Concat(kA, "\n\n  ", kB, " \r\n"));
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[0][31], 'A');
  EXPECT_EQ((*keys)[1][0], 'B');
}

TEST(KeyFileTest, TheLastLineNeedsNoEnd) { EXPECT_EQ(ParseKeyFile(kA)->size(), 1U); }

TEST(KeyFileTest, SaysWhichLineIsWrongAndNotWhatItHolds) {
  struct Case {
    std::string_view name;
    std::string text;
  };
  for (const Case& test :
       {Case{"not base64", Concat(kA, "\nsecret!")}, Case{"too short", Concat(kA, "\nc2VjcmV0")},
        Case{"two on a line", Concat(kA, "\n", kA, kB)}}) {
    const auto keys = ParseKeyFile(test.text);
    ASSERT_FALSE(keys.ok()) << test.name;
    EXPECT_EQ(keys.status().message(), "line 2 is not a key of 32 bytes in base64") << test.name;
  }
}

TEST(KeyFileTest, AFileWithoutAKeyIsAFault) {
  EXPECT_EQ(ParseKeyFile("").status().message(), "no key");
  EXPECT_EQ(ParseKeyFile("\n \n").status().message(), "no key");
}

TEST(KeyFileTest, AreBoundedInNumber) {
  std::string text;
  for (size_t i = 0; i < kMaxSecretKeys; ++i) text += Concat(kA, "\n");
  EXPECT_TRUE(ParseKeyFile(text).ok());
  EXPECT_EQ(ParseKeyFile(text + std::string(kB)).status().message(), "more than 16 keys");
}

}  // namespace
}  // namespace ssegw::base
