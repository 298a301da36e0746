#ifndef SSEGW_INTERNAL_NATS_LOOP_H_
#define SSEGW_INTERNAL_NATS_LOOP_H_

#include <poll.h>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "internal/base/file_descriptor.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::nats {

// Runs tasks one after another on one thread: those that any thread posts, in their order, and
// timers; and tells sockets when they can be read and written. The thread belongs to the caller of
// Run; a test calls RunDue with a time of its own instead, and so plays hours in no time.
//
// A turn: what the sockets have, then what is posted, then the timers that are due, and then each
// socket sends what the turn has left with it. So what many tasks send is one write, and whatever
// happens costs the thread one wake-up.
//
// Owns:     a descriptor, by which other threads wake it.
// Thread:   Post and Stop: any. All else: the thread that runs it, so tasks too.
// Lifetime: tasks that are left when it goes are destroyed without being run.
// Cost:     a turn: two locks, a poll; a Post while it waits: a write.
class Loop {
 public:
  using Task = absl::AnyInvocable<void() &&>;
  // A moment and a number: no two timers have the same.
  using Timer = std::pair<base::TimePoint, uint64_t>;

  // Thread: the loop's. No call may destroy a socket that is watched; all may stop watching one.
  class Socket {
   public:
    // It can be read, or is closed; it can be written again.
    virtual void OnReady(bool readable, bool writable) = 0;
    // Whether it waits until it can be written.
    virtual bool wants_to_write() const = 0;
    // The end of a turn. It watches no other socket in this.
    virtual void OnTurnEnd() = 0;

   protected:
    ~Socket() = default;
  };

  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void Post(Task task);

  Timer RunAt(base::TimePoint at, Task task);
  Timer RunAfter(base::Duration delay, Task task) { return RunAt(now_ + delay, std::move(task)); }
  // One that has run, or was cancelled before, is not there: nothing happens.
  void Cancel(const Timer& timer) { timers_.erase(timer); }

  // Until Unwatch, which comes before the descriptor is closed.
  void Watch(int fd, Socket& socket);
  void Unwatch(const Socket& socket);

  // The moment of the task that runs: one for all that are due together.
  base::TimePoint now() const { return now_; }

  // Runs what is posted and what is due at now, what these post and set for now included, and what
  // sockets have by now. Returns when the next timer is due; TimePoint::max(): there is none.
  base::TimePoint RunDue(base::TimePoint now);

  // Runs tasks and timers as they come, until Stop. What was posted before Stop is still run.
  void Run();
  void Stop();

 private:
  struct Watched {
    int fd;
    Socket* socket;  // nullptr: no longer
  };

  bool TakePosted(std::vector<Task>& tasks);
  // A turn with what is there; false: that was nothing.
  bool RunOnce(base::TimePoint now);
  bool RunSockets();
  void EndTurn();
  // Until there is something to run; false: stopped.
  bool WaitForWork();
  // Fills polled_; nullptr: for as long as it takes.
  void Poll(const timespec* timeout);
  void Wake();
  base::TimePoint NextTimer() const;

  const base::FileDescriptor wake_;
  base::Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // It waits, or is about to, and nobody has woken it.
  bool waits_ ABSL_GUARDED_BY(mutex_) = false;

  base::TimePoint now_;
  uint64_t last_timer_ = 0;
  std::map<Timer, Task> timers_;
  std::vector<Watched> watched_;
  // Of wake_, then of those in watched_, as they were last found.
  std::vector<pollfd> polled_;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_LOOP_H_
