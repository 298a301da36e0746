#ifndef SSEGW_INTERNAL_FANOUT_MAILBOX_H_
#define SSEGW_INTERNAL_FANOUT_MAILBOX_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"

namespace ssegw::fanout {

// Whether the caller of Push has to wake the shard.
enum class MustWake : uint8_t { kNo, kYes };

enum class Taken : uint8_t {
  kAll,         // whatever was pushed since the last Take
  kOverflowed,  // there was more than the mailbox holds: the frames are of no use
};

// Frames on their way from the window to one shard. Bounded: a shard that does not empty it in time
// finds that it overflowed, and reads what it missed from the window.
//
// Thread:   Push and Overflow any (the window's lock gives the order); Take the shard's.
// Cost:     Push: a lock, and a reference to each; nothing allocated once the vectors have grown.
// Two
//           vectors swap places, so the lock is never held while frames are worked on.
class Mailbox {
 public:
  static constexpr size_t kMaxFrames = 8192;
  static constexpr size_t kMaxBytes = 8 * 1024 * 1024;

  // kYes if the last Take found nothing, or there was none yet. The shard goes on taking until it
  // finds nothing, so nobody wakes it while it works.
  MustWake Push(std::span<const sse::FramePtr> frames);
  // Whatever is there is of no use, since the log has a break.
  MustWake Overflow();

  // Take would find something. May be a moment late.
  bool has_mail() const { return has_mail_.load(std::memory_order_relaxed); }

  // Swaps what is there into frames, which is empty.
  [[nodiscard]] Taken Take(std::vector<sse::FramePtr>& frames);

  // How many of its frames match, of those with a seq over after, and up to up_to; nullopt if it
  // overflowed.
  std::optional<uint64_t> Count(const window::Filters& filters, uint64_t after,
                                uint64_t up_to) const;

 private:
  void OverflowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  MustWake HasMailLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  std::vector<sse::FramePtr> frames_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool overflowed_ ABSL_GUARDED_BY(mutex_) = false;
  bool found_empty_ ABSL_GUARDED_BY(mutex_) = true;
  std::atomic<bool> has_mail_{false};
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_MAILBOX_H_
