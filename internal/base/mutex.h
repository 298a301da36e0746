#ifndef SSEGW_INTERNAL_BASE_MUTEX_H_
#define SSEGW_INTERNAL_BASE_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace ssegw::base {

// std::mutex with the annotations that clang's -Wthread-safety checks. Not absl::Mutex: Debian's
// abseil is not instrumented, so ThreadSanitizer does not see its locks.
class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  // For std::condition_variable_any, which calls them by these names.
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { Lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { Unlock(); }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_MUTEX_H_
