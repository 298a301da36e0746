#include "gateway/ingest/error_text.h"

#include <gtest/gtest.h>

#include <string>

#include "internal/base/text.h"

namespace ssegw::ingest {
namespace {

TEST(QuotedTest, EscapesWhatCannotBeRead) {
  EXPECT_EQ(Quoted("a\"b\n"), "\"a\\\"b\\n\"");
  EXPECT_EQ(Quoted(""), "\"\"");
}

TEST(QuotedTest, CutsLongValuesBetweenCodePoints) {
  EXPECT_EQ(Quoted(std::string(80, 'x')), "\"" + std::string(80, 'x') + "\"");
  EXPECT_EQ(Quoted(std::string(81, 'x')), "\"" + std::string(80, 'x') + "\"...");
  // 79 bytes, then a code point of 2: it does not fit.
  EXPECT_EQ(Quoted(std::string(79, 'x') + "\xc3\xa9"), "\"" + std::string(79, 'x') + "\"...");
}

TEST(SendableErrorTest, LeavesGoodTextAlone) {
  EXPECT_EQ(SendableError("t\xc3\xa9xt"), "t\xc3\xa9xt");
}

TEST(SendableErrorTest, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(SendableError("a\xff"
                          "b"),
            "a?b");
}

TEST(SendableErrorTest, BoundsTheLength) {
  std::string text;
  while (text.size() < 100'000) text += "\xe2\x82\xac";
  const std::string sendable = SendableError(text);
  EXPECT_LE(sendable.size(), kMaxErrorBytes);
  EXPECT_GT(sendable.size(), kMaxErrorBytes - 8);
  EXPECT_TRUE(base::IsValidUtf8(sendable));
  EXPECT_TRUE(sendable.ends_with("..."));
}

}  // namespace
}  // namespace ssegw::ingest
