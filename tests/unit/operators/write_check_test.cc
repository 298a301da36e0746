#include "gateway/operators/write_check.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "tests/unit/http/replies.h"

namespace ssegw::operators {
namespace {

using Fields = std::vector<net::HttpRequest::Field>;

// 200: it may.
int StatusOf(std::string_view method, Fields fields, bool has_body) {
  fields.insert(fields.begin(), {"Host", "localhost:9090"});
  net::HttpRequest request = http::Request(method, "/v1/connections/c-1", std::move(fields));
  request.has_body = has_body;
  const auto problem = CheckWrite(request);
  return problem ? problem->status : 200;
}

TEST(WriteCheckTest, LetsThePageAndProgramsIn) {
  EXPECT_EQ(StatusOf("DELETE", {{"X-Operator", "1"}}, false), 200);
  EXPECT_EQ(StatusOf("POST", {{"X-Operator", "1"}, {"Content-Type", "application/json"}}, true),
            200);
  EXPECT_EQ(StatusOf("POST",
                     {{"x-operator", "1"},
                      {"Content-Type", "Application/JSON; charset=utf-8"},
                      {"Origin", "http://localhost:9090"},
                      {"Sec-Fetch-Site", "same-origin"}},
                     true),
            200);
}

TEST(WriteCheckTest, RefusesOtherPages) {
  const Fields good = {{"X-Operator", "1"}, {"Content-Type", "application/json"}};
  for (const std::string_view origin :
       {"https://evil.example", "null", "http://localhost:8080", "http://localhost", ""}) {
    Fields fields = good;
    fields.push_back({"Origin", origin});
    EXPECT_EQ(StatusOf("POST", fields, true), 403) << origin;
    EXPECT_EQ(StatusOf("DELETE", fields, false), 403) << origin;
  }
  for (const std::string_view site : {"cross-site", "same-site", "none", ""}) {
    Fields fields = good;
    fields.push_back({"Sec-Fetch-Site", site});
    EXPECT_EQ(StatusOf("POST", fields, true), 403) << site;
  }
}

// What a page may send to another origin without being asked first.
TEST(WriteCheckTest, RefusesWhatNeedsNoPreflight) {
  EXPECT_EQ(StatusOf("POST", {{"Content-Type", "application/json"}}, true), 403);
  EXPECT_EQ(StatusOf("POST", {{"X-Operator", "0"}, {"Content-Type", "application/json"}}, true),
            403);
  for (const std::string_view type : {"text/plain", "application/x-www-form-urlencoded",
                                      "multipart/form-data", "", "text/plain;application/json"}) {
    EXPECT_EQ(StatusOf("POST", {{"X-Operator", "1"}, {"Content-Type", type}}, true), 400) << type;
  }
  EXPECT_EQ(StatusOf("POST", {{"X-Operator", "1"}}, true), 400);
}

}  // namespace
}  // namespace ssegw::operators
