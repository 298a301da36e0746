#ifndef SSEGW_INTERNAL_FANOUT_LAG_H_
#define SSEGW_INTERNAL_FANOUT_LAG_H_

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "internal/base/time.h"

namespace ssegw::fanout {

// How far a subscription is behind the log; zero if it has all that the log has for it.
struct Lag {
  uint64_t events = 0;    // of the log, of all topics
  base::Duration age{0};  // of the oldest event in the window that it has not got
};

// How many subscriptions are how far behind: counts by upper bounds, not cumulative; the last count
// is beyond every bound. Subscriptions that are not behind are not counted.
struct LagDistribution {
  static constexpr std::array<uint64_t, 7> kEventBounds = {0, 1, 10, 100, 1'000, 10'000, 100'000};
  static constexpr std::array<std::chrono::milliseconds, 11> kAgeBounds = {
      std::chrono::milliseconds(0),      std::chrono::milliseconds(10),
      std::chrono::milliseconds(100),    std::chrono::milliseconds(500),
      std::chrono::milliseconds(1'000),  std::chrono::milliseconds(2'000),
      std::chrono::milliseconds(5'000),  std::chrono::milliseconds(10'000),
      std::chrono::milliseconds(30'000), std::chrono::milliseconds(60'000),
      std::chrono::milliseconds(300'000)};

  void Add(const Lag& lag) {
    const auto count = [](auto& counts, const auto& bounds, auto value) {
      const auto bound = std::lower_bound(bounds.begin(), bounds.end(), value);
      ++counts[static_cast<size_t>(bound - bounds.begin())];
    };
    count(by_events, kEventBounds, lag.events);
    count(by_age, kAgeBounds, lag.age);
    ++subscriptions;
    events_sum += lag.events;
    age_sum += lag.age;
  }

  std::array<uint64_t, kEventBounds.size() + 1> by_events{};
  std::array<uint64_t, kAgeBounds.size() + 1> by_age{};
  uint64_t subscriptions = 0;
  uint64_t events_sum = 0;
  base::Duration age_sum{0};
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_LAG_H_
