#ifndef SSEGW_INTERNAL_FANOUT_MAILBOX_H_
#define SSEGW_INTERNAL_FANOUT_MAILBOX_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"

namespace ssegw::fanout {

// Frames on their way from the window to one shard. Bounded: a shard that does not come to empty it
// finds out that it overflowed, and reads what it missed from the window.
//
// Thread:   Push any (the window's lock gives the order); Take the shard's.
// Cost:     Push: a lock and a reference; nothing allocated once the vectors have grown. Two
//           vectors swap places, so the lock is never held while frames are worked on.
class Mailbox {
 public:
  static constexpr size_t kMaxFrames = 8192;
  static constexpr size_t kMaxBytes = 8 * 1024 * 1024;

  // True if the last Take found nothing, or there was none yet: the shard must be woken. It goes on
  // taking until it finds nothing, so while it is at work nobody wakes it.
  bool Push(const sse::FramePtr& frame);

  // Take has something to say. May be a moment late.
  bool has_mail() const { return has_mail_.load(std::memory_order_relaxed); }

  // Puts what is there into frames, which is empty. True: it overflowed since the last Take, and
  // frames is nothing that can be relied on.
  [[nodiscard]] bool Take(std::vector<sse::FramePtr>& frames);

  // How many of the frames in it match, with seqs from after the one up to the other; nullopt: it
  // overflowed.
  std::optional<uint64_t> Count(const window::Filters& filters, uint64_t after,
                                uint64_t up_to) const;

 private:
  mutable base::Mutex mutex_;
  std::vector<sse::FramePtr> frames_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool overflowed_ ABSL_GUARDED_BY(mutex_) = false;
  bool found_empty_ ABSL_GUARDED_BY(mutex_) = true;
  std::atomic<bool> has_mail_{false};
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_MAILBOX_H_
