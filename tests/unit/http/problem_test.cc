#include "gateway/http/problem.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/http/http_stats.h"
#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

TEST(ProblemTest, IsProblemJsonThatNobodyCaches) {
  const net::HttpResponse response =
      ToResponse({.status = 400, .detail = "a \"b\"", .parameter = "topic"});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json");
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "no-store");
  EXPECT_EQ(FieldOf(response.fields, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"a \"b\"",)"
            R"("parameter":"topic"})"
            "\n");
}

TEST(ProblemTest, HasOnlyTheMembersThatSaySomething) {
  EXPECT_EQ(ToResponse({.status = 431, .detail = "", .parameter = ""}).body,
            R"({"type":"about:blank","title":"Request Header Fields Too Large","status":431})"
            "\n");
}

TEST(ProblemTest, LeavesOutADetailThatJsonCannotHold) {
  EXPECT_EQ(ToResponse({.status = 408, .detail = "\xFF", .parameter = ""}).body,
            R"({"type":"about:blank","title":"Request Timeout","status":408})"
            "\n");
}

TEST(QuotedTest, CutsLongTextBetweenCodePoints) {
  EXPECT_EQ(Quoted("a"), "\"a\"");
  const std::string longest(64, 'a');
  EXPECT_EQ(Quoted(longest), '"' + longest + '"');
  EXPECT_EQ(Quoted(longest + "a"), '"' + longest + "…\"");
  const std::string before(63, 'a');
  EXPECT_EQ(Quoted(before + "ü"), '"' + before + "…\"");
}

TEST(HttpStatsTest, CountsEachRefusalUnderItsCode) {
  for (size_t i = 0; i < kRefusals.size(); ++i) {
    HttpStats stats;
    stats.Count(kRefusals[i].code);
    for (size_t j = 0; j < kRefusals.size(); ++j) {
      EXPECT_EQ(stats.requests_rejected[j].value(), i == j ? 1U : 0U) << kRefusals[i].code;
    }
  }
}

TEST(HttpStatsTest, CountsNothingElse) {
  HttpStats stats;
  for (const int status : {200, 204, 304, 500}) stats.Count(status);
  for (const auto& counter : stats.requests_rejected) EXPECT_EQ(counter.value(), 0U);
}

}  // namespace
}  // namespace ssegw::http
