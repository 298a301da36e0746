#include "internal/nats/loop.h"

namespace ssegw::nats {

void Loop::Post(Task task) {
  {
    const base::MutexLock lock(mutex_);
    posted_.push_back(std::move(task));
    // Whoever posted the others has woken it.
    if (posted_.size() > 1) return;
  }
  posted_or_stopped_.notify_one();
}

Loop::Timer Loop::RunAt(base::TimePoint at, Task task) {
  const Timer timer(at, ++last_timer_);
  timers_.emplace(timer, std::move(task));
  return timer;
}

bool Loop::TakePosted(std::vector<Task>& tasks) {
  const base::MutexLock lock(mutex_);
  tasks.swap(posted_);
  return !tasks.empty();
}

bool Loop::RunOnce(base::TimePoint now) {
  now_ = now;
  std::vector<Task> tasks;
  bool ran = TakePosted(tasks);
  for (Task& task : tasks) std::move(task)();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    std::move(task)();
    ran = true;
  }
  return ran;
}

base::TimePoint Loop::NextTimer() const {
  return timers_.empty() ? base::TimePoint::max() : timers_.begin()->first.first;
}

base::TimePoint Loop::RunDue(base::TimePoint now) {
  while (RunOnce(now)) {
  }
  return NextTimer();
}

void Loop::Run() {
  // The clock is read anew for each batch: while tasks keep coming, timers are still in time.
  while (WaitForWork()) RunOnce(base::Now());
  RunOnce(base::Now());
}

bool Loop::WaitForWork() {
  const base::TimePoint next = NextTimer();
  const base::MutexLock lock(mutex_);
  while (posted_.empty() && !stopped_) {
    if (next == base::TimePoint::max()) {
      posted_or_stopped_.wait(mutex_);
    } else if (posted_or_stopped_.wait_until(mutex_, next) == std::cv_status::timeout) {
      break;
    }
  }
  return !stopped_;
}

void Loop::Stop() {
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
  }
  posted_or_stopped_.notify_one();
}

}  // namespace ssegw::nats
