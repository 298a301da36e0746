#ifndef SSEGW_GATEWAY_APP_MEMORY_GUARD_H_
#define SSEGW_GATEWAY_APP_MEMORY_GUARD_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "internal/base/time.h"
#include "internal/net/shard/admission.h"

namespace ssegw::app {

// Keeps the process below its limit of memory, long before the kernel would kill it. From the
// memory in use it decides what gives way, the cheapest first.
//
//   in use      what gives way
//   above 75 %  the window shrinks, until it is down to its floor: resumes reach less far back
//   above 80 %  cold connections are shed
//   above 88 %  resuming connections are shed too
//   above 94 %  events are refused with RESOURCE_EXHAUSTED, except deletions
//
// Each measure ends five points below where it began, so that it does not flicker.
//
// Thread: one.
class MemoryGuard {
 public:
  // limit_bytes: what the memory in use is compared with; 0: no limit, and nothing gives way.
  MemoryGuard(size_t limit_bytes, size_t window_max_bytes);

  enum class Level : uint8_t { kNone, kWindow, kCold, kAll, kEvents };

  struct Verdict {
    size_t window_max_bytes;
    Level level = Level::kNone;
    // The window gave bytes back: free memory should be returned to the system.
    bool release = false;
    // Events have been refused for kLong at least: no publisher should come here.
    bool starves = false;
  };
  static constexpr base::Duration kLong = std::chrono::seconds(30);

  // Call it several times a second. window_bytes: what the log takes now.
  Verdict Assess(size_t in_use_bytes, size_t window_bytes, base::TimePoint now);

 private:
  const size_t limit_bytes_;
  const size_t max_window_bytes_;
  size_t window_bytes_;
  Level level_ = Level::kNone;
  // max while events are not refused.
  base::TimePoint refuses_since_ = base::TimePoint::max();
};

// Decides when freed memory that the allocator keeps should be returned to the system: when the
// memory in use is so much more than the ledger knows of that there must be a lot of it.
//
// Threads that allocate may have to wait while memory is returned, so it happens rarely, and more
// rarely if it did not help before.
//
// Thread: one.
class MemoryReleaser {
 public:
  explicit MemoryReleaser(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // window_gave: the window gave bytes back.
  bool IsTime(size_t in_use_bytes, size_t ledger_bytes, bool window_gave, base::TimePoint now);
  // Call it after memory was returned. in_use_bytes: what is in use since then.
  void Released(size_t in_use_bytes);

 private:
  const size_t limit_bytes_;
  // The most that the ledger had since memory was last returned.
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
