#include "internal/base/address_rates.h"

#include <algorithm>
#include <string>

namespace ssegw::base {
namespace {

// After this time a bucket is full, whatever the rate, and need not be kept.
constexpr Duration kFullAfter = std::chrono::seconds(1);

}  // namespace

void AddressRates::SetRate(size_t per_second) {
  if (per_second_.exchange(per_second) == per_second) return;
  MutexLock lock(mutex_);
  buckets_.clear();
  shared_.reset();
}

AddressRates::Bucket& AddressRates::BucketLocked(std::string_view address, double rate,
                                                 TimePoint now) {
  const Bucket full{.tokens = rate, .at = now};
  if (const auto it = buckets_.find(address); it != buckets_.end()) return it->second;
  if (now >= next_sweep_) {
    next_sweep_ = now + kFullAfter;
    for (auto it = buckets_.begin(); it != buckets_.end();) {
      if (now - it->second.at >= kFullAfter) {
        buckets_.erase(it++);
      } else {
        ++it;
      }
    }
  }
  if (buckets_.size() < kMaxAddresses) return buckets_.emplace(address, full).first->second;
  if (!shared_) shared_ = full;
  return *shared_;
}

std::optional<Duration> AddressRates::Take(std::string_view address, TimePoint now) {
  const auto rate = static_cast<double>(per_second_.load(std::memory_order_relaxed));
  if (rate == 0) return std::nullopt;
  MutexLock lock(mutex_);
  Bucket& bucket = BucketLocked(address, rate, now);
  const Duration passed = std::max(now - bucket.at, Duration(0));
  bucket.tokens = std::min(rate, bucket.tokens + ToSeconds(passed) * rate);
  bucket.at = std::max(bucket.at, now);
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>((1 - bucket.tokens) / rate));
}

}  // namespace ssegw::base
