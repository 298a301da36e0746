#ifndef SSEGW_INTERNAL_BASE_TIME_H_
#define SSEGW_INTERNAL_BASE_TIME_H_

#include <chrono>

namespace ssegw::base {

// A moment on the monotonic clock. Code that depends on time takes the moment as an argument; only
// edges read the clock, so tests need no fake one.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

inline TimePoint Now() { return std::chrono::steady_clock::now(); }

inline double ToSeconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_TIME_H_
