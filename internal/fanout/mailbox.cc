#include "internal/fanout/mailbox.h"

#include <algorithm>
#include <utility>

namespace ssegw::fanout {

bool Mailbox::Push(const sse::FramePtr& frame) {
  base::MutexLock lock(mutex_);
  if (overflowed_) return false;
  if (frames_.size() == kMaxFrames || (!frames_.empty() && bytes_ > kMaxBytes)) {
    overflowed_ = true;
    frames_.clear();
    bytes_ = 0;
  } else {
    frames_.push_back(frame);
    bytes_ += frame->memory_bytes();
  }
  has_mail_.store(true, std::memory_order_relaxed);
  return std::exchange(found_empty_, false);
}

bool Mailbox::Take(std::vector<sse::FramePtr>& frames) {
  base::MutexLock lock(mutex_);
  std::swap(frames, frames_);
  bytes_ = 0;
  has_mail_.store(false, std::memory_order_relaxed);
  found_empty_ = frames.empty() && !overflowed_;
  return std::exchange(overflowed_, false);
}

std::optional<uint64_t> Mailbox::Count(const window::Filters& filters, uint64_t after,
                                       uint64_t up_to) const {
  base::MutexLock lock(mutex_);
  if (overflowed_) return std::nullopt;
  return std::count_if(frames_.begin(), frames_.end(), [&](const sse::FramePtr& frame) {
    return frame->seq() > after && frame->seq() <= up_to && filters.Matches(frame->topic());
  });
}

}  // namespace ssegw::fanout
