#ifndef SSEGW_INTERNAL_BASE_TIME_H_
#define SSEGW_INTERNAL_BASE_TIME_H_

#include <chrono>
#include <string>

namespace ssegw::base {

// A moment on the monotonic clock. Code that depends on time takes the moment as an argument; only
// edges read the clock, so tests need no fake one.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

inline TimePoint Now() { return std::chrono::steady_clock::now(); }

// A moment of the calendar. This clock may jump, so nothing is measured with it.
using WallTime = std::chrono::system_clock::time_point;

// One moment on both clocks.
struct Moment {
  TimePoint steady = {};
  WallTime wall = {};

  static Moment Now() { return {.steady = base::Now(), .wall = std::chrono::system_clock::now()}; }
};

// RFC 3339 in UTC with milliseconds, which is what a Date of JavaScript holds:
// "2026-11-29T15:04:05.123Z".
std::string FormatRfc3339(WallTime time);

inline double ToSeconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_TIME_H_
