#include "gateway/keys/fetched.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ssegw::keys {
namespace {

using std::chrono::seconds;

// RFC 9111 section 5.2.
TEST(MaxAgeTest, IsWhatCacheControlSays) {
  EXPECT_EQ(MaxAgeOf("max-age=600"), seconds(600));
  EXPECT_EQ(MaxAgeOf("public, max-age=21600, must-revalidate"), seconds(21'600));
  EXPECT_EQ(MaxAgeOf("public,MAX-AGE = \"90\""), seconds(90));
  EXPECT_EQ(MaxAgeOf("s-maxage=5, max-age=7"), seconds(7));
  EXPECT_EQ(MaxAgeOf("max-age=0"), seconds(0));
  EXPECT_EQ(MaxAgeOf("no-cache"), seconds(0));
  EXPECT_EQ(MaxAgeOf("max-age=600, No-Store"), seconds(0));
  EXPECT_EQ(MaxAgeOf("max-age=99999999999999999999"), seconds(int64_t{1} << 31));
}

TEST(MaxAgeTest, WhatSaysNothingIsTheDefault) {
  for (const char* text : {"", " ", ",", ",,", "private", "max-age", "x-max-age=7", "max-ages=7"}) {
    EXPECT_EQ(MaxAgeOf(text), kDefaultAge) << text;
  }
}

TEST(MaxAgeTest, WhatIsNoNumberIsStale) {
  for (const char* text : {"max-age=", "max-age=-1", "max-age=1.5", "max-age=1s", "max-age=\"\""}) {
    EXPECT_EQ(MaxAgeOf(text), seconds(0)) << text;
  }
}

}  // namespace
}  // namespace ssegw::keys
