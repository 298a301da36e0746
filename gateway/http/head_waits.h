#ifndef SSEGW_GATEWAY_HTTP_HEAD_WAITS_H_
#define SSEGW_GATEWAY_HTTP_HEAD_WAITS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/window/log_end.h"
#include "internal/window/window.h"

namespace ssegw::http {

// Requests that wait for the log to reach a seq.
//
// Thread: any. Lifetime: what is left when it goes is never called.
class HeadWaits {
 public:
  struct Wait {
    uint64_t seq = 0;
    uint64_t epoch_number = 0;  // which log the seq is of
    // From enough_at on it is over where the log was asked later than ask_after, and does not have
    // the seq. Where it does not answer nobody can tell.
    base::TimePoint ask_after;
    base::TimePoint enough_at;
    base::TimePoint until;  // after that nobody waits any more
    // Called once, by the thread of Tick: the log has reached it, or it is over.
    std::function<void()> ready;
  };
  void Add(Wait wait);

  // Call it several times a second: a wait is over so much later. end: of the log of now's epoch.
  void Tick(const window::Position& now, base::TimePoint time, const window::LogEnd& end);

 private:
  base::Mutex mutex_;
  std::vector<Wait> waits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_HEAD_WAITS_H_
