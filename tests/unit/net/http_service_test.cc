#include "internal/net/service/http_service.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::net {
namespace {

TEST(HttpRequestTest, ListIsReadOverAllLines) {
  HttpRequest request;
  EXPECT_EQ(request.FindList("Accept"), "");
  request.fields = {{"Accept", "text/html"}, {"Other", "x"}, {"accept", ""}, {"ACCEPT", "*/*;q=0"}};
  EXPECT_EQ(request.FindList("Accept"), "text/html, , */*;q=0");
  EXPECT_EQ(request.Find("Accept"), "text/html");
}

TEST(AnswerEndTest, IsCalledOnceWhicheverComesFirst) {
  int ended = 0;
  AnswerEnd set_first;
  set_first.Set([&] { ++ended; });
  set_first.End();
  set_first.End();
  EXPECT_EQ(ended, 1);
  AnswerEnd ended_first;
  ended_first.End();
  ended_first.Set([&] { ++ended; });
  EXPECT_EQ(ended, 2);
}

TEST(IsRequestIdTest, TakesWhatProxiesMakeAndNothingThatCouldMeanMore) {
  for (const std::string& good : {std::string("0af7651916cd43dd8448eb211c80319c"),
                                  std::string("2f1a0c3e-5d7b-4c8a-9e1f-000000000001"),
                                  std::string("A.b_c-1"), std::string("x"), std::string(64, 'a')}) {
    EXPECT_TRUE(IsRequestId(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a\""),
        std::string("a\n"), std::string("a,b"), std::string("\xc3\xa4"), std::string("a=b")}) {
    EXPECT_FALSE(IsRequestId(bad)) << bad;
  }
}

}  // namespace
}  // namespace ssegw::net
