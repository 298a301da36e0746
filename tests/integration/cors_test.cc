// Which pages may read the streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
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
  const GatewayProcess gateway_{{"--allow_origins=https://app.example.com,http://localhost:3000"}};
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
