#include "tests/testing/crowd/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ssegw::testing {

// A value below 2^kSubBits is its own bucket. Above, the bucket is the place of the highest bit and
// the kSubBits bits after it.
void LatencyHistogram::Record(base::Duration latency) {
  latency = std::max(latency, base::Duration::zero());
  const auto ns = static_cast<uint64_t>(latency.count());
  size_t bucket = ns;
  if (ns >> kSubBits != 0) {
    const auto shift = static_cast<size_t>(std::bit_width(ns)) - 1 - kSubBits;
    bucket = (shift << kSubBits) + (ns >> shift);
  }
  ++buckets_[std::min(bucket, kBuckets - 1)];
  ++count_;
  max_ = std::max(max_, latency);
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

base::Duration LatencyHistogram::Quantile(double q) const {
  const auto rank = static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets && count_ > 0; ++i) {
    seen += buckets_[i];
    if (seen < std::max<uint64_t>(rank, 1)) continue;
    const size_t shift = i >> kSubBits == 0 ? 0 : (i >> kSubBits) - 1;
    const uint64_t end = ((i - (shift << kSubBits) + 1) << shift) - 1;
    return std::min(max_, base::Duration(static_cast<int64_t>(end)));
  }
  return max_;
}

}  // namespace ssegw::testing
