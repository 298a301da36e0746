#include "internal/base/address_rates.h"

#include <gtest/gtest.h>

#include <chrono>

#include "internal/base/concat.h"

namespace ssegw::base {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

size_t LetThrough(AddressRates& rates, std::string_view address, size_t requests, TimePoint now) {
  size_t through = 0;
  for (size_t i = 0; i < requests; ++i) through += rates.Take(address, now) ? 0 : 1;
  return through;
}

TEST(AddressRatesTest, LetThroughASecondsWorthAtOnceAndThenAsTheyCome) {
  AddressRates rates(10);
  EXPECT_EQ(LetThrough(rates, "a", 30, kStart), 10U);
  EXPECT_EQ(rates.Take("a", kStart), milliseconds(100));
  EXPECT_EQ(LetThrough(rates, "a", 30, kStart + milliseconds(300)), 3U);
  EXPECT_EQ(LetThrough(rates, "a", 30, kStart + std::chrono::hours(1)), 10U);
}

TEST(AddressRatesTest, CountEachAddressForItself) {
  AddressRates rates(2);
  EXPECT_EQ(LetThrough(rates, "a", 5, kStart), 2U);
  EXPECT_EQ(LetThrough(rates, "b", 5, kStart), 2U);
}

TEST(AddressRatesTest, WithoutARateAllAreLetThrough) {
  AddressRates rates;
  EXPECT_EQ(LetThrough(rates, "a", 1000, kStart), 1000U);
  rates.SetRate(3);
  EXPECT_EQ(LetThrough(rates, "a", 1000, kStart), 3U);
  rates.SetRate(3);
  EXPECT_EQ(LetThrough(rates, "a", 1000, kStart), 0U);
  rates.SetRate(0);
  EXPECT_EQ(LetThrough(rates, "a", 1000, kStart), 1000U);
}

TEST(AddressRatesTest, AddressesBeyondTheBoundShareWhatOneHas) {
  AddressRates rates(1);
  for (size_t i = 0; i < AddressRates::kMaxAddresses; ++i) {
    ASSERT_FALSE(rates.Take(base::Concat(i), kStart));
  }
  EXPECT_FALSE(rates.Take("x", kStart));
  EXPECT_TRUE(rates.Take("y", kStart));
  // A second later the others are forgotten.
  EXPECT_FALSE(rates.Take("x", kStart + std::chrono::seconds(1)));
  EXPECT_FALSE(rates.Take("y", kStart + std::chrono::seconds(1)));
}

}  // namespace
}  // namespace ssegw::base
