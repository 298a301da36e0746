#ifndef SSEGW_GATEWAY_INGEST_STREAM_LIMIT_H_
#define SSEGW_GATEWAY_INGEST_STREAM_LIMIT_H_

#include <chrono>
#include <cstddef>

#include "absl/status/status.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/mutex.h"
#include "internal/log/rate_limited.h"

namespace ssegw::ingest {

// Whether so many of at most max are near the limit: from 80 % on, and then down to 70 %.
inline bool IsNearlyFull(size_t open, size_t max, bool was) {
  return open * 10 >= max * (was ? 7 : 8);
}

// How many calls of publishers may be open at the same time, on all connections together, of those
// that stay open: each holds 17 KiB or more.
//
// Thread: any. Lifetime: stats outlive it.
class StreamLimit {
 public:
  StreamLimit(size_t max, IngestStats* stats) : max_(max), stats_(stats) {}

  // UNAVAILABLE: there are as many as there may be. Otherwise Give follows.
  absl::Status Take();
  void Give();

  size_t max() const { return max_; }

 private:
  const size_t max_;
  IngestStats* const stats_;
  base::Mutex mutex_;
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  bool nearly_full_ ABSL_GUARDED_BY(mutex_) = false;
  log::RateLimited nearly_full_log_{std::chrono::seconds(1)};
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_STREAM_LIMIT_H_
