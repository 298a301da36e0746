#include "gateway/http/credentials.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

using Fields = std::vector<net::HttpRequest::Field>;

// "bearer:x cookie:y ticket:z"
std::string Found(Fields fields, std::string_view query = "", std::string_view cookie = "token") {
  std::string found;
  for (const Credential& credential :
       FindCredentials(Request("GET", "/v1/events", std::move(fields)), query, cookie)) {
    if (!found.empty()) found += ' ';
    found += credential.kind == CredentialKind::kBearer   ? "bearer:"
             : credential.kind == CredentialKind::kCookie ? "cookie:"
                                                          : "ticket:";
    found += credential.text;
  }
  return found;
}

TEST(CredentialsTest, FindsABearerToken) {
  EXPECT_EQ(Found({{"Authorization", "Bearer a.b.c"}}), "bearer:a.b.c");
  EXPECT_EQ(Found({{"authorization", "bearer  a.b.c"}}), "bearer:a.b.c");
  EXPECT_EQ(Found({{"Authorization", "Bearer"}}), "bearer:");
  EXPECT_EQ(Found({{"Authorization", "Basic dTpw"}}), "");
  EXPECT_EQ(Found({{"Authorization", "BearerX a"}}), "");
}

TEST(CredentialsTest, FindsTheCookieOfThatName) {
  EXPECT_EQ(Found({{"Cookie", "a=b; token=x.y.z; c=d"}}), "cookie:x.y.z");
  EXPECT_EQ(Found({{"Cookie", "token=\"x.y.z\""}}), "cookie:x.y.z");
  EXPECT_EQ(Found({{"Cookie", "mytoken=x; token2=y; Token=z; token"}}), "");
  EXPECT_EQ(Found({{"Cookie", "token="}}), "") << "logged out";
  EXPECT_EQ(Found({{"Cookie", "token=x"}}, "", ""), "");
}

// HTTP/2 may send each pair in a field of its own (RFC 9113 section 8.2.3).
TEST(CredentialsTest, FindsTheCookieInAnyField) {
  EXPECT_EQ(Found({{"cookie", "a=b"}, {"cookie", "token=x"}}), "cookie:x");
}

TEST(CredentialsTest, FindsATicket) {
  EXPECT_EQ(Found({}, "topic=a&ticket=abc-_"), "ticket:abc-_");
  EXPECT_EQ(Found({}, "ticket=a%62c"), "ticket:abc");
  EXPECT_EQ(Found({}, "ticket="), "ticket:");
  EXPECT_EQ(Found({}, "ticket=%"), "ticket:");
  EXPECT_EQ(Found({}, "Ticket=a&tickets=b"), "");
}

TEST(CredentialsTest, FindsAllThatThereAre) {
  EXPECT_EQ(Found({{"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}}),
            "bearer:a bearer:b");
  EXPECT_EQ(Found({{"Authorization", "Bearer a, Bearer b"}}), "bearer:a bearer:b");
  EXPECT_EQ(Found({{"Authorization", "Basic dTpw, Bearer b"}}), "bearer:b");
  EXPECT_EQ(Found({{"Cookie", "token=a; token=b"}}), "cookie:a cookie:b");
  EXPECT_EQ(Found({}, "ticket=a&ticket=a"), "ticket:a ticket:a");
  EXPECT_EQ(Found({{"Cookie", "token=b"}, {"Authorization", "Bearer a"}}, "ticket=c"),
            "cookie:b bearer:a ticket:c");
}

TEST(CredentialsTest, KnowsRequestsOfThisSite) {
  const auto is_of_this_site = [](Fields fields) {
    return IsOfThisSite(Request("GET", "/v1/events", std::move(fields)));
  };
  EXPECT_TRUE(is_of_this_site({}));
  for (const char* site : {"same-origin", "same-site", "none"}) {
    EXPECT_TRUE(is_of_this_site({{"Sec-Fetch-Site", site}})) << site;
  }
  for (const char* site : {"cross-site", "Same-Origin", "other"}) {
    EXPECT_FALSE(is_of_this_site({{"Sec-Fetch-Site", site}})) << site;
  }
  EXPECT_FALSE(
      is_of_this_site({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}));
}

}  // namespace
}  // namespace ssegw::http
