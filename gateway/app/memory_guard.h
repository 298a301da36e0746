#ifndef SSEGW_GATEWAY_APP_MEMORY_GUARD_H_
#define SSEGW_GATEWAY_APP_MEMORY_GUARD_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

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
  };
  // To be called some times a second. window_bytes: what the log takes now.
  Verdict Look(size_t in_use_bytes, size_t window_bytes);

 private:
  const size_t limit_bytes_;
  const size_t max_window_bytes_;
  size_t window_bytes_;
  Level level_ = Level::kNone;
};

net::Pressure PressureAt(MemoryGuard::Level level);
bool RefusesEvents(MemoryGuard::Level level);
std::string_view ToString(MemoryGuard::Level level);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_GUARD_H_
