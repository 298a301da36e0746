#include "gateway/http/routes.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

constexpr Methods kReads = {Method::kGet, Method::kHead, Method::kOptions};
constexpr Methods kWrites = {Method::kPost};

RouteTable<int> Table() {
  return RouteTable<int>(
      {{"/", kReads, 1}, {"/v1/events", kReads, 2}, {"/v1/publish", kWrites, 3, Body::kTaken}});
}

TEST(RouteTableTest, FindsTheRouteOfEverySpellingOfItsPath) {
  const RouteTable<int> table = Table();
  for (const std::string_view target :
       {"/v1/events", "//v1/%65vents/", "/v1%2Fevents?topic=a", "http://host/v1/events"}) {
    const Match<int> match = table.Find(Request("GET", target));
    ASSERT_EQ(match.fit, Fit::kAnswers) << target;
    EXPECT_EQ(match.route->handler, 2) << target;
    EXPECT_EQ(match.method, Method::kGet) << target;
  }
  EXPECT_EQ(table.Find(Request("GET", "/?a=b&c")).query, "a=b&c");
}

TEST(RouteTableTest, SaysWhyNoRouteAnswers) {
  const RouteTable<int> table = Table();
  EXPECT_EQ(table.Find(Request("GET", "/nothing")).fit, Fit::kNoResource);
  EXPECT_EQ(table.Find(Request("BREW", "/nothing")).fit, Fit::kNoResource);
  EXPECT_EQ(table.Find(Request("CONNECT", "host:80")).fit, Fit::kNotAPath);
  EXPECT_EQ(table.Find(Request("OPTIONS", "*")).fit, Fit::kNotAPath);
  EXPECT_EQ(table.Find(Request("BREW", "/")).fit, Fit::kNoMethod);
  EXPECT_EQ(table.Find(Request("get", "/")).fit, Fit::kNoMethod);
  net::HttpRequest with_body = Request("GET", "/");
  with_body.has_body = true;
  EXPECT_EQ(table.Find(with_body).fit, Fit::kBody);
}

TEST(RouteTableTest, ARouteMayTakeABody) {
  net::HttpRequest with_body = Request("POST", "/v1/publish");
  with_body.has_body = true;
  EXPECT_EQ(Table().Find(with_body).fit, Fit::kAnswers);
}

TEST(RouteTableTest, EachRouteHasItsOwnMethods) {
  const RouteTable<int> table = Table();
  EXPECT_EQ(table.Find(Request("POST", "/v1/publish")).fit, Fit::kAnswers);
  EXPECT_EQ(table.Find(Request("POST", "/v1/events")).fit, Fit::kNoMethod);
  const Match<int> read = table.Find(Request("GET", "/v1/publish"));
  EXPECT_EQ(read.fit, Fit::kNoMethod);
  const net::HttpResponse refused = MethodNotAllowed(read.route->methods);
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(FieldOf(refused.fields, "Allow"), "POST");
}

TEST(MethodsTest, AreListedInOneOrder) {
  EXPECT_EQ(Methods({Method::kOptions, Method::kGet}).ToString(), "GET, OPTIONS");
  EXPECT_EQ(kReads.ToString(), "GET, HEAD, OPTIONS");
}

}  // namespace
}  // namespace ssegw::http
