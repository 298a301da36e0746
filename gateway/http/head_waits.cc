#include "gateway/http/head_waits.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ssegw::http {

void HeadWaits::Add(Wait wait) {
  const base::MutexLock lock(mutex_);
  waits_.push_back(std::move(wait));
}

void HeadWaits::Tick(const window::Position& now, base::TimePoint time, const window::LogEnd& end) {
  std::vector<Wait> reached;
  {
    const base::MutexLock lock(mutex_);
    std::erase_if(waits_, [&](const Wait& wait) { return time >= wait.until; });
    const auto first = std::partition(waits_.begin(), waits_.end(), [&](const Wait& wait) {
      const bool enough =
          time >= wait.enough_at && end.asked_at > wait.ask_after && wait.seq > end.seq;
      return !enough && wait.epoch_number == now.epoch_number && wait.seq > now.seq;
    });
    reached.assign(std::move_iterator(first), std::move_iterator(waits_.end()));
    waits_.erase(first, waits_.end());
  }
  for (const Wait& wait : reached) wait.ready();
}

}  // namespace ssegw::http
