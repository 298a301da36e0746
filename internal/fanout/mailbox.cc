#include "internal/fanout/mailbox.h"

#include <algorithm>
#include <utility>

namespace ssegw::fanout {

MustWake Mailbox::Push(std::span<const sse::FramePtr> frames) {
  base::MutexLock lock(mutex_);
  if (overflowed_) return MustWake::kNo;
  for (const sse::FramePtr& frame : frames) {
    if (frames_.size() == kMaxFrames || (!frames_.empty() && bytes_ > kMaxBytes)) {
      OverflowLocked();
      break;
    }
    frames_.push_back(frame);
    bytes_ += frame->memory_bytes();
  }
  return HasMailLocked();
}

MustWake Mailbox::Overflow() {
  base::MutexLock lock(mutex_);
  OverflowLocked();
  return HasMailLocked();
}

void Mailbox::OverflowLocked() {
  overflowed_ = true;
  frames_.clear();
  bytes_ = 0;
}

MustWake Mailbox::HasMailLocked() {
  has_mail_.store(true, std::memory_order_relaxed);
  return std::exchange(found_empty_, false) ? MustWake::kYes : MustWake::kNo;
}

Taken Mailbox::Take(std::vector<sse::FramePtr>& frames) {
  base::MutexLock lock(mutex_);
  std::swap(frames, frames_);
  bytes_ = 0;
  has_mail_.store(false, std::memory_order_relaxed);
  found_empty_ = frames.empty() && !overflowed_;
  return std::exchange(overflowed_, false) ? Taken::kOverflowed : Taken::kAll;
}

std::optional<uint64_t> Mailbox::Count(const window::Filters& filters, uint64_t after,
                                       uint64_t up_to) const {
  // Matches without the lock, since an append waits for it.
  std::vector<sse::FramePtr> frames;
  {
    base::MutexLock lock(mutex_);
    if (overflowed_) return std::nullopt;
    const auto later_than = [](uint64_t seq, const sse::FramePtr& frame) {
      return seq < frame->seq();
    };
    const auto first = std::upper_bound(frames_.begin(), frames_.end(), after, later_than);
    frames.assign(first, std::upper_bound(first, frames_.end(), up_to, later_than));
  }
  return std::count_if(frames.begin(), frames.end(),
                       [&](const sse::FramePtr& frame) { return filters.Matches(frame->topic()); });
}

}  // namespace ssegw::fanout
