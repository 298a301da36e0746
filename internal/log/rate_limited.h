#ifndef SSEGW_INTERNAL_LOG_RATE_LIMITED_H_
#define SSEGW_INTERNAL_LOG_RATE_LIMITED_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "internal/base/time.h"
#include "internal/log/log.h"

namespace ssegw::log {

// For a line that a peer can trigger: on average at most one in each interval, or so many. The next
// one that is written says in its field "suppressed" how many were not. Mostly a static at the
// place that logs:
//
//   static log::RateLimited limited(std::chrono::seconds(1));
//   limited.Log(log::Level::kWarn, "request refused", {{"status", 431}});
//
// Thread: any. Cost: of a suppressed line: an atomic increment.
class RateLimited {
 public:
  // After a pause of one interval as many lines come at once.
  constexpr explicit RateLimited(base::Duration interval, int lines = 1)
      : interval_(interval), per_line_(interval / lines) {}
  RateLimited(const RateLimited&) = delete;
  RateLimited& operator=(const RateLimited&) = delete;

  // A line of a level that is off neither counts as written nor as suppressed.
  void Log(Level level, std::string_view message, Fields fields = {},
           base::TimePoint now = base::Now()) {
    Log(level, message, std::span<const Field>(fields.begin(), fields.size()), now);
  }
  void Log(Level level, std::string_view message, std::span<const Field> fields,
           base::TimePoint now = base::Now());

  // How many lines were suppressed and no later one has told, once nothing was written for an
  // interval: who asks tells them, lest they are lost where no other comes.
  uint64_t TakeSuppressed(base::TimePoint now);

 private:
  const base::Duration interval_;
  const base::Duration per_line_;
  // On the monotonic clock, in ns: when all that was written has had its share of time. Less than
  // an interval ahead there is room for another line.
  std::atomic<int64_t> paid_until_ns_ = std::numeric_limits<int64_t>::min();
  std::atomic<uint64_t> suppressed_ = 0;
};

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_RATE_LIMITED_H_
