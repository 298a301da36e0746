#include "gateway/http/cors.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

net::HttpFields FieldsFor(const CorsPolicy& policy, std::optional<std::string_view> origin) {
  net::HttpFields fields;
  policy.AddFields(origin, /*refused=*/false, fields);
  return fields;
}

TEST(CorsPolicyTest, StarIsForAnyPageWithoutCredentials) {
  for (const std::vector<std::string>& origins :
       {std::vector<std::string>{"*"}, {"https://app.example", "*"}}) {
    const CorsPolicy policy(origins);
    for (const std::optional<std::string_view> origin :
         {std::optional<std::string_view>(), {"https://app.example"}, {"null"}}) {
      EXPECT_TRUE(policy.Allows(origin));
      const net::HttpFields fields = FieldsFor(policy, origin);
      EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Origin"), "*");
      EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Credentials"), "(none)");
      EXPECT_EQ(FieldOf(fields, "Access-Control-Expose-Headers"), "X-Connection-Id");
      EXPECT_EQ(FieldOf(fields, "Vary"), "(none)");
    }
  }
}

TEST(CorsPolicyTest, ListIsForItsPagesWithCredentials) {
  const CorsPolicy policy({"https://a.example", "https://b.example:8443"});
  for (const std::string_view origin : {"https://a.example", "https://b.example:8443"}) {
    EXPECT_TRUE(policy.Allows(origin));
    const net::HttpFields fields = FieldsFor(policy, origin);
    EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(FieldOf(fields, "Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(FieldOf(fields, "Access-Control-Expose-Headers"), "X-Connection-Id");
    EXPECT_EQ(FieldOf(fields, "Vary"), "Origin");
  }
}

TEST(CorsPolicyTest, ListRefusesOtherPagesAndTellsThemNothing) {
  const CorsPolicy policy({"https://a.example"});
  for (const std::string_view origin :
       {"https://b.example", "http://a.example", "https://a.example:8443", "https://a.example.evil",
        "https://evil.a.example", "null", ""}) {
    EXPECT_FALSE(policy.Allows(origin)) << origin;
    EXPECT_EQ(FieldsFor(policy, origin), (net::HttpFields{{"Vary", "Origin"}})) << origin;
  }
}

TEST(CorsPolicyTest, ListLetsThroughWhatIsNoPage) {
  const CorsPolicy policy({"https://a.example"});
  EXPECT_TRUE(policy.Allows(std::nullopt));
  EXPECT_EQ(FieldsFor(policy, std::nullopt), (net::HttpFields{{"Vary", "Origin"}}));
}

TEST(CorsPolicyTest, EmptyListRefusesEveryPage) {
  const CorsPolicy policy({});
  EXPECT_FALSE(policy.Allows("https://a.example"));
  EXPECT_TRUE(policy.Allows(std::nullopt));
}

TEST(CorsPolicyTest, TakesOriginsInTheOperatorsSpelling) {
  const CorsPolicy policy(
      {"HTTPS://App.Example:443", "http://b.example:80", "https://c.example:80"});
  EXPECT_TRUE(policy.Allows("https://app.example"));
  EXPECT_TRUE(policy.Allows("http://b.example"));
  EXPECT_TRUE(policy.Allows("https://c.example:80"));
  EXPECT_FALSE(policy.Allows("https://c.example"));
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
