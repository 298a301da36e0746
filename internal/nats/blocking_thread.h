#ifndef SSEGW_INTERNAL_NATS_BLOCKING_THREAD_H_
#define SSEGW_INTERNAL_NATS_BLOCKING_THREAD_H_

#include <condition_variable>
#include <functional>
#include <thread>

#include "internal/base/mutex.h"

namespace ssegw::nats {

// Runs what blocks, one after the other.
//
// Owns:     a thread.
// Thread:   any for Run.
// Lifetime: the destructor waits for what runs, and drops what has not begun.
class BlockingThread {
 public:
  BlockingThread();
  ~BlockingThread();
  BlockingThread(const BlockingThread&) = delete;
  BlockingThread& operator=(const BlockingThread&) = delete;

  // Takes the place of one that has not begun.
  void Run(std::function<void()> task);

 private:
  void Loop();

  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::function<void()> task_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_BLOCKING_THREAD_H_
