#include "internal/net/shard/admission.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace ssegw::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};
constexpr Arrival kCold{.address = "a", .resuming = false, .retry = seconds(20)};
// Its claim, where it leaves one, is good for four seconds.
constexpr Arrival kResuming{.address = "a", .resuming = true, .retry = seconds(2)};
constexpr milliseconds kClaim = seconds(4);

// An admission, and the tickets of those that it let in.
class Door {
 public:
  explicit Door(AdmissionLimits limits) : admission_(limits) {}

  // nullopt: it is let in.
  std::optional<ShedReason> Admit(const Arrival& arrival, base::TimePoint now) {
    auto admitted = admission_.Admit(arrival, now);
    if (const auto* reason = std::get_if<ShedReason>(&admitted)) return *reason;
    tickets_.push_back(std::get<Admission::Ticket>(std::move(admitted)));
    return std::nullopt;
  }
  // One from that address leaves.
  void Release(std::string_view address) {
    const auto ticket = std::ranges::find(tickets_, address, &Admission::Ticket::address);
    ASSERT_NE(ticket, tickets_.end());
    tickets_.erase(ticket);
  }
  void SetLimits(AdmissionLimits limits) { admission_.SetLimits(limits); }
  void SetPressure(Pressure pressure) { admission_.SetPressure(pressure); }

 private:
  Admission admission_;
  std::list<Admission::Ticket> tickets_;
};

TEST(AdmissionTest, TicketIsGivenBackOnceHoweverItMoves) {
  Admission admission({.max_connections = 1});
  {
    auto admitted = admission.Admit(kCold, kStart);
    Admission::Ticket ticket = std::get<Admission::Ticket>(std::move(admitted));
    const Admission::Ticket moved = std::move(ticket);
    EXPECT_EQ(moved.address(), "a");
    EXPECT_TRUE(std::holds_alternative<ShedReason>(admission.Admit(kCold, kStart)));
  }
  const auto first = admission.Admit(kCold, kStart);
  EXPECT_TRUE(std::holds_alternative<Admission::Ticket>(first));
  EXPECT_TRUE(std::holds_alternative<ShedReason>(admission.Admit(kCold, kStart)));
}

TEST(AdmissionTest, TakesInAsManyAsItMay) {
  Door admission({.max_connections = 2});
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
  EXPECT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnections);
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kResuming, kStart), std::nullopt);
}

TEST(AdmissionTest, CountsAddressesApart) {
  Door admission({.max_connections_per_ip = 1});
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), ShedReason::kMaxConnectionsPerIp);
  EXPECT_EQ(admission.Admit({.address = "b"}, kStart), std::nullopt);
  admission.Release("a");
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
}

TEST(AdmissionTest, LimitsThatChangeConcernThoseThatAskFromThenOn) {
  Door admission({.max_connections = 3});
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
  Door admission({});
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
  admission.SetLimits({.max_connections_per_ip = 2});
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), ShedReason::kMaxConnectionsPerIp);
  EXPECT_EQ(admission.Admit({.address = "b"}, kStart), std::nullopt);
  admission.Release("a");
  EXPECT_EQ(admission.Admit({.address = "a"}, kStart), std::nullopt);
}

TEST(AdmissionTest, AnotherRateBeginsWithABurstOfItsOwnAndTheSameOneDoesNot) {
  Door admission({.connect_rate = 2});
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
  Door admission({.connect_rate = 4});
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
  Door admission({.max_connections = 1, .connect_rate = 2});
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
  }
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
}

TEST(AdmissionTest, PlaceThatBecomesFreeIsForTheResumingOneThatWasTurnedAway) {
  Door admission({.max_connections = 1});
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
  Door admission({.max_connections = 1});
  ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnections);
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart + kClaim - milliseconds(1)), ShedReason::kMaxConnections);
  EXPECT_EQ(admission.Admit(kCold, kStart + kClaim), std::nullopt);
}

TEST(AdmissionTest, PlacesBeyondTheClaimsAreForColdOnes) {
  Door admission({.max_connections = 3});
  for (int i = 0; i < 3; ++i) ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnections);
  for (int i = 0; i < 3; ++i) admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
}

TEST(AdmissionTest, TokensAreForTheResumingOnesThatWereTurnedAway) {
  Door admission({.connect_rate = 2});
  for (int i = 0; i < 2; ++i) ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kConnectRate);
  // One token, and one claim.
  EXPECT_EQ(admission.Admit(kCold, kStart + milliseconds(500)), ShedReason::kConnectRate);
  EXPECT_EQ(admission.Admit(kResuming, kStart + milliseconds(500)), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart + milliseconds(1000)), std::nullopt);
}

TEST(AdmissionTest, LimitOfItsOwnAddressLeavesNoClaim) {
  Door admission({.max_connections = 2, .max_connections_per_ip = 1});
  ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  ASSERT_EQ(admission.Admit(kResuming, kStart), ShedReason::kMaxConnectionsPerIp);
  EXPECT_EQ(admission.Admit({.address = "b"}, kStart), std::nullopt);
}

TEST(AdmissionTest, ColdOneThatIsTurnedAwayLeavesNoClaim) {
  Door admission({.max_connections = 1});
  ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  for (int i = 0; i < 5; ++i) admission.Admit(kCold, kStart);
  admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
}

TEST(AdmissionTest, ClaimsAreBounded) {
  constexpr size_t kPlaces = Admission::kMaxClaims + 1;
  Door admission({.max_connections = kPlaces});
  for (size_t i = 0; i < kPlaces; ++i) ASSERT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  for (size_t i = 0; i < 2 * kPlaces; ++i) admission.Admit(kResuming, kStart);
  for (size_t i = 0; i < kPlaces; ++i) admission.Release("a");
  EXPECT_EQ(admission.Admit(kCold, kStart), std::nullopt);
  EXPECT_EQ(admission.Admit(kCold, kStart), ShedReason::kMaxConnections);
}

TEST(AdmissionTest, PressureShedsColdOnesFirst) {
  Door admission({});
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
