#include "internal/net/admission.h"

#include <gtest/gtest.h>

namespace ssegw::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};
constexpr Arrival kCold{.address = "a", .resuming = false, .retry = seconds(20)};
// Its claim, where it leaves one, is good for four seconds.
constexpr Arrival kResuming{.address = "a", .resuming = true, .retry = seconds(2)};
constexpr milliseconds kClaim = seconds(4);

TEST(AdmissionTest, TakesInAsManyAsItMay) {
  Admission admission({.max_connections = 2});
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
  EXPECT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnections);
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kResuming, kStart), std::nullopt);
}

TEST(AdmissionTest, CountsAddressesApart) {
  Admission admission({.max_connections_per_ip = 1});
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), ShedReason::kMaxConnectionsPerIp);
  EXPECT_EQ(admission.Admit({.address = "b"}, kStart), std::nullopt);
  admission.Release("a");
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
}

TEST(AdmissionTest, LimitsThatChangeConcernThoseThatAskFromThenOn) {
  Admission admission({.max_connections = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  admission.SetLimits({.max_connections = 1});
  admission.Release("a");
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  admission.SetLimits({.max_connections = 2});
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
}

TEST(AdmissionTest, LimitPerAddressThatComesLaterCountsThoseThatAreThere) {
  Admission admission({});
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
  admission.SetLimits({.max_connections_per_ip = 2});
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), ShedReason::kMaxConnectionsPerIp);
  EXPECT_EQ(admission.Admit({.address = "b"}, kStart), std::nullopt);
  admission.Release("a");
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
}

TEST(AdmissionTest, AnotherRateBeginsWithABurstOfItsOwnAndTheSameOneDoesNot) {
  Admission admission({.connect_rate = 2});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  admission.SetLimits({.connect_rate = 2});
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kConnectRate);
  admission.SetLimits({.connect_rate = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kConnectRate);
  admission.SetLimits({.connect_rate = 0});
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
}

TEST(AdmissionTest, RateLetsThroughABurstOfOneSecondsWorthAndThenTheRate) {
  Admission admission({.connect_rate = 4});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kConnectRate);
  EXPECT_EQ(admission.Admit(kCold, kStart + milliseconds(250)), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart + milliseconds(250)), ShedReason::kConnectRate);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(admission.Admit(kCold, kStart + std::chrono::hours(1)), std::nullopt);
  }
  EXPECT_EQ(admission.Admit(kCold, kStart + std::chrono::hours(1)), ShedReason::kConnectRate);
}

TEST(AdmissionTest, WhatIsTurnedAwayByAnotherLimitTakesNoToken) {
  Admission admission({.max_connections = 1, .connect_rate = 2});
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
  }
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
}

TEST(AdmissionTest, PlaceThatBecomesFreeIsForTheResumingOneThatWasTurnedAway) {
  Admission admission({.max_connections = 1});
  ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnections);
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart + seconds(1)), ShedReason::kMaxConnections);
  EXPECT_EQ(admission.Admit(kResuming, kStart + seconds(2)), std::nullopt);
  // The claim is used up.
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart + seconds(2)), std::nullopt);
}

TEST(AdmissionTest, ClaimEndsSomeTimeAfterItsRetry) {
  Admission admission({.max_connections = 1});
  ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnections);
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart + kClaim - milliseconds(1)), ShedReason::kMaxConnections);
  EXPECT_EQ(admission.Admit(kCold, kStart + kClaim), std::nullopt);
}

TEST(AdmissionTest, PlacesBeyondTheClaimsAreForColdOnes) {
  Admission admission({.max_connections = 3});
  for (int i = 0; i < 3; ++i) ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnections);
  for (int i = 0; i < 3; ++i) admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
}

TEST(AdmissionTest, TokensAreForTheResumingOnesThatWereTurnedAway) {
  Admission admission({.connect_rate = 2});
  for (int i = 0; i < 2; ++i) ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kConnectRate);
  // One token, and one claim.
  EXPECT_EQ(admission.Admit(kCold, kStart + milliseconds(500)), ShedReason::kConnectRate);
  EXPECT_EQ(admission.Admit(kResuming, kStart + milliseconds(500)), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart + milliseconds(1000)), std::nullopt);
}

TEST(AdmissionTest, LimitOfItsOwnAddressLeavesNoClaim) {
  Admission admission({.max_connections = 2, .max_connections_per_ip = 1});
  ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnectionsPerIp);
  EXPECT_EQ(admission.Admit({.address = "b"}, kStart), std::nullopt);
}

TEST(AdmissionTest, ColdOneThatIsTurnedAwayLeavesNoClaim) {
  Admission admission({.max_connections = 1});
  ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  for (int i = 0; i < 5; ++i) admission.Admit(kCold, kStart);
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
}

TEST(AdmissionTest, ClaimsAreBounded) {
  constexpr size_t kPlaces = Admission::kMaxClaims + 1;
  Admission admission({.max_connections = kPlaces});
  for (size_t i = 0; i < kPlaces; ++i) ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  for (size_t i = 0; i < 2 * kPlaces; ++i) admission.Admit(kResuming, kStart);
  for (size_t i = 0; i < kPlaces; ++i) admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
}

TEST(AdmissionTest, PressureShedsColdOnesFirst) {
  Admission admission({});
  admission.SetPressure(Pressure::kShedCold);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMemory);
  EXPECT_EQ(admission.Admit(kResuming, kStart), std::nullopt);
  admission.SetPressure(Pressure::kShedAll);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMemory);
  EXPECT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMemory);
  admission.SetPressure(Pressure::kNone);
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
}

}  // namespace
}  // namespace ssegw::net
