#include "gateway/http/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ssegw::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(SplitTargetTest, TakesPathAndQueryApart) {
  struct Case {
    std::string_view name;
    std::string_view target;
    std::string_view path;
    std::string_view query;
  };
  const Case kCases[] = {
      {"path alone", "/sse", "/sse", ""},
      {"query", "/sse?topic=a", "/sse", "topic=a"},
      {"empty query", "/sse?", "/sse", ""},
      {"second question mark", "/sse?a=?b", "/sse", "a=?b"},
      {"raw characters", "/sse?topic=a.>", "/sse", "topic=a.>"},
      {"path stays encoded", "/%73se", "/%73se", ""},
      {"absolute", "http://host:8080/sse?topic=a", "/sse", "topic=a"},
      {"absolute, other case", "HTTPS://host/sse", "/sse", ""},
      {"absolute without path", "http://host", "/", ""},
      {"absolute with query alone", "http://host?a=b", "/", "a=b"},
      {"two slashes are a path", "//host/sse", "//host/sse", ""},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const Target target = SplitTarget(c.target).value_or(Target{.path = "(none)", .query = {}});
    EXPECT_EQ(target.path, c.path);
    EXPECT_EQ(target.query, c.query);
  }
}

TEST(NormalPathTest, IsOneForEachSpelling) {
  struct Case {
    std::string_view path;
    std::string_view normal;
  };
  const Case kCases[] = {
      {"/", "/"},
      {"/sse", "/sse"},
      {"/sse/", "/sse"},
      {"/sse//", "/sse"},
      {"//sse", "/sse"},
      {"//", "/"},
      {"////v1///events//", "/v1/events"},
      {"/v1/%65vents", "/v1/events"},
      {"/%76%31/%65%76%65%6E%74%73", "/v1/events"},
      {"/%76%31/%65%76%65%6e%74%73", "/v1/events"},
      {"/v1%2Fevents", "/v1/events"},
      {"/%2fv1/%2Fevents%2f", "/v1/events"},
      {"/console/app%2Ejs", "/console/app.js"},
      // Decoded once.
      {"/v1%252Fevents", "/v1%2Fevents"},
      {"/v1/%2565vents", "/v1/%65vents"},
      // Not in a path.
      {"/v1+events", "/v1+events"},
      // Dot segments stay, in any spelling.
      {"/./sse", "/./sse"},
      {"/console/../sse", "/console/../sse"},
      {"/console/%2e%2E/sse", "/console/../sse"},
      {"/console/..%2Fsse", "/console/../sse"},
      {"/sse/..", "/sse/.."},
      // Broken escapes stay.
      {"/sse%", "/sse%"},
      {"/sse%2", "/sse%2"},
      {"/sse%zz/", "/sse%zz"},
  };
  for (const Case& c : kCases) {
    std::string storage;
    EXPECT_EQ(NormalPath(c.path, storage), c.normal) << c.path;
  }
  std::string storage;
  EXPECT_EQ(NormalPath("/sse%00", storage), std::string_view("/sse\0", 5));
}

TEST(NormalPathTest, CopiesOnlyWhatItChanges) {
  std::string storage;
  const std::string_view path = "/v1/events";
  EXPECT_EQ(NormalPath(path, storage).data(), path.data());
  EXPECT_EQ(storage.capacity(), std::string().capacity());
}

TEST(SplitTargetTest, RefusesWhatIsNoPath) {
  for (const std::string_view target :
       {"", "*", "sse", "host:80", "ftp://host/sse", "http://", "http:///sse", "?topic=a"}) {
    EXPECT_FALSE(SplitTarget(target).has_value()) << target;
  }
}

std::vector<std::pair<std::string, std::string>> Decoded(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const Parameter& parameter : ParseQuery(query)) {
    parameters.emplace_back(parameter.name, DecodeText(parameter.raw_value).value_or("(broken)"));
  }
  return parameters;
}

TEST(ParseQueryTest, TakesParametersInOrder) {
  EXPECT_THAT(Decoded("topic=a&mode=all&topic=b"),
              ElementsAre(Pair("topic", "a"), Pair("mode", "all"), Pair("topic", "b")));
  EXPECT_THAT(Decoded(""), IsEmpty());
  EXPECT_THAT(Decoded("&&a=1&"), ElementsAre(Pair("a", "1")));
  EXPECT_THAT(Decoded("a&b=&=c"), ElementsAre(Pair("a", ""), Pair("b", ""), Pair("", "c")));
  EXPECT_THAT(Decoded("a=b=c"), ElementsAre(Pair("a", "b=c")));
}

TEST(ParseQueryTest, DecodesNamesAndLeavesOutThoseThatDoNotDecode) {
  EXPECT_THAT(Decoded("t%6Fpic=a&to%zzpic=b"), ElementsAre(Pair("topic", "a")));
}

TEST(ParseQueryTest, BrokenValueHurtsOnlyItself) {
  EXPECT_THAT(Decoded("a=%zz&b=1"), ElementsAre(Pair("a", "(broken)"), Pair("b", "1")));
}

TEST(DecodeTextTest, DecodesAsFormsDo) {
  struct Case {
    std::string_view name;
    std::string_view raw;
    std::string_view text;
  };
  const Case kCases[] = {
      {"as a browser sends it", "dashboards.%3E", "dashboards.>"},
      {"as curl sends it", "dashboards.>", "dashboards.>"},
      {"hex of either case", "%3e%3E", ">>"},
      {"plus is a space", "a+b", "a b"},
      {"encoded plus is a plus", "a%2Bb", "a+b"},
      {"encoded percent", "100%25", "100%"},
      {"once only", "%253E", "%3E"},
      {"UTF-8", "%C3%BC", "ü"},
      {"raw UTF-8", "ü", "ü"},
  };
  for (const Case& c : kCases) {
    const absl::StatusOr<std::string> text = DecodeText(c.raw);
    ASSERT_TRUE(text.ok()) << c.name << ": " << text.status();
    EXPECT_EQ(*text, c.text) << c.name;
  }
}

TEST(DecodeTextTest, SaysWhatIsWrong) {
  struct Case {
    std::string_view name;
    std::string_view raw;
    std::string message;
  };
  const Case kCases[] = {
      {"not hex", "a%zz", "has a % that two hex digits do not follow"},
      {"one digit", "a%4", "has a % that two hex digits do not follow"},
      {"no digit", "a%", "has a % that two hex digits do not follow"},
      {"digit and other", "%4g", "has a % that two hex digits do not follow"},
      {"lone continuation", "%80", "is not valid UTF-8"},
      {"cut off", "%C3", "is not valid UTF-8"},
      {"overlong", "%C0%AF", "is not valid UTF-8"},
      {"null", "a%00", "has a control character"},
      {"line feed", "a%0Ab", "has a control character"},
      {"delete", "%7f", "has a control character"},
  };
  for (const Case& c : kCases) {
    const absl::StatusOr<std::string> text = DecodeText(c.raw);
    ASSERT_FALSE(text.ok()) << c.name;
    EXPECT_EQ(text.status().message(), c.message) << c.name;
  }
}

TEST(DecodeBytesTest, TakesWhateverTheBytesAre) {
  EXPECT_EQ(DecodeBytes("%00%FF+").value_or(""), std::string("\0\xFF ", 3));
  EXPECT_FALSE(DecodeBytes("%0").ok());
}

}  // namespace
}  // namespace ssegw::http
