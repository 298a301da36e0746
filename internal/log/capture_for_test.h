#ifndef SSEGW_INTERNAL_LOG_CAPTURE_FOR_TEST_H_
#define SSEGW_INTERNAL_LOG_CAPTURE_FOR_TEST_H_

#include <string>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/log/log.h"

namespace ssegw::log {

// While it lives, lines are kept here instead of going to stderr. Gives back the level and the
// format that it found. One at a time.
// Thread: lines() any; made and destroyed by one thread.
class CaptureForTest {
 public:
  CaptureForTest();
  ~CaptureForTest();
  CaptureForTest(const CaptureForTest&) = delete;
  CaptureForTest& operator=(const CaptureForTest&) = delete;

  // So far, without their line ends.
  std::vector<std::string> lines() const;

 private:
  const Level level_ = GetLevel();
  const Format format_ = GetFormat();
  mutable base::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_CAPTURE_FOR_TEST_H_
