#include "gateway/auth/token.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "internal/base/enum_array.h"

namespace ssegw::auth {
namespace {

// auth_total{result} tells each from all others.
TEST(FailureTest, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Failure failure : base::AllOf<Failure>()) {
    EXPECT_FALSE(NameOf(failure).empty());
    EXPECT_TRUE(names.insert(NameOf(failure)).second) << NameOf(failure);
  }
}

}  // namespace
}  // namespace ssegw::auth
