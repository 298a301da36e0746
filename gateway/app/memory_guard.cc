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
// Shrinking aims at this percentage. The window always keeps this fraction of its maximum.
constexpr size_t kTargetPercent = 70;
constexpr size_t kFloorDivisor = 16;
// The window gets back this fraction of its maximum at a time.
constexpr size_t kGrowthDivisor = 50;
// Free memory is worth returning if it is more than this fraction of the limit, within bounds.
constexpr size_t kMuchFreeDivisor = 32;
constexpr size_t kMuchFree = size_t{8} * 1024 * 1024;
constexpr size_t kVeryMuchFree = size_t{64} * 1024 * 1024;
// At least so long between two returns of memory.
constexpr base::Duration kReleaseInterval = std::chrono::seconds(1);
constexpr base::Duration kCalmInterval = std::chrono::seconds(10);

}  // namespace

MemoryGuard::MemoryGuard(size_t limit_bytes, size_t window_max_bytes)
    : limit_bytes_(limit_bytes),
      max_window_bytes_(window_max_bytes),
      window_bytes_(window_max_bytes) {}

MemoryGuard::Verdict MemoryGuard::Assess(size_t in_use_bytes, size_t window_bytes,
                                         base::TimePoint now) {
  if (limit_bytes_ == 0) return {.window_max_bytes = max_window_bytes_};
  const auto share = [&](size_t percent) { return limit_bytes_ / 100 * percent; };
  Level level = Level::kNone;
  for (const Threshold& threshold : kThresholds) {
    const size_t slack = level_ >= threshold.level ? kHysteresisPercent : 0;
    if (in_use_bytes > share(threshold.percent - slack)) level = threshold.level;
  }
  level_ = level;
  if (!RefusesEvents(level_)) {
    refuses_since_ = base::TimePoint::max();
  } else if (refuses_since_ == base::TimePoint::max()) {
    refuses_since_ = now;
  }

  Verdict verdict{.window_max_bytes = window_bytes_, .level = level_};
  verdict.starves = RefusesEvents(level_) && now - refuses_since_ >= kLong;
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

bool MemoryReleaser::IsTime(size_t in_use_bytes, size_t ledger_bytes, bool window_gave,
                            base::TimePoint now) {
  peak_bytes_ = std::max(peak_bytes_, ledger_bytes);
  const size_t much = std::clamp(limit_bytes_ / kMuchFreeDivisor, kMuchFree, kVeryMuchFree);
  const bool freed = peak_bytes_ - ledger_bytes > much;
  // Memory that the ledger does not know of, above all gRPC's own, is freed too.
  const bool unknown = in_use_bytes > limit_bytes_ / 100 * kTargetPercent &&
                       in_use_bytes - std::min(in_use_bytes, ledger_bytes) > 4 * much;
  if (!window_gave && !freed && !unknown) return false;
  // With room enough, or if the last return did not help, there is no haste.
  const bool haste = in_use_bytes > limit_bytes_ / 2 && (helped_ || freed || window_gave);
  if (now - released_at_ < (haste ? kReleaseInterval : kCalmInterval)) return false;
  released_at_ = now;
  peak_bytes_ = ledger_bytes;
  before_bytes_ = in_use_bytes;
  return true;
}

void MemoryReleaser::Released(size_t in_use_bytes) {
  helped_ = in_use_bytes + kMuchFree / 4 < before_bytes_;
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
