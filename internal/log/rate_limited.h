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

// For a line that a peer can trigger: writes at most `lines` per interval on average. The next line
// that is written says in its field "suppressed" how many were not. Usually a static at the place
// that logs:
//
//   static log::RateLimited limited(std::chrono::seconds(1));
//   limited.Log(log::Level::kWarn, "request refused", {{"status", 431}});
//
// Thread: any. Cost: of a suppressed line: an atomic increment.
class RateLimited {
 public:
  // After a pause of one interval, `lines` may be written at once.
  constexpr explicit RateLimited(base::Duration interval, int lines = 1)
      : interval_(interval), per_line_(interval / lines) {}
  RateLimited(const RateLimited&) = delete;
  RateLimited& operator=(const RateLimited&) = delete;

  // A line of a level that is off counts neither as written nor as suppressed.
  void Log(Level level, std::string_view message, Fields fields = {},
           base::TimePoint now = base::Now()) {
    Log(level, message, std::span<const Field>(fields.begin(), fields.size()), now);
  }
  void Log(Level level, std::string_view message, std::span<const Field> fields,
           base::TimePoint now = base::Now());

  // The number of suppressed lines that no later line has told; 0 until nothing has been written
  // for an interval. The caller must log it, or it is lost if no later line is written.
  uint64_t TakeSuppressed(base::TimePoint now);

 private:
  const base::Duration interval_;
  const base::Duration per_line_;
  // On the monotonic clock, in ns: each written line moves it on by per_line_. There is room for
  // another line while it is less than an interval ahead.
  std::atomic<int64_t> paid_until_ns_ = std::numeric_limits<int64_t>::min();
  std::atomic<uint64_t> suppressed_ = 0;
};

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_RATE_LIMITED_H_
