#include "gateway/app/availability.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ssegw::app {
namespace {

using namespace std::chrono_literals;
using store::StoreHealth;
using store::StoreState;

constexpr StorePatience kPatience{.publish_timeout = 10s, .ready_grace = 30s};
constexpr base::Moment kSince{.steady = base::TimePoint(1h), .wall = base::WallTime(2h)};

Availability After(base::Duration away, const StorePatience& patience = kPatience) {
  return AvailabilityOf({.state = StoreState::kAway, .since = kSince}, patience,
                        kSince.steady + away);
}

TEST(AvailabilityTest, AStoreThatIsUpServesAll) {
  const Availability up = AvailabilityOf({}, kPatience, kSince.steady);
  EXPECT_FALSE(up.stale_since);
  EXPECT_TRUE(up.takes_events);
  EXPECT_TRUE(up.ready);
}

TEST(AvailabilityTest, EachIsToldInItsTime) {
  EXPECT_FALSE(After(2999ms).stale_since);
  EXPECT_EQ(After(3s).stale_since, kSince.wall);
  EXPECT_TRUE(After(9999ms).takes_events);
  EXPECT_FALSE(After(10s).takes_events);
  EXPECT_TRUE(After(29999ms).ready);
  EXPECT_FALSE(After(30s).ready);
}

TEST(AvailabilityTest, WithoutGraceItIsNotReadyAtOnce) {
  EXPECT_FALSE(After(0s, {.publish_timeout = 10s, .ready_grace = 0s}).ready);
}

}  // namespace
}  // namespace ssegw::app
