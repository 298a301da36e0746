#include "gateway/api/connection_path.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::api {
namespace {

TEST(ConnectionPathTest, FindsTheIdAtTheRootAndBelowAStage) {
  for (const char* path :
       {"/@connections/a-1", "/prod/@connections/a-1", "/base/prod/@connections/a-1",
        "/%40connections/a%2d1", "//prod//@connections//a-1/", "/prod%2F@connections%2fa-1"}) {
    EXPECT_EQ(ConnectionIdOf(path), "a-1") << path;
  }
}

TEST(ConnectionPathTest, WhatFollowsBelongsToTheId) {
  EXPECT_EQ(ConnectionIdOf("/@connections/a/b"), "a/b");
  EXPECT_EQ(ConnectionIdOf("/@connections/a%2Fb"), "a/b");
  EXPECT_EQ(ConnectionIdOf("/@connections/%zz"), "%zz");
  EXPECT_EQ(ConnectionIdOf("/@connections/@connections/a"), "@connections/a");
}

TEST(ConnectionPathTest, OtherPathsHaveNone) {
  for (const char* path : {"/", "", "/@connections", "/@connections/", "/prod/@connections//",
                           "/connections/a", "/x@connections/a", "/v1/publish"}) {
    EXPECT_EQ(ConnectionIdOf(path), std::nullopt) << path;
  }
}

TEST(ConnectionPathTest, AnIdIsShortAndPlain) {
  EXPECT_TRUE(IsConnectionId("k3f9x2ab-front-17"));
  for (const std::string& id :
       {std::string(), std::string("a/b"), std::string("a=b"), std::string("a b"), std::string("é"),
        std::string("a\0b", 3), std::string("L0SM9cOFvHcCIhw="), std::string(129, 'a')}) {
    EXPECT_FALSE(IsConnectionId(id)) << id;
  }
}

}  // namespace
}  // namespace ssegw::api
