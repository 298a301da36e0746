#ifndef SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_LOG_H_
#define SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_LOG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::connections {

// The last events of connections that come and go, numbered, for watchers that each read at their
// own pace.
//
// Owns:   its events, each as the bytes that watchers are sent, made once for all of them.
// Thread: any; one lock, which is never held while somebody is called, but by LookBack.
class LifecycleLog {
 public:
  // What it keeps: whichever bound is reached first. The newest event always stays.
  struct Limits {
    size_t events = 100'000;
    size_t bytes = size_t{64} * 1024 * 1024;
  };
  // What an event takes beside its bytes.
  static constexpr size_t kBytesPerEvent = 72;
  // Others tell of the same events, within this time of one another: a token of theirs is good here
  // too, for what was told so much before it or later.
  using OthersLag = std::optional<base::Duration>;
  using WallClock = std::function<base::WallTime()>;

  // replica: tokens begin with it; no other process has the same.
  LifecycleLog(std::string replica, Limits limits, OthersLag others_lag = std::nullopt,
               WallClock wall = std::chrono::system_clock::now);

  // From now on all events are appended.
  void Begin();

  // event: a serialized WatchConnectionsResponse without a token.
  void Append(std::string event);

  // The number that the next event gets; the first is 1.
  uint64_t next() const;
  // The number of the event after that token; of a token of another process, that of an event that
  // is not after it. INVALID_ARGUMENT: it has not the form of a token. OUT_OF_RANGE: it is of
  // another process, and nobody knows what has been missed.
  absl::StatusOr<uint64_t> After(std::string_view token) const;

  // A serialized WatchConnectionsResponse; nullopt: it is yet to come. OUT_OF_RANGE: it is no
  // longer kept; the message says how many are missed from it on.
  absl::StatusOr<std::optional<std::string>> Read(uint64_t number) const;

  // Since when nothing is missed here: nullopt: it has not begun.
  std::optional<base::WallTime> since() const;
  struct Kept {
    uint64_t number;
    std::string_view bytes;  // as appended
    base::WallTime told_at;
  };
  // Looks at up to max of the events before that number, the newest first, with the lock held, so
  // that visit must be short; it returns whether to go on. Returns the number to go on before;
  // nullopt: there is nothing before.
  std::optional<uint64_t> LookBack(uint64_t before, size_t max,
                                   absl::FunctionRef<bool(const Kept&)> visit) const;
  const std::string& replica() const { return replica_; }

  // Calls wake once, on any thread, when the event of that number is there; within this call if it
  // is. wake must be short, and may be called once more after Forget.
  uint64_t WakeAt(uint64_t number, std::function<void()> wake);
  void Forget(uint64_t waiter);

  // What it takes of memory.
  size_t memory_bytes() const;

 private:
  struct Event {
    std::string bytes;
    int64_t told_at;  // milliseconds of the wall clock
  };

  int64_t Now() const;
  std::string TokenOf(uint64_t number, int64_t told_at) const;
  absl::StatusOr<uint64_t> AfterTime(int64_t told_at) const;

  const std::string replica_;
  const Limits limits_;
  const OthersLag others_lag_;
  const WallClock wall_;
  mutable base::Mutex mutex_;
  std::deque<Event> events_ ABSL_GUARDED_BY(mutex_);
  std::optional<int64_t> began_at_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // All of them wait for the next event: whoever reads has read up to it.
  absl::flat_hash_map<uint64_t, std::function<void()>> waiters_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_waiter_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_LIFECYCLE_LOG_H_
