#include "gateway/auth/auth_stats.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace ssegw::auth {
namespace {

TEST(AuthStatsTest, EachResultHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Result result : base::AllOf<Result>()) {
    EXPECT_FALSE(NameOf(result).empty());
    EXPECT_TRUE(names.insert(NameOf(result)).second) << NameOf(result);
  }
}

TEST(AuthStatsTest, AFailureKeepsItsName) {
  for (const Failure failure : base::AllOf<Failure>()) {
    EXPECT_EQ(NameOf(ResultOf(failure)), NameOf(failure));
  }
}

}  // namespace
}  // namespace ssegw::auth
