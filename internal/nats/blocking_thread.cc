#include "internal/nats/blocking_thread.h"

#include <utility>

namespace ssegw::nats {

BlockingThread::BlockingThread() : thread_([this] { Loop(); }) {}

BlockingThread::~BlockingThread() {
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void BlockingThread::Run(std::function<void()> task) {
  {
    const base::MutexLock lock(mutex_);
    task_ = std::move(task);
  }
  changed_.notify_one();
}

void BlockingThread::Loop() {
  for (;;) {
    std::function<void()> task;
    {
      const base::MutexLock lock(mutex_);
      while (!task_ && !stopped_) changed_.wait(mutex_);
      if (stopped_) return;
      task = std::exchange(task_, nullptr);
    }
    task();
  }
}

}  // namespace ssegw::nats
