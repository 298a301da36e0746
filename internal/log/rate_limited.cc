#include "internal/log/rate_limited.h"

#include <vector>

namespace ssegw::log {

void RateLimited::Log(Level level, std::string_view message, Fields fields, base::TimePoint now) {
  if (!Enabled(level)) return;
  const int64_t now_ns = base::Duration(now.time_since_epoch()).count();
  int64_t quiet_until_ns = quiet_until_ns_.load(std::memory_order_relaxed);
  // Of several threads at the end of an interval, the one whose exchange succeeds writes.
  if (now_ns < quiet_until_ns ||
      !quiet_until_ns_.compare_exchange_strong(quiet_until_ns, now_ns + interval_.count(),
                                               std::memory_order_relaxed)) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const uint64_t suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
  if (suppressed == 0) {
    log::Log(level, message, fields);
    return;
  }
  std::vector<Field> all(fields);
  all.push_back({"suppressed", suppressed});
  log::Log(level, message, std::span<const Field>(all));
}

}  // namespace ssegw::log
