#ifndef SSEGW_INTERNAL_STORE_STORE_H_
#define SSEGW_INTERNAL_STORE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/base/ref_ptr.h"
#include "internal/base/time.h"
#include "internal/sse/frame.h"
#include "internal/store/shared_log_stats.h"
#include "internal/window/log_end.h"

namespace ssegw::store {

// Frames count in 32 bits, so no event has more JSON than this.
inline constexpr size_t kMaxJsonBytes = size_t{1} << 30;

// An event that has passed every rule, ready to be appended. It owns its bytes, so a store may keep
// it for as long as it needs.
struct ValidEvent {
  // Not sealed: the store gives it its place in the log.
  base::RefPtr<sse::Frame> frame;
  // Empty if there is none.
  std::string message_id = {};
  // Events of one lane have their order in the log whatever the store has to do again. 0: of none.
  uint64_t lane = 0;
};

struct Appended {
  // "<epoch>-<seq>"; if this was a repeat, of the first one.
  std::string id;
  bool duplicate = false;
};

// INVALID_ARGUMENT: the event can never be stored. RESOURCE_EXHAUSTED: the store is full now.
// UNAVAILABLE: the store is away, or stopped.
using AppendResult = absl::StatusOr<Appended>;

// The answer to one of several events that were appended together.
struct Placed {
  // As of an AppendResult. What follows is of an event that is in the log.
  absl::Status status = {};
  uint64_t seq = 0;
  bool duplicate = false;
};

struct PlacedEvents {
  std::string epoch = {};
  std::vector<Placed> events = {};
};

// A store that answers at once.
class PromptStore {
 public:
  // Appends the events as Store::Append does, one after another, with nothing of others in between:
  // takes its locks, and tells of the events, once for all of them. The answers have their order.
  virtual PlacedEvents AppendAll(std::span<ValidEvent> events) = 0;

 protected:
  ~PromptStore() = default;
};

// Hears the answer to an event.
using AppendDone = absl::AnyInvocable<void(AppendResult) &&>;
// Makes one. Not to be kept: it refers to what its caller has.
using MakeAppendDone = absl::FunctionRef<AppendDone()>;

enum class StoreState : uint8_t {
  kLoading,  // the window does not yet have what the log has: nobody is to be served
  kUp,       // takes events
  kAway,     // cannot be reached now, or does not answer
};

struct StoreHealth {
  StoreState state = StoreState::kUp;
  // When that began.
  base::Moment since = {};
};

// Message ids that are remembered, to tell repeats.
struct MessageIds {
  size_t remembered = 0;
  // What they take of memory, about.
  size_t bytes = 0;
  // Before their time, for want of room, since the start: a repeat of one is a new event.
  uint64_t forgotten = 0;
};

struct StoreStats {
  // Events that this process has appended, deletions for a ttl included.
  uint64_t appended = 0;
  MessageIds message_ids = {};
};

// Gives events their order and keeps them: feeds the window, which gives each its id, and adds to
// it what publishers are owed, which is deduplication, and deletions when a ttl runs out.
//
// Thread:   Tick and Stop one; all else any.
// Lifetime: the window outlives it. Whoever appends stays until all is answered: Stop sees to that.
class Store {
 public:
  virtual ~Store() = default;

  // Appends the event. A store that knows the answer at once returns it, and make_done is not
  // called. Otherwise it returns nullopt, and has called make_done once, while it held the event.
  // What that made is called exactly once, by any thread, perhaps before Append has returned. The
  // store holds no lock then: the caller may append in it, but not wait.
  //
  // Events that one thread appends one after another have that order in the log, whatever the order
  // of their answers. Where a store has to do something again, that is so within a lane.
  [[nodiscard]] virtual std::optional<AppendResult> Append(ValidEvent event,
                                                           MakeAppendDone make_done) = 0;

  // This store; null: it may answer later.
  virtual PromptStore* prompt() { return nullptr; }

  // Appends the deletions of what has outlived its ttl, forgets old message ids, and lets the
  // window evict by age. Call several times a second.
  virtual void Tick(base::TimePoint now) = 0;

  // Full: refuses whatever is not a deletion, since the process is out of memory.
  virtual void SetFull(bool full) = 0;

  // Answers what has no answer yet with UNAVAILABLE. From then on Append answers at once, and when
  // this has returned no done is being called.
  virtual void Stop() = 0;

  // How many events of one lane may wait for their answers now.
  virtual size_t max_unanswered() const = 0;

  virtual StoreHealth health() const = 0;
  // Why it can never come up as it is configured. Asked while it loads; OK: it may.
  virtual absl::Status fault() const { return absl::OkStatus(); }
  virtual StoreStats stats() const = 0;
  // Of a log outside the process, which is asked twice a second. A new one is told from the time
  // that it was asked.
  virtual window::LogEnd log_end() const { return {}; }
  // What a log outside the process adds to the numbers; null for one in memory.
  virtual const SharedLogStats* shared_log_stats() const { return nullptr; }
};

}  // namespace ssegw::store

#endif  // SSEGW_INTERNAL_STORE_STORE_H_
