#include "gateway/http/request_rates.h"

#include <gtest/gtest.h>

#include <chrono>

#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

using std::chrono::milliseconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

size_t LetThrough(RequestRates& rates, std::string_view address, size_t requests,
                  base::TimePoint now) {
  size_t through = 0;
  for (size_t i = 0; i < requests; ++i) through += rates.Take(address, now) ? 0 : 1;
  return through;
}

TEST(RequestRatesTest, LetThroughASecondsWorthAtOnceAndThenAsTheyCome) {
  RequestRates rates(10);
  EXPECT_EQ(LetThrough(rates, "a", 30, kStart), 10U);
  EXPECT_EQ(rates.Take("a", kStart), milliseconds(100));
  EXPECT_EQ(LetThrough(rates, "a", 30, kStart + milliseconds(300)), 3U);
  EXPECT_EQ(LetThrough(rates, "a", 30, kStart + std::chrono::hours(1)), 10U);
}

TEST(RequestRatesTest, CountEachAddressForItself) {
  RequestRates rates(2);
  EXPECT_EQ(LetThrough(rates, "a", 5, kStart), 2U);
  EXPECT_EQ(LetThrough(rates, "b", 5, kStart), 2U);
}

TEST(RequestRatesTest, WithoutARateAllAreLetThrough) {
  RequestRates rates;
  EXPECT_EQ(LetThrough(rates, "a", 1000, kStart), 1000U);
  rates.SetRate(3);
  EXPECT_EQ(LetThrough(rates, "a", 1000, kStart), 3U);
  rates.SetRate(3);
  EXPECT_EQ(LetThrough(rates, "a", 1000, kStart), 0U);
  rates.SetRate(0);
  EXPECT_EQ(LetThrough(rates, "a", 1000, kStart), 1000U);
}

TEST(RequestRatesTest, AddressesBeyondTheBoundShareWhatOneHas) {
  RequestRates rates(1);
  for (size_t i = 0; i < RequestRates::kMaxAddresses; ++i) {
    ASSERT_FALSE(rates.Take(base::Concat(i), kStart));
  }
  EXPECT_FALSE(rates.Take("x", kStart));
  EXPECT_TRUE(rates.Take("y", kStart));
  // A second later the others are forgotten.
  EXPECT_FALSE(rates.Take("x", kStart + std::chrono::seconds(1)));
  EXPECT_FALSE(rates.Take("y", kStart + std::chrono::seconds(1)));
}

}  // namespace
}  // namespace ssegw::http
