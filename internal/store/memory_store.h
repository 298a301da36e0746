#ifndef SSEGW_INTERNAL_STORE_MEMORY_STORE_H_
#define SSEGW_INTERNAL_STORE_MEMORY_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"
#include "internal/store/store.h"
#include "internal/window/window.h"

namespace ssegw::store {

struct MemoryStoreOptions {
  base::Duration dedup_window = std::chrono::minutes(2);  // zero: no deduplication
  // Bounds on the message ids remembered; beyond them the oldest is forgotten before its time.
  size_t max_message_ids = 1'000'000;
  size_t max_message_id_bytes = 64 * 1024 * 1024;
  // An event with more JSON is refused: the window could not hold it.
  size_t max_json_bytes = 64 * 1024 * 1024;
};

// The store that needs nothing installed: the window is all there is, and a restart begins a new
// epoch. It answers at once.
//
// Owns:     the remembered message ids.
// Errors:   INVALID_ARGUMENT: the event's JSON is larger than max_json_bytes, so it can never fit.
//           RESOURCE_EXHAUSTED: the store is full now. Otherwise Append does not fail: a full
//           window evicts.
// Cost:     Append and AppendAll: one lock around the window's.
class MemoryStore final : public Store, public PromptStore {
 public:
  MemoryStore(window::Window& window, MemoryStoreOptions options);
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  std::optional<AppendResult> Append(ValidEvent event, MakeAppendDone make_done) override;
  PromptStore* prompt() override { return this; }
  PlacedEvents AppendAll(std::span<ValidEvent> events) override;
  void Tick(base::TimePoint now) override;
  void SetFull(bool full) override { full_.store(full, std::memory_order_relaxed); }
  // Nothing is ever left to be answered.
  void Stop() override {}
  // It answers at once, so none ever waits.
  size_t max_unanswered() const override { return std::numeric_limits<size_t>::max(); }
  StoreHealth health() const override { return {}; }
  StoreStats stats() const override;

  // What a message id takes besides its text, which is held twice: an entry of the queue and a slot
  // of the table.
  static constexpr size_t kBytesPerMessageId = 120;

 private:
  struct Remembered {
    base::TimePoint at;
    std::string message_id;
  };

  // The answer to an event that is not appended: it is refused, or a repeat. Otherwise nullopt.
  std::optional<Placed> AnswerTo(const ValidEvent& event) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Remembers(const ValidEvent& event) const {
    return !event.message_id.empty() && options_.dedup_window > base::Duration::zero();
  }
  void Remember(std::string message_id, base::TimePoint received_at, uint64_t seq)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOldestMessageId() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  window::Window& window_;
  // Of the window; it stays, since this store never begins another one.
  const std::string epoch_;
  const MemoryStoreOptions options_;

  std::atomic<bool> full_{false};
  std::atomic<uint64_t> appended_{0};

  // Held for whatever is appended to the window.
  mutable base::Mutex mutex_;
  base::StringMap<uint64_t> seq_by_message_id_ ABSL_GUARDED_BY(mutex_);
  std::deque<Remembered> remembered_ ABSL_GUARDED_BY(mutex_);
  size_t message_id_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::store

#endif  // SSEGW_INTERNAL_STORE_MEMORY_STORE_H_
