#include "gateway/auth/base64url.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <set>
#include <string>

namespace ssegw::auth {
namespace {

TEST(Base64UrlTest, WritesWhatRfc4648HasAsExamples) {  // section 10, without padding
  EXPECT_EQ(EncodeBase64Url(""), "");
  EXPECT_EQ(EncodeBase64Url("f"), "Zg");
  EXPECT_EQ(EncodeBase64Url("fo"), "Zm8");
  EXPECT_EQ(EncodeBase64Url("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64Url("foob"), "Zm9vYg");
  EXPECT_EQ(EncodeBase64Url("fooba"), "Zm9vYmE");
  EXPECT_EQ(EncodeBase64Url("foobar"), "Zm9vYmFy");
  // RFC 7515 appendix C.
  EXPECT_EQ(EncodeBase64Url("\x03\xEC\xFF\xE0\xC1"), "A-z_4ME");
}

TEST(Base64UrlTest, ReadsBackAllBytes) {
  std::mt19937_64 random(7);
  for (size_t size = 0; size < 300; ++size) {
    std::string bytes;
    while (bytes.size() < size) bytes += static_cast<char>(random());
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)), bytes) << size;
  }
}

TEST(Base64UrlTest, RefusesPaddingWhitespaceAndTheOtherAlphabet) {
  for (const char* text : {"Zg==", "Zm8=", "Zm9v=", " Zm9v", "Zm9v ", "Zm9v\n", "Zm 9v", "Zm+v",
                           "Zm/v", "Zm9v.", "\xC3\xA9", "Z", "Zm9vY"}) {
    EXPECT_FALSE(DecodeBase64Url(text)) << text;
  }
  EXPECT_FALSE(DecodeBase64Url(std::string_view("Zm\0v", 4)));
}

// Two texts with the same bytes would be two tokens that are one.
TEST(Base64UrlTest, TwoTextsNeverHaveTheSameBytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::set<std::string> seen;
  for (const char a : kAlphabet) {
    for (const char b : kAlphabet) {
      const auto bytes = DecodeBase64Url(std::string{a, b});
      if (bytes) {
        EXPECT_TRUE(seen.insert(*bytes).second) << a << b;
      }
    }
  }
  EXPECT_EQ(seen.size(), 256U);  // one for each byte
}

}  // namespace
}  // namespace ssegw::auth
