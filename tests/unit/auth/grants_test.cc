#include "gateway/auth/grants.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ssegw::auth {
namespace {

std::vector<std::string> TextsOf(const Grants& grants) {
  std::vector<std::string> texts;
  for (const window::Filter& filter : grants.filters) texts.push_back(filter.text());
  return texts;
}

using Texts = std::vector<std::string>;

GrantRules RulesOf(const Texts& templates) {
  std::vector<FilterTemplate> parsed;
  for (const std::string& text : templates) parsed.push_back(*FilterTemplate::Parse(text));
  return {"topics", std::move(parsed)};
}

TEST(ClaimTokenTest, EncodesEveryOtherByte) {
  EXPECT_EQ(ClaimToken("Tenant-7"), "Tenant-7");
  EXPECT_EQ(ClaimToken("auth0|7"), "auth0_7C7");
  EXPECT_EQ(ClaimToken("a_b.c*>"), "a_5Fb_2Ec_2A_3E");
  EXPECT_EQ(ClaimToken("é"), "_C3_A9");
  EXPECT_EQ(ClaimToken(std::string_view("\0", 1)), "_00");
}

// No two values become the same token: all values of up to three bytes of those that the encoding
// itself is made of, and of some that it replaces.
TEST(ClaimTokenTest, NoTwoValuesMeet) {
  const std::string bytes = "_5Ff2.-A\xC3*";
  std::map<std::string, std::string> value_of;
  std::vector<std::string> longest = {""};
  for (int length = 1; length <= 4; ++length) {
    std::vector<std::string> longer;
    for (const std::string& begin : longest) {
      for (const char byte : bytes) longer.push_back(begin + byte);
    }
    for (const std::string& value : longer) {
      const std::string token = ClaimToken(value);
      ASSERT_TRUE(value_of.emplace(token, value).second)
          << value << " meets " << value_of[token] << " in " << token;
      ASSERT_TRUE(window::ValidateTopic(token).ok()) << token;
    }
    longest = std::move(longer);
  }
  EXPECT_EQ(value_of.size(), 10U + 100 + 1000 + 10000);
}

TEST(GrantRulesTest, TakesAnArrayOfFilters) {
  const Claims claims = {{"topics", StringList{.strings = {"a.>", "b.*.c"}}}};
  const Grants grants = RulesOf({}).For(claims);
  EXPECT_EQ(TextsOf(grants), (Texts{"a.>", "b.*.c"}));
  EXPECT_EQ(grants.voided, 0U);
}

TEST(GrantRulesTest, TakesAStringOfFilters) {
  const Claims claims = {{"topics", "a.>  b "}};
  const Grants grants = RulesOf({}).For(claims);
  EXPECT_EQ(TextsOf(grants), (Texts{"a.>", "b"}));
  EXPECT_EQ(grants.voided, 0U);
}

TEST(GrantRulesTest, VoidsInvalidFiltersAndKeepsTheOthers) {
  const Claims claims = {
      {"topics", StringList{.strings = {"a.>", "", "a..b", "a.>.b", "a b"}, .others = 2}}};
  const Grants grants = RulesOf({}).For(claims);
  EXPECT_EQ(TextsOf(grants), (Texts{"a.>"}));
  EXPECT_EQ(grants.voided, 6U);
}

TEST(GrantRulesTest, VoidsAClaimOfAnotherType) {
  EXPECT_EQ(RulesOf({}).For({{"topics", int64_t{3}}}).voided, 1U);
  EXPECT_EQ(RulesOf({}).For({{"topics", OtherClaim{}}}).voided, 1U);
}

TEST(GrantRulesTest, NoClaimIsNoGrant) {
  const Grants grants = RulesOf({}).For({{"sub", "x"}});
  EXPECT_TRUE(grants.filters.empty());
  EXPECT_EQ(grants.voided, 0U);
}

TEST(GrantRulesTest, PutsClaimsIntoTemplates) {
  const GrantRules rules = RulesOf(
      {"public.>", "users.{sub}", "{tenant}.{https://example.com/team}.>", "orders.{number}.*"});
  const Grants grants = rules.For({{"sub", "auth0|7"},
                                   {"tenant", "eu"},
                                   {"https://example.com/team", "a.b"},
                                   {"number", int64_t{9007199254740992}}});
  EXPECT_EQ(TextsOf(grants),
            (Texts{"public.>", "users.auth0_7C7", "eu.a_2Eb.>", "orders.9007199254740992.*"}));
  EXPECT_EQ(grants.voided, 0U);
}

// A value that says ">" or "*", or has dots, stays one token: it never widens a grant.
TEST(GrantRulesTest, AValueNeverIsAWildcard) {
  for (const std::string value : {">", "*", "a.>", ".", "a.b"}) {
    const Grants grants = RulesOf({"x.{sub}.y"}).For({{"sub", value}});
    ASSERT_EQ(grants.filters.size(), 1U) << value;
    EXPECT_FALSE(grants.filters[0].has_wildcard()) << value;
    EXPECT_EQ(grants.filters[0].tokens(), 3U) << value;
  }
}

TEST(GrantRulesTest, VoidsATemplateWithoutItsClaim) {
  struct Case {
    const char* name;
    Claims claims;
  };
  const Case cases[] = {
      {"missing", {}},
      {"empty", {{"sub", ""}}},
      {"a list", {{"sub", StringList{.strings = {"a"}}}}},
      {"another type", {{"sub", OtherClaim{}}}},
      {"too long for a topic", {{"sub", std::string(250, 'x')}}},
      {"too long once it is encoded", {{"sub", std::string(85, '.')}}},
  };
  for (const Case& c : cases) {
    const Grants grants = RulesOf({"users.{sub}", "public"}).For(c.claims);
    EXPECT_EQ(TextsOf(grants), (Texts{"public"})) << c.name;
    EXPECT_EQ(grants.voided, 1U) << c.name;
  }
}

TEST(FilterTemplateTest, RefusesWhatNeverIsAFilter) {
  for (const char* text : {"", "a..b", "a.{sub", "a.{}", "a{sub}", "a.{sub}b", "{a}{b}",
                           "a.>.{sub}", "a.sub}", "a b", "a.{sub}."}) {
    EXPECT_FALSE(FilterTemplate::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace ssegw::auth
