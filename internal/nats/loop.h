#ifndef SSEGW_INTERNAL_NATS_LOOP_H_
#define SSEGW_INTERNAL_NATS_LOOP_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::nats {

// Runs tasks one after another on one thread: those that any thread posts, in their order, and
// timers. The thread belongs to the caller of Run; a test calls RunDue with a time of its own
// instead, and so plays hours in no time.
//
// Thread:   Post and Stop: any. All else: the thread that runs it, so tasks too.
// Lifetime: tasks that are left when it goes are destroyed without being run.
class Loop {
 public:
  using Task = absl::AnyInvocable<void() &&>;
  // A moment and a number: no two timers have the same.
  using Timer = std::pair<base::TimePoint, uint64_t>;

  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void Post(Task task);

  Timer RunAt(base::TimePoint at, Task task);
  Timer RunAfter(base::Duration delay, Task task) { return RunAt(now_ + delay, std::move(task)); }
  // One that has run, or was cancelled before, is not there: nothing happens.
  void Cancel(const Timer& timer) { timers_.erase(timer); }

  // The moment of the task that runs: one for all that are due together.
  base::TimePoint now() const { return now_; }

  // Runs what is posted and what is due at now, what these post and set for now included. Returns
  // when the next timer is due; TimePoint::max(): there is none.
  base::TimePoint RunDue(base::TimePoint now);

  // Runs tasks and timers as they come, until Stop. What was posted before Stop is still run.
  void Run();
  void Stop();

 private:
  bool TakePosted(std::vector<Task>& tasks);
  // One batch of what is posted, and what is due then; false: there was nothing.
  bool RunOnce(base::TimePoint now);
  // Until there is something to run; false: stopped.
  bool WaitForWork();
  base::TimePoint NextTimer() const;

  base::Mutex mutex_;
  std::condition_variable_any posted_or_stopped_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  base::TimePoint now_;
  uint64_t last_timer_ = 0;
  std::map<Timer, Task> timers_;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_LOOP_H_
