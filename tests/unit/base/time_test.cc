#include "internal/base/time.h"

#include <gtest/gtest.h>

namespace ssegw::base {
namespace {

WallTime At(int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

TEST(TimeTest, FormatsAsRfc3339WithMilliseconds) {
  EXPECT_EQ(FormatRfc3339(At(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatRfc3339(At(1'795'964'645'007)), "2026-11-29T15:04:05.007Z");
  EXPECT_EQ(FormatRfc3339(At(951'782'400'999)), "2000-02-29T00:00:00.999Z");
  EXPECT_EQ(FormatRfc3339(At(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(TimeTest, FormatRoundsDown) {
  EXPECT_EQ(FormatRfc3339(WallTime(std::chrono::microseconds(1'999))), "1970-01-01T00:00:00.001Z");
}

}  // namespace
}  // namespace ssegw::base
