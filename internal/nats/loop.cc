#include "internal/nats/loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace ssegw::nats {
namespace {

constexpr timespec kNoTime = {.tv_sec = 0, .tv_nsec = 0};

int NewEvent() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) {
    std::perror("eventfd");
    std::abort();
  }
  return fd;
}

timespec TimespecOf(base::Duration duration) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
  return {.tv_sec = static_cast<time_t>(whole.count()),
          .tv_nsec = static_cast<long>((duration - whole).count())};  // NOLINT(google-runtime-int)
}

}  // namespace

Loop::Loop() : wake_(NewEvent()) {}

void Loop::Wake() {
  // Where it fails the counter is full, and the loop awake.
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
}

void Loop::Post(Task task) {
  {
    const base::MutexLock lock(mutex_);
    posted_.push_back(std::move(task));
    if (!std::exchange(waits_, false)) return;
  }
  Wake();
}

void Loop::Stop() {
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
    if (!std::exchange(waits_, false)) return;
  }
  Wake();
}

Loop::Timer Loop::RunAt(base::TimePoint at, Task task) {
  const Timer timer(at, ++last_timer_);
  timers_.emplace(timer, std::move(task));
  return timer;
}

void Loop::Watch(int fd, Socket& socket) { watched_.push_back({.fd = fd, .socket = &socket}); }

void Loop::Unwatch(const Socket& socket) {
  // It may be called while they are gone through.
  for (Watched& watched : watched_) {
    if (watched.socket == &socket) watched.socket = nullptr;
  }
}

void Loop::Poll(const timespec* timeout) {
  std::erase_if(watched_, [](const Watched& watched) { return watched.socket == nullptr; });
  polled_.assign(1, {.fd = wake_.get(), .events = POLLIN, .revents = 0});
  for (const Watched& watched : watched_) {
    const int events = watched.socket->wants_to_write() ? POLLIN | POLLOUT : POLLIN;
    polled_.push_back({.fd = watched.fd, .events = static_cast<int16_t>(events), .revents = 0});
  }
  if (ppoll(polled_.data(), polled_.size(), timeout, nullptr) > 0) return;
  for (pollfd& polled : polled_) polled.revents = 0;
}

bool Loop::RunSockets() {
  bool ran = false;
  // Those that are watched from now on were not polled.
  for (size_t i = 0; i + 1 < polled_.size(); ++i) {
    const int events = std::exchange(polled_[i + 1].revents, 0);
    if (events == 0 || watched_[i].socket == nullptr) continue;
    watched_[i].socket->OnReady((events & (POLLIN | POLLERR | POLLHUP)) != 0,
                                (events & POLLOUT) != 0);
    ran = true;
  }
  return ran;
}

void Loop::EndTurn() {
  for (const Watched& watched : watched_) {
    if (watched.socket != nullptr) watched.socket->OnTurnEnd();
  }
}

bool Loop::TakePosted(std::vector<Task>& tasks) {
  const base::MutexLock lock(mutex_);
  waits_ = false;
  tasks.swap(posted_);
  return !tasks.empty();
}

bool Loop::RunOnce(base::TimePoint now) {
  now_ = now;
  bool ran = RunSockets();
  std::vector<Task> tasks;
  ran = TakePosted(tasks) || ran;
  for (Task& task : tasks) std::move(task)();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    std::move(task)();
    ran = true;
  }
  EndTurn();
  return ran;
}

base::TimePoint Loop::NextTimer() const {
  return timers_.empty() ? base::TimePoint::max() : timers_.begin()->first.first;
}

base::TimePoint Loop::RunDue(base::TimePoint now) {
  do {
    if (!watched_.empty()) Poll(&kNoTime);
  } while (RunOnce(now));
  return NextTimer();
}

void Loop::Run() {
  // The clock is read anew for each turn: while tasks keep coming, timers are still in time.
  while (WaitForWork()) RunOnce(base::Now());
  RunOnce(base::Now());
}

bool Loop::WaitForWork() {
  bool has_work = false;
  {
    const base::MutexLock lock(mutex_);
    if (stopped_) return false;
    has_work = !posted_.empty();
    waits_ = !has_work;
  }
  if (has_work) {
    if (!watched_.empty()) Poll(&kNoTime);
    return true;
  }
  const base::TimePoint next = NextTimer();
  timespec timeout = {};
  if (next != base::TimePoint::max()) {
    timeout = TimespecOf(std::max(next - base::Now(), base::Duration::zero()));
  }
  Poll(next == base::TimePoint::max() ? nullptr : &timeout);
  if (polled_[0].revents != 0) {
    uint64_t woken = 0;
    [[maybe_unused]] const ssize_t got = read(wake_.get(), &woken, sizeof(woken));
  }
  const base::MutexLock lock(mutex_);
  return !stopped_;
}

}  // namespace ssegw::nats
