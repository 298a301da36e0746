#include "gateway/http/cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

net::HttpFields FieldsFor(const CorsPolicy& policy, std::optional<std::string_view> reader) {
  net::HttpFields fields;
  policy.AddFields(reader, /*refused=*/false, fields);
  return fields;
}

TEST(CorsPolicyTest, StarIsForAnyPageWithoutCredentials) {
  for (const std::vector<std::string>& origins :
       {std::vector<std::string>{"*"}, {"https://app.example", "*"}}) {
    const CorsPolicy policy(origins);
    for (const std::string_view origin : {"https://app.example", "null", "what is this"}) {
      EXPECT_TRUE(policy.Allows(origin));
    }
    for (const std::optional<std::string_view> reader :
         {std::optional<std::string_view>(), {"https://app.example"}, {"null"}}) {
      const net::HttpFields fields = FieldsFor(policy, reader);
      EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Origin"), "*");
      EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Credentials"), "(none)");
      EXPECT_EQ(FieldOf(fields, "Access-Control-Expose-Headers"), "X-Connection-Id");
      EXPECT_EQ(FieldOf(fields, "Vary"), "(none)");
    }
  }
}

TEST(CorsPolicyTest, ListIsForItsPagesWithCredentials) {
  const CorsPolicy policy({"https://a.example", "https://b.example:8443", "https://*.c.example",
                           "http://localhost:*", "null"});
  for (const std::string_view origin :
       {"https://a.example", "https://b.example:8443", "https://x.c.example",
        "https://y.x.c.example", "http://localhost", "http://localhost:3000", "null"}) {
    EXPECT_TRUE(policy.Allows(origin)) << origin;
    const net::HttpFields fields = FieldsFor(policy, origin);
    EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(FieldOf(fields, "Access-Control-Expose-Headers"), "X-Connection-Id");
    EXPECT_EQ(FieldOf(fields, "Vary"), "Origin");
  }
}

TEST(CorsPolicyTest, ListRefusesOtherPages) {
  const CorsPolicy policy({"https://a.example", "https://*.c.example", "http://localhost:*"});
  for (const std::string_view origin :
       {"https://b.example", "http://a.example", "https://a.example:8443", "https://a.example.evil",
        "https://evil.a.example", "https://c.example", "https://evilc.example",
        "https://localhost:3000", "http://localhost.evil", "https://a.example https://a.example",
        "https://a.example/", "null", "NULL", ""}) {
    EXPECT_FALSE(policy.Allows(origin)) << origin;
  }
}

TEST(CorsPolicyTest, WhoMayNotReadIsToldNothing) {
  const CorsPolicy policy({"https://a.example"});
  EXPECT_EQ(FieldsFor(policy, std::nullopt), (net::HttpFields{{"Vary", "Origin"}}));
}

TEST(CorsPolicyTest, EmptyListRefusesEveryPage) {
  const CorsPolicy policy({});
  EXPECT_FALSE(policy.Allows("https://a.example"));
  EXPECT_FALSE(policy.Allows("null"));
  EXPECT_FALSE(CorsPolicy({"https://", "nonsense"}).Allows("nonsense"));
}

TEST(CorsPolicyTest, TakesOriginsInAnySpelling) {
  const CorsPolicy policy(
      {"HTTPS://App.Example:443", "http://b.example:80", "https://c.example:80", "Null"});
  EXPECT_TRUE(policy.Allows("https://app.example"));
  EXPECT_TRUE(policy.Allows("HTTPS://APP.example"));
  EXPECT_TRUE(policy.Allows("http://b.example"));
  EXPECT_TRUE(policy.Allows("https://c.example:80"));
  EXPECT_FALSE(policy.Allows("https://c.example"));
  EXPECT_TRUE(policy.Allows("null"));
}

TEST(OriginRefusalTest, NamesTheOriginAndWhatWouldAllowIt) {
  EXPECT_EQ(OriginRefusal("https://b.example:8443"),
            "Origin \"https://b.example:8443\" is not an allowed one: to allow it, add "
            "https://b.example:8443 to --allow_origins");
  EXPECT_THAT(OriginRefusal("HTTPS://B.example:443"),
              ::testing::EndsWith("add https://b.example to --allow_origins"));
  EXPECT_THAT(OriginRefusal("null"), ::testing::EndsWith("add null to --allow_origins"));
}

TEST(OriginRefusalTest, GivesNoAdviceOnWhatIsNoOrigin) {
  EXPECT_EQ(OriginRefusal("https://*.example"),
            "Origin \"https://*.example\" is not an allowed one");
  EXPECT_EQ(OriginRefusal(""), "Origin \"\" is not an allowed one");
  EXPECT_EQ(OriginRefusal("b.example"), "Origin \"b.example\" is not an allowed one");
}

TEST(OriginRefusalTest, IsShortAndPrintableWhateverWasSent) {
  EXPECT_EQ(OriginRefusal("https://\x01\"\xFF\u00FC b"),
            "Origin \"https://??????b\" is not an allowed one");
  const std::string longest = OriginRefusal("https://" + std::string(30'000, 'a'));
  EXPECT_LT(longest.size(), 400U);
  EXPECT_THAT(longest, ::testing::EndsWith("aaa...\" is not an allowed one"));
  // The longest name that the DNS has.
  std::string name = "https://" + std::string(63, 'a');
  for (const int size : {63, 63, 61}) name += "." + std::string(static_cast<size_t>(size), 'b');
  EXPECT_THAT(OriginRefusal(name + ":65535"),
              ::testing::EndsWith("add " + name + ":65535 to --allow_origins"));
}

std::string AllowedFields(std::string_view requested) {
  net::HttpFields fields;
  AddPreflightFields("GET", requested, fields);
  return FieldOf(fields, "Access-Control-Allow-Headers");
}

TEST(PreflightTest, AllowsWhatStreamsNeedAndWhatWasAskedFor) {
  EXPECT_EQ(AllowedFields(""), "Last-Event-ID, Cache-Control");
  EXPECT_EQ(AllowedFields("x-requested-with,authorization"),
            "Last-Event-ID, Cache-Control, x-requested-with, authorization");
}

TEST(PreflightTest, NamesNothingTwice) {
  EXPECT_EQ(AllowedFields("last-event-id, x-a, X-A, cache-control"),
            "Last-Event-ID, Cache-Control, x-a");
}

TEST(PreflightTest, PassesOverWhatIsNoNameAndBoundsTheRest) {
  EXPECT_EQ(AllowedFields("a b, c:d, x-ok, \"q\", " + std::string(65, 'x')),
            "Last-Event-ID, Cache-Control, x-ok");
  std::string many = "x-0";
  for (int i = 1; i < 40; ++i) many += ",x-" + std::to_string(i);
  const std::string allowed = AllowedFields(many);
  EXPECT_TRUE(allowed.ends_with(", x-31")) << allowed;
}

TEST(PreflightTest, SaysMethodsAndForHowLong) {
  net::HttpFields fields;
  AddPreflightFields("GET, HEAD", "", fields);
  EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Methods"), "GET, HEAD");
  EXPECT_EQ(FieldOf(fields, "Access-Control-Max-Age"), "7200");
}

}  // namespace
}  // namespace ssegw::http
