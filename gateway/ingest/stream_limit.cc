#include "gateway/ingest/stream_limit.h"

#include <utility>

#include "internal/base/concat.h"

namespace ssegw::ingest {

absl::Status StreamLimit::Take() {
  const base::MutexLock lock(mutex_);
  if (open_ >= max_) {
    return absl::UnavailableError(
        base::Concat("max_publisher_streams ", max_, " calls are open: try another gateway"));
  }
  stats_->streams.Set(++open_);
  const bool nearly_full = IsNearlyFull(open_, max_, nearly_full_);
  if (!std::exchange(nearly_full_, nearly_full) && nearly_full) {
    nearly_full_log_.Log(log::Level::kWarn, "publishers nearly at their limit",
                         {{"of", "streams"}, {"open", open_}, {"limit", max_}});
  }
  return absl::OkStatus();
}

void StreamLimit::Give() {
  const base::MutexLock lock(mutex_);
  stats_->streams.Set(--open_);
  nearly_full_ = IsNearlyFull(open_, max_, nearly_full_);
}

}  // namespace ssegw::ingest
