#ifndef SSEGW_INTERNAL_STORE_MEMORY_STORE_H_
#define SSEGW_INTERNAL_STORE_MEMORY_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"

namespace ssegw::store {

// An event that has passed every rule, ready to be appended. The views need to live only as long as
// the call.
struct ValidEvent {
  sse::FrameContent content;
  // Empty: none.
  std::string_view message_id = {};
};

struct Appended {
  // "<epoch>-<seq>"; of the first one, where this was a repeat.
  std::string id;
  bool duplicate = false;
};

struct MemoryStoreOptions {
  base::Duration dedup_window = std::chrono::minutes(2);  // zero: no deduplication
  // Bounds on the message ids remembered; beyond them the oldest is forgotten before its time.
  size_t max_message_ids = 1'000'000;
  size_t max_message_id_bytes = 64 * 1024 * 1024;
  // An event with more JSON is refused: the window could not hold it. At most 1 GiB, as frames
  // count in 32 bits.
  size_t max_json_bytes = 64 * 1024 * 1024;
};

// The store that needs nothing installed: the window is all there is, and a restart begins a new
// epoch. Adds to the window what a store owes its publishers: deduplication, and deletions when a
// ttl runs out.
//
// Owns:     the remembered message ids.
// Thread:   Append any; Tick one.
// Lifetime: the window outlives it.
// Errors:   INVALID_ARGUMENT: the event's JSON is larger than max_json_bytes, so it can never fit.
//           RESOURCE_EXHAUSTED: the store is full now. Otherwise Append does not fail: a full
//           window evicts.
// Cost:     Append: one frame, and one lock around the window's.
class MemoryStore {
 public:
  MemoryStore(window::Window* window, MemoryStoreOptions options);
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  absl::StatusOr<Appended> Append(const ValidEvent& event);

  // Appends the deletions of what has outlived its ttl, forgets old message ids, and lets the
  // window evict by age. Call some times a second.
  void Tick(base::TimePoint now);

  // Full: what is not a deletion is refused, since the process is out of memory.
  void SetFull(bool full) { full_.store(full, std::memory_order_relaxed); }

  // What one takes besides its text, which is held twice: an entry of the queue and a slot of the
  // table.
  static constexpr size_t kBytesPerMessageId = 120;

  struct MessageIds {
    size_t remembered = 0;
    // What they take of memory, about.
    size_t bytes = 0;
    // Before their time, for want of room, since the start: a repeat of one is a new event.
    uint64_t forgotten = 0;
  };
  MessageIds message_ids() const;

 private:
  struct Remembered {
    base::TimePoint at;
    std::string message_id;
  };

  void ForgetOldestMessageId() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  window::Window* const window_;
  const MemoryStoreOptions options_;

  std::atomic<bool> full_{false};

  mutable base::Mutex mutex_;
  base::StringMap<uint64_t> seq_by_message_id_ ABSL_GUARDED_BY(mutex_);
  std::deque<Remembered> remembered_ ABSL_GUARDED_BY(mutex_);
  size_t message_id_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::store

#endif  // SSEGW_INTERNAL_STORE_MEMORY_STORE_H_
