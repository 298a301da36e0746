#include "gateway/auth/api_credentials.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ssegw::auth {
namespace {

template <typename T>
std::string FaultOf(std::string_view text) {
  const absl::StatusOr<T> parsed = T::Parse(text);
  EXPECT_FALSE(parsed.ok());
  return parsed.ok() ? std::string() : std::string(parsed.status().message());
}

TEST(ApiTokensTest, EachLineIsOne) {
  const auto tokens = ApiTokens::Parse("# old, until Friday\nabc-1._~+/==\r\n\n  second \nlast");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_EQ(tokens->size(), 3U);
  for (const char* token : {"abc-1._~+/==", "second", "last"}) EXPECT_TRUE(tokens->Has(token));
  for (const char* other : {"", "abc-1._~+/=", "secon", "SECOND", "# old, until Friday", "old"}) {
    EXPECT_FALSE(tokens->Has(other)) << other;
  }
}

TEST(ApiTokensTest, AFaultNamesItsLineAndNotWhatIsThere) {
  EXPECT_EQ(FaultOf<ApiTokens>("good\nnot good"),
            "line 2: a token has letters, digits, -._~+/ and = at its end, and nothing else");
  EXPECT_FALSE(ApiTokens::Parse("=").ok());
  EXPECT_FALSE(ApiTokens::Parse("a=b").ok());
  EXPECT_EQ(FaultOf<ApiTokens>(""), "it has no token");
  EXPECT_EQ(FaultOf<ApiTokens>("# nothing\n"), "it has no token");
}

TEST(AccessKeysTest, ALineIsAnIdAndItsSecret) {
  const auto keys = AccessKeys::Parse("# of the mailer\nAKIDEXAMPLE  a/b+c=\nother\tsecret\r\n");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->FindSecret("AKIDEXAMPLE"), "a/b+c=");
  EXPECT_EQ(keys->FindSecret("other"), "secret");
  EXPECT_EQ(keys->FindSecret("AKID"), std::nullopt);
  EXPECT_EQ(keys->FindSecret(""), std::nullopt);
}

TEST(AccessKeysTest, AFaultNamesItsLineAndNotWhatIsThere) {
  EXPECT_EQ(FaultOf<AccessKeys>("a b\nlonely"), "line 2: expected an access key id and its secret");
  EXPECT_EQ(FaultOf<AccessKeys>("a b c"), "line 1: expected an access key id and its secret");
  EXPECT_EQ(FaultOf<AccessKeys>("a/b c"),
            "line 1: an access key id has letters, digits and -._~+=@");
  EXPECT_EQ(FaultOf<AccessKeys>("a b\n\na c"), "line 3: the access key id has a line already");
  EXPECT_EQ(FaultOf<AccessKeys>(""), "it has no access key");
}

}  // namespace
}  // namespace ssegw::auth
