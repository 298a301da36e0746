#include "internal/base/enum_array.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace ssegw::base {
namespace {

enum class Color : unsigned char { kRed, kGreen, kBlue, kLast = kBlue };

TEST(EnumArrayTest, HasOneValueForEachEnumerator) {
  EnumArray<Color, int> values;
  for (const Color color : AllOf<Color>()) values[color] = 1;
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0), 3);
}

TEST(EnumArrayTest, BeginsWithValuesOfTheirType) {
  const EnumArray<Color, int> values;
  EXPECT_EQ(values[Color::kBlue], 0);
}

TEST(EnumArrayTest, AllOfIsInOrder) {
  const auto all = AllOf<Color>();
  EXPECT_EQ(std::vector<Color>(all.begin(), all.end()),
            (std::vector<Color>{Color::kRed, Color::kGreen, Color::kBlue}));
}

}  // namespace
}  // namespace ssegw::base
