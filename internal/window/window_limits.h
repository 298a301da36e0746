#ifndef SSEGW_INTERNAL_WINDOW_WINDOW_LIMITS_H_
#define SSEGW_INTERNAL_WINDOW_WINDOW_LIMITS_H_

#include <chrono>
#include <cstddef>

#include "internal/base/time.h"

namespace ssegw::window {

struct WindowLimits {
  size_t max_events = 100'000;
  size_t max_bytes = 64 * 1024 * 1024;
  base::Duration max_age = std::chrono::minutes(5);
  // Live keys in the snapshot; tombstones have as much room again.
  size_t snapshot_max_keys = 100'000;
  // Of the live ones' frames, and of the tombstones'.
  size_t snapshot_max_bytes = 64 * 1024 * 1024;
  size_t tombstones_max_bytes = 32 * 1024 * 1024;
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_WINDOW_LIMITS_H_
