#include "gateway/app/file_watch.h"

#include <pthread.h>

#include <utility>

namespace ssegw::app {

FileWatch::~FileWatch() {
  if (!thread_.joinable()) return;
  {
    base::MutexLock lock(mutex_);
    stops_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void FileWatch::Start() {
  if (readers_.empty() || thread_.joinable()) return;
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "file-watch");
}

void FileWatch::Ask() {
  {
    base::MutexLock lock(mutex_);
    asked_ = true;
  }
  changed_.notify_one();
}

FileWatch::Wake FileWatch::Wait() {
  base::MutexLock lock(mutex_);
  const base::TimePoint next = base::Now() + interval_;
  while (!stops_ && !std::exchange(asked_, false) && base::Now() < next) {
    changed_.wait_until(mutex_, next);
  }
  return stops_ ? Wake::kStop : Wake::kReread;
}

void FileWatch::Run() {
  while (Wait() == Wake::kReread) {
    for (const auto& reread : readers_) reread();
  }
}

}  // namespace ssegw::app
