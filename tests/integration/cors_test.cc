// Which pages may read the streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "internal/base/concat.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/json.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kPage[] = "https://app.example.com";

TEST(CorsTest, EveryPageMayReadWithoutCredentials) {
  const GatewayProcess gateway;
  SseReader reader(gateway.http(), {.fields = {{"Origin", kPage}}});
  EXPECT_EQ(reader.head().Get("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(reader.head().Get("Access-Control-Expose-Headers"), "X-Connection-Id");
  EXPECT_FALSE(reader.head().Find("Access-Control-Allow-Credentials"));
}

TEST(CorsTest, ProblemIsReadableToo) {
  const GatewayProcess gateway;
  const HttpResponse response = HttpGet(gateway.http(), "/v1/events?mode=x", {{"Origin", kPage}});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.Get("Access-Control-Allow-Origin"), "*");
}

TEST(CorsTest, PreflightAllowsWhatItAsksFor) {
  const GatewayProcess gateway;
  const HttpResponse response = HttpExchange(
      gateway.http(), RequestText("OPTIONS", "/v1/events",
                                  {{"Origin", kPage},
                                   {"Access-Control-Request-Method", "GET"},
                                   {"Access-Control-Request-Headers", "last-event-id,x-trace"}}));
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.Get("Access-Control-Allow-Origin"), "*");
  EXPECT_THAT(response.Get("Access-Control-Allow-Methods"), HasSubstr("GET"));
  EXPECT_THAT(response.Get("Access-Control-Allow-Headers"), HasSubstr("Last-Event-ID"));
  EXPECT_THAT(response.Get("Access-Control-Allow-Headers"), HasSubstr("x-trace"));
  EXPECT_NE(response.Get("Access-Control-Max-Age"), "");
}

class ListOfOriginsTest : public ::testing::Test {
 protected:
  const GatewayProcess gateway_{
      {"--allow_origins=https://app.example.com,http://localhost:3000", "--allowed_hosts=*"}};
};

TEST_F(ListOfOriginsTest, PageOnItMayReadWithCredentials) {
  for (const char* origin : {kPage, "http://localhost:3000"}) {
    SseReader reader(gateway_.http(), {.fields = {{"Origin", origin}}});
    EXPECT_EQ(reader.head().Get("Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(reader.head().Get("Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(reader.head().Get("Vary"), "Origin");
  }
}

TEST_F(ListOfOriginsTest, PageThatIsNotOnItIsForbidden) {
  for (const char* origin : {"https://evil.example.com", "http://app.example.com", "null",
                             "https://app.example.com:8443", "https://app.example.com.evil.com"}) {
    for (const char* method : {"GET", "OPTIONS"}) {
      const HttpResponse response =
          HttpExchange(gateway_.http(), RequestText(method, "/v1/events", {{"Origin", origin}}));
      EXPECT_EQ(response.status, 403) << method << origin;
      EXPECT_EQ(response.Get("Content-Type"), "application/problem+json");
      EXPECT_FALSE(response.Find("Access-Control-Allow-Origin"));
      EXPECT_EQ(response.Get("Vary"), "Origin") << "a cache must not give it to others";
    }
  }
}

TEST_F(ListOfOriginsTest, RefusalNamesTheOriginToPeerAndLog) {
  const HttpResponse response =
      HttpGet(gateway_.http(), "/v1/events", {{"Origin", "https://evil.example.com:8443"}});
  EXPECT_EQ(StringAt(ParseJson(response.body), "detail"),
            "Origin \"https://evil.example.com:8443\" is not an allowed one: to allow it, add "
            "https://evil.example.com:8443 to --allow_origins");
  EXPECT_TRUE(WaitFor([&] {
    return gateway_.Log().find("add https://evil.example.com:8443 to --allow_origins") !=
           std::string::npos;
  })) << gateway_.Log();
}

TEST_F(ListOfOriginsTest, RefusalOfAnyBytesIsAProblem) {
  for (const std::string& origin :
       {std::string("\xFF\xFE\"\t\\"), std::string(20'000, 'x'), std::string("http://\u00FC")}) {
    const HttpResponse response = HttpGet(gateway_.http(), "/v1/events", {{"Origin", origin}});
    EXPECT_EQ(response.status, 403);
    EXPECT_THAT(StringAt(ParseJson(response.body), "detail"), HasSubstr("is not an allowed one"));
    EXPECT_LT(response.body.size(), 600U);
  }
}

// A browser sends Origin with module scripts of its own origin, with POST, and with fetch() in
// modes of its choice; so does whatever else is in a page.
TEST_F(ListOfOriginsTest, PageOfTheGatewayItselfIsServedInEveryRequest) {
  // RequestText has "Host: localhost".
  const HttpFields own = {{"Origin", "http://localhost"}};
  struct Case {
    const char* method;
    const char* target;
    int status;
  };
  const Case cases[] = {
      {"GET", "/", 200},
      {"GET", "/console/app.js", 200},
      {"HEAD", "/console/app.js", 200},
      {"HEAD", "/v1/events", 200},
      {"OPTIONS", "/v1/events", 204},
      {"GET", "/v1/snapshot", 200},
      {"GET", "/v1/events?mode=x", 400},
      {"GET", "/nothing", 404},
      {"POST", "/v1/events", 405},
  };
  for (const Case& c : cases) {
    HttpConnection connection(gateway_.http());
    connection.Send(RequestText(c.method, c.target, own));
    const HttpResponse response =
        connection.ReadResponse(/*head_only=*/std::string_view(c.method) == "HEAD");
    EXPECT_EQ(response.status, c.status) << c.method << c.target;
    EXPECT_EQ(response.Get("Vary"), "Origin") << c.method << c.target;
  }
  SseReader reader(gateway_.http(), {.fields = own});
  EXPECT_EQ(reader.head().Get("Vary"), "Origin");
  EXPECT_EQ(gateway_.Scrape()[R"(requests_rejected_total{code="403"})"], 0);
}

TEST_F(ListOfOriginsTest, OwnOriginIsHostAndPortOfTheRequest) {
  const auto status = [&](const std::string& target, const std::string& host,
                          const std::string& origin) {
    return HttpExchange(gateway_.http(), base::Concat("GET ", target, " HTTP/1.1\r\nHost: ", host,
                                                      "\r\nOrigin: ", origin, "\r\n\r\n"))
        .status;
  };
  EXPECT_EQ(status("/nothing", "gw.example:8080", "http://GW.example:8080"), 404);
  EXPECT_EQ(status("/nothing", "gw.example", "https://gw.example"), 404) << "a proxy ended TLS";
  EXPECT_EQ(status("/nothing", "gw.example:443", "https://gw.example"), 404);
  EXPECT_EQ(status("/nothing", "[::1]:8080", "http://[::1]:8080"), 404);
  EXPECT_EQ(status("http://gw.example/nothing", "gw.example", "http://gw.example"), 404);
  EXPECT_EQ(status("/nothing", "gw.example:8080", "http://gw.example:8081"), 403);
  EXPECT_EQ(status("/nothing", "gw.example", "http://gw.example.evil"), 403);
  EXPECT_EQ(status("/nothing", "null", "null"), 403);
}

TEST(OwnOriginTest, IsTheOneThatATrustedProxyForwards) {
  const HttpFields forwarded = {{"X-Forwarded-Host", "gw.example"},
                                {"Origin", "https://gw.example"}};
  const GatewayProcess trusting(
      {"--allow_origins=https://app.example.com", "--trusted_proxies=127.0.0.0/8,::1"});
  EXPECT_EQ(HttpGet(trusting.http(), "/", forwarded).status, 200);
  EXPECT_EQ(
      HttpGet(trusting.http(), "/",
              {{"Forwarded", "for=6.6.6.6;host=gw.example"}, {"Origin", "https://gw.example"}})
          .status,
      200);
  const GatewayProcess other({"--allow_origins=https://app.example.com"});
  EXPECT_EQ(HttpGet(other.http(), "/", forwarded).status, 403);
}

TEST(PatternsOfOriginsTest, AreWildcardsAndNull) {
  const GatewayProcess gateway(
      {"--allow_origins=https://*.example.com,http://localhost:*,null,https://*.a.example:8443"});
  for (const char* origin :
       {"https://app.example.com", "https://a.b.example.com", "http://localhost",
        "http://localhost:5173", "null", "https://x.a.example:8443"}) {
    SseReader reader(gateway.http(), {.fields = {{"Origin", origin}}});
    EXPECT_EQ(reader.head().Get("Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(reader.head().Get("Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(reader.head().Get("Vary"), "Origin");
  }
  for (const char* origin :
       {"https://example.com", "https://evilexample.com", "https://app.example.com.evil.com",
        "http://app.example.com", "https://localhost:5173", "http://localhost.evil.com",
        "https://x.a.example", "https://app.example.com:8443", "https://.example.com"}) {
    EXPECT_EQ(HttpGet(gateway.http(), "/v1/events", {{"Origin", origin}}).status, 403) << origin;
  }
}

TEST_F(ListOfOriginsTest, RequestThatIsNotOfAPageIsServed) {
  SseReader reader(gateway_.http());
  EXPECT_FALSE(reader.head().Find("Access-Control-Allow-Origin"));
  EXPECT_EQ(reader.head().Get("Vary"), "Origin");
}

TEST_F(ListOfOriginsTest, PreflightOfAPageOnItIsAllowedWithCredentials) {
  const HttpResponse response = HttpExchange(
      gateway_.http(), RequestText("OPTIONS", "/v1/events",
                                   {{"Origin", kPage}, {"Access-Control-Request-Method", "GET"}}));
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.Get("Access-Control-Allow-Origin"), kPage);
  EXPECT_EQ(response.Get("Access-Control-Allow-Credentials"), "true");
}

}  // namespace
}  // namespace ssegw::testing
