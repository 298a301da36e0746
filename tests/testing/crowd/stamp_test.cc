#include "tests/testing/crowd/stamp.h"

#include <gtest/gtest.h>

#include "internal/base/concat.h"

namespace ssegw::testing {
namespace {

TEST(StampTest, IsReadFromTheBeginningOfTheData) {
  const std::string text =
      StampText({.published_ns = 1'234'567'890'123, .topic = 17, .key = 3, .number = 98'765});
  const auto stamp = StampOf(base::Concat(R"({"id":")", text, R"(","title":"ttt)"));
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->published_ns, 1'234'567'890'123);
  EXPECT_EQ(stamp->topic, 17u);
  EXPECT_EQ(stamp->key, 3u);
  EXPECT_EQ(stamp->number, 98'765u);
}

TEST(StampTest, IsNotReadFromAnythingElse) {
  for (const char* data :
       {"", "{}", R"({"id":"host-1"})", R"({"id":"1 2 3"})", R"({"id":"1 2 3 4 5"})",
        R"({"id":"1 2 3 4)", R"({"user":1,"id":"1 2 3 4"})"}) {
    EXPECT_FALSE(StampOf(data)) << data;
  }
}

TEST(DeletedKeyTest, IsReadFromTheTopicsLastTokenAndTheKey) {
  const auto deleted = DeletedKeyOf(R"({"topic":"busy.eu.17","key":"3"})");
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->topic, 17u);
  EXPECT_EQ(deleted->key, 3u);
  for (const char* data : {"", R"({"topic":"busy.a","key":"3"})", R"({"topic":"busy.1","key":""})",
                           R"({"topic":"busy.1)"}) {
    EXPECT_FALSE(DeletedKeyOf(data)) << data;
  }
}

}  // namespace
}  // namespace ssegw::testing
