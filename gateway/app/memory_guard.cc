#include "gateway/app/memory_guard.h"

#include <algorithm>
#include <array>

namespace ssegw::app {
namespace {

using Level = MemoryGuard::Level;

// Where each level begins, in percent of the limit.
struct Threshold {
  Level level;
  size_t percent;
};
constexpr std::array<Threshold, 4> kThresholds = {{
    {Level::kWindow, 75},
    {Level::kCold, 80},
    {Level::kAll, 88},
    {Level::kEvents, 94},
}};
constexpr size_t kHysteresisPercent = 5;
// What shrinking aims at, and the share of its maximum that the window keeps whatever happens.
constexpr size_t kTargetPercent = 70;
constexpr size_t kFloorDivisor = 16;
// How much of its maximum the window gets back at a time.
constexpr size_t kGrowthDivisor = 50;

}  // namespace

MemoryGuard::MemoryGuard(size_t limit_bytes, size_t window_max_bytes)
    : limit_bytes_(limit_bytes),
      max_window_bytes_(window_max_bytes),
      window_bytes_(window_max_bytes) {}

MemoryGuard::Verdict MemoryGuard::Look(size_t in_use_bytes, size_t window_bytes) {
  if (limit_bytes_ == 0) return {.window_max_bytes = max_window_bytes_};
  const auto share = [&](size_t percent) { return limit_bytes_ / 100 * percent; };
  Level level = Level::kNone;
  for (const Threshold& threshold : kThresholds) {
    const size_t slack = level_ >= threshold.level ? kHysteresisPercent : 0;
    if (in_use_bytes > share(threshold.percent - slack)) level = threshold.level;
  }
  level_ = level;

  Verdict verdict{.window_max_bytes = window_bytes_, .level = level_};
  if (in_use_bytes > share(kThresholds[0].percent)) {
    const size_t excess = in_use_bytes - share(kTargetPercent);
    const size_t floor = std::max<size_t>(max_window_bytes_ / kFloorDivisor, 1);
    const size_t held = std::min(window_bytes, window_bytes_);
    window_bytes_ = std::min(window_bytes_, std::max(floor, held > excess ? held - excess : floor));
    verdict.release = window_bytes > window_bytes_;
  } else if (level_ == Level::kNone) {
    window_bytes_ =
        std::min(max_window_bytes_, window_bytes_ + max_window_bytes_ / kGrowthDivisor + 1);
  }
  verdict.window_max_bytes = window_bytes_;
  return verdict;
}

net::Pressure PressureAt(Level level) {
  if (level >= Level::kAll) return net::Pressure::kShedAll;
  return level == Level::kCold ? net::Pressure::kShedCold : net::Pressure::kNone;
}

bool RefusesEvents(Level level) { return level == Level::kEvents; }

std::string_view ToString(Level level) {
  switch (level) {
    case Level::kNone:
      return "none";
    case Level::kWindow:
      return "window";
    case Level::kCold:
      return "cold";
    case Level::kAll:
      return "all";
    case Level::kEvents:
      return "events";
  }
  return "";
}

}  // namespace ssegw::app
