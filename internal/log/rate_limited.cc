#include "internal/log/rate_limited.h"

#include <algorithm>
#include <vector>

namespace ssegw::log {

void RateLimited::Log(Level level, std::string_view message, std::span<const Field> fields,
                      base::TimePoint now) {
  if (!Enabled(level)) return;
  const int64_t now_ns = base::Duration(now.time_since_epoch()).count();
  int64_t paid_until_ns = paid_until_ns_.load(std::memory_order_relaxed);
  for (;;) {
    const int64_t next_ns = std::max(paid_until_ns, now_ns) + per_line_.count();
    if (next_ns - now_ns > interval_.count()) {
      suppressed_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    // Of several threads the one whose exchange succeeds writes; the others look again.
    if (paid_until_ns_.compare_exchange_weak(paid_until_ns, next_ns, std::memory_order_relaxed)) {
      break;
    }
  }
  const uint64_t suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
  if (suppressed == 0) {
    log::Log(level, message, fields);
    return;
  }
  std::vector<Field> all(fields.begin(), fields.end());
  all.push_back({"suppressed", suppressed});
  log::Log(level, message, std::span<const Field>(all));
}

uint64_t RateLimited::TakeSuppressed(base::TimePoint now) {
  const int64_t now_ns = base::Duration(now.time_since_epoch()).count();
  if (paid_until_ns_.load(std::memory_order_relaxed) > now_ns) return 0;
  return suppressed_.exchange(0, std::memory_order_relaxed);
}

}  // namespace ssegw::log
