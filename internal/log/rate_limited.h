#ifndef SSEGW_INTERNAL_LOG_RATE_LIMITED_H_
#define SSEGW_INTERNAL_LOG_RATE_LIMITED_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <string_view>

#include "internal/base/time.h"
#include "internal/log/log.h"

namespace ssegw::log {

// For a line that a peer can trigger: at most one in each interval. The next one that is written
// says in its field "suppressed" how many were not. Mostly a static at the place that logs:
//
//   static log::RateLimited limited(std::chrono::seconds(1));
//   limited.Log(log::Level::kWarn, "request refused", {{"status", 431}});
//
// Thread: any. Cost: of a suppressed line: an atomic increment.
class RateLimited {
 public:
  constexpr explicit RateLimited(base::Duration interval) : interval_(interval) {}
  RateLimited(const RateLimited&) = delete;
  RateLimited& operator=(const RateLimited&) = delete;

  // A line of a level that is off neither counts as written nor as suppressed.
  void Log(Level level, std::string_view message, Fields fields = {},
           base::TimePoint now = base::Now());

 private:
  const base::Duration interval_;
  // On the monotonic clock, in ns: until then nothing is written.
  std::atomic<int64_t> quiet_until_ns_ = std::numeric_limits<int64_t>::min();
  std::atomic<uint64_t> suppressed_ = 0;
};

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_RATE_LIMITED_H_
