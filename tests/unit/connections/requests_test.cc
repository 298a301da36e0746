#include "gateway/connections/requests.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

namespace ssegw::connections {
namespace {

using ssegateway::v1::CloseConnectionsRequest;
using ssegateway::v1::ListConnectionsRequest;

TEST(RequestsTest, APageHasAHundredUnlessAskedForAtMostAThousand) {
  ListConnectionsRequest request;
  EXPECT_EQ(ParseList(request)->size, 100U);
  request.set_page_size(1000);
  EXPECT_EQ(ParseList(request)->size, 1000U);
  request.set_page_size(1001);
  EXPECT_EQ(ParseList(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(RequestsTest, WhatListsNothingSensibleIsRefused) {
  struct Case {
    const char* name;
    std::function<void(ListConnectionsRequest&)> set;
  };
  for (const Case& c : {
           Case{"no filter", [](auto& r) { r.set_topic("a..b"); }},
           Case{"white space", [](auto& r) { r.set_topic("a b"); }},
           Case{"no token", [](auto& r) { r.set_page_token("a/b"); }},
           Case{"a long token", [](auto& r) { r.set_page_token(std::string(129, 'a')); }},
       }) {
    ListConnectionsRequest request;
    c.set(request);
    EXPECT_EQ(ParseList(request).status().code(), absl::StatusCode::kInvalidArgument) << c.name;
  }
}

TEST(RequestsTest, WhatClosesNothingOrTooMuchIsRefused) {
  struct Case {
    const char* name;
    std::function<void(CloseConnectionsRequest&)> set;
  };
  for (const Case& c : {
           Case{"nothing chosen", [](auto&) {}},
           Case{"only a retry", [](auto& r) { r.mutable_retry()->set_seconds(1); }},
           Case{"no filter", [](auto& r) { r.set_filter("a."); }},
           Case{"a negative retry",
                [](auto& r) {
                  r.set_subject("s");
                  r.mutable_retry()->set_seconds(-1);
                }},
           Case{"a day and a moment",
                [](auto& r) {
                  r.set_subject("s");
                  r.mutable_retry()->set_seconds(86'400);
                  r.mutable_retry()->set_nanos(1);
                }},
           Case{"1001 ids",
                [](auto& r) {
                  for (int i = 0; i < 1001; ++i) r.add_ids("x");
                }},
       }) {
    CloseConnectionsRequest request;
    c.set(request);
    EXPECT_EQ(ParseClose(request).status().code(), absl::StatusCode::kInvalidArgument) << c.name;
  }
  CloseConnectionsRequest request;
  request.set_subject("s");
  request.mutable_retry()->set_seconds(86'400);
  EXPECT_EQ(ParseClose(request)->retry, std::chrono::hours(24));
}

}  // namespace
}  // namespace ssegw::connections
