#include "internal/net/admission.h"

#include <gtest/gtest.h>

namespace ssegw::net {
namespace {

using std::chrono::milliseconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};

TEST(AdmissionTest, TakesInAsManyAsItMay) {
  Admission admission({.max_connections = 2});
  EXPECT_EQ(admission.Admit("a", kStart), std::nullopt);
  EXPECT_EQ(admission.Admit("a", kStart), std::nullopt);
  EXPECT_EQ(admission.Admit("a", kStart), ShedReason::kMaxConnections);
  admission.Release("a");
  EXPECT_EQ(admission.Admit("b", kStart), std::nullopt);
}

TEST(AdmissionTest, CountsAddressesApart) {
  Admission admission({.max_connections_per_ip = 1});
  EXPECT_EQ(admission.Admit("a", kStart), std::nullopt);
  EXPECT_EQ(admission.Admit("a", kStart), ShedReason::kMaxConnectionsPerIp);
  EXPECT_EQ(admission.Admit("b", kStart), std::nullopt);
  admission.Release("a");
  EXPECT_EQ(admission.Admit("a", kStart), std::nullopt);
}

TEST(AdmissionTest, RateLetsThroughABurstOfOneSecondsWorthAndThenTheRate) {
  Admission admission({.connect_rate = 4});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(admission.Admit("a", kStart), std::nullopt);
  EXPECT_EQ(admission.Admit("a", kStart), ShedReason::kConnectRate);
  EXPECT_EQ(admission.Admit("a", kStart + milliseconds(250)), std::nullopt);
  EXPECT_EQ(admission.Admit("a", kStart + milliseconds(250)), ShedReason::kConnectRate);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(admission.Admit("a", kStart + std::chrono::hours(1)), std::nullopt);
  }
  EXPECT_EQ(admission.Admit("a", kStart + std::chrono::hours(1)), ShedReason::kConnectRate);
}

TEST(AdmissionTest, WhatIsTurnedAwayByAnotherLimitTakesNoToken) {
  Admission admission({.max_connections = 1, .connect_rate = 2});
  EXPECT_EQ(admission.Admit("a", kStart), std::nullopt);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(admission.Admit("a", kStart), ShedReason::kMaxConnections);
  }
  admission.Release("a");
  EXPECT_EQ(admission.Admit("a", kStart), std::nullopt);
}

}  // namespace
}  // namespace ssegw::net
