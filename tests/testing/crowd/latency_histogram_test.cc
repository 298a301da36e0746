#include "tests/testing/crowd/latency_histogram.h"

#include <gtest/gtest.h>

namespace ssegw::testing {
namespace {

using base::Duration;

TEST(LatencyHistogramTest, IsEmptyAtFirst) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Quantile(0.99), Duration::zero());
}

TEST(LatencyHistogramTest, AnswersWithinASixteenthWhateverTheSize) {
  for (int64_t ns = 1; base::Duration(ns) < std::chrono::minutes(59); ns += ns / 4 + 1) {
    LatencyHistogram histogram;
    histogram.Record(Duration(ns));
    histogram.Record(std::chrono::hours(1));
    EXPECT_GE(histogram.Quantile(0.5).count(), ns);
    EXPECT_LE(histogram.Quantile(0.5).count(), ns + ns / 16);
    EXPECT_EQ(histogram.Quantile(1), std::chrono::hours(1)) << "never more than the longest";
  }
}

TEST(LatencyHistogramTest, QuantilesAreThoseOfAllThatWasRecorded) {
  LatencyHistogram histogram;
  LatencyHistogram other;
  for (int i = 1; i <= 500; ++i) histogram.Record(Duration(i * 1000));
  for (int i = 501; i <= 1000; ++i) other.Record(Duration(i * 1000));
  histogram.Add(other);
  EXPECT_EQ(histogram.count(), 1000u);
  EXPECT_EQ(histogram.max(), Duration(1'000'000));
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.5).count()), 500'000, 32'000);
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.99).count()), 990'000, 62'000);
}

TEST(LatencyHistogramTest, TakesWhatIsOutOfItsRange) {
  LatencyHistogram histogram;
  histogram.Record(Duration(-1));
  EXPECT_EQ(histogram.Quantile(1), Duration::zero());
  histogram.Record(std::chrono::hours(10'000));
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.max(), std::chrono::hours(10'000));
}

}  // namespace
}  // namespace ssegw::testing
