#ifndef SSEGW_GATEWAY_APP_MEMORY_GUARD_H_
#define SSEGW_GATEWAY_APP_MEMORY_GUARD_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "internal/base/time.h"
#include "internal/net/admission.h"

namespace ssegw::app {

// Keeps the process below its limit of memory, long before the kernel would kill it: by what it is
// told of the memory in use it decides what gives way, the cheapest first.
//
//   in use      what gives way
//   above 75 %  the window shrinks, until it is down to its floor: resumes reach less far back
//   above 80 %  cold connections are shed
//   above 88 %  those that resume are shed too
//   above 94 %  events are refused, but for deletions: RESOURCE_EXHAUSTED
//
// Each is taken back five points below where it began, so that it does not flicker.
//
// Thread: one.
class MemoryGuard {
 public:
  // What in_use says is compared with limit_bytes; 0: there is no limit, and nothing gives way.
  MemoryGuard(size_t limit_bytes, size_t window_max_bytes);

  enum class Level : uint8_t { kNone, kWindow, kCold, kAll, kEvents };

  struct Verdict {
    size_t window_max_bytes;
    Level level = Level::kNone;
    // The window gave bytes back: what is free is to be returned to the system.
    bool release = false;
    // Events have been refused for long, kLong at least: no publisher should come here.
    bool starves = false;
  };
  static constexpr base::Duration kLong = std::chrono::seconds(30);

  // To be called some times a second. window_bytes: what the log takes now.
  Verdict Look(size_t in_use_bytes, size_t window_bytes, base::TimePoint now);

 private:
  const size_t limit_bytes_;
  const size_t max_window_bytes_;
  size_t window_bytes_;
  Level level_ = Level::kNone;
  // max: they are not refused.
  base::TimePoint refuses_since_ = base::TimePoint::max();
};

// When memory that has been freed, and that the allocator keeps, is to be returned to the system:
// where much of it must be there, by what is in use and what the ledger knows of.
//
// Returning it takes a moment in which whoever allocates may wait, so not often, and seldom where
// it did not help.
//
// Thread: one.
class MemoryReleaser {
 public:
  explicit MemoryReleaser(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // window_gave: the window gave bytes back.
  bool IsTime(size_t in_use_bytes, size_t ledger_bytes, bool window_gave, base::TimePoint now);
  // Of the last time, which was when IsTime said so: what is in use since.
  void Released(size_t in_use_bytes);

 private:
  const size_t limit_bytes_;
  // The most that the ledger had since the last time.
  size_t peak_bytes_ = 0;
  size_t before_bytes_ = 0;
  base::TimePoint released_at_;
  bool helped_ = true;
};

net::Pressure PressureAt(MemoryGuard::Level level);
bool RefusesEvents(MemoryGuard::Level level);
std::string_view ToString(MemoryGuard::Level level);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_GUARD_H_
