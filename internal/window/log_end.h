#ifndef SSEGW_INTERNAL_WINDOW_LOG_END_H_
#define SSEGW_INTERNAL_WINDOW_LOG_END_H_

#include <cstdint>

#include "internal/base/time.h"

namespace ssegw::window {

// Where a log that others append to, too, ended when it was last asked. The window may be behind
// it: what is beyond its seq was not in the log then, what is not beyond it is on its way.
struct LogEnd {
  uint64_t seq = 0;
  base::TimePoint asked_at = base::TimePoint::min();
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_LOG_END_H_
