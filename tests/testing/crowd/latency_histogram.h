#ifndef SSEGW_TESTS_TESTING_CROWD_LATENCY_HISTOGRAM_H_
#define SSEGW_TESTS_TESTING_CROWD_LATENCY_HISTOGRAM_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "internal/base/time.h"

namespace ssegw::testing {

// Latencies in buckets that are 1/16 of a power of two wide: what it answers is at most 6.25 % too
// high, from 1 ns to an hour.
class LatencyHistogram {
 public:
  // A negative latency counts as 0.
  void Record(base::Duration latency);
  void Add(const LatencyHistogram& other);

  uint64_t count() const { return count_; }
  base::Duration max() const { return max_; }
  // The upper end of the bucket that the quantile lies in, at most max(); q in 0..1; zero if it is
  // empty.
  base::Duration Quantile(double q) const;

 private:
  static constexpr size_t kSubBits = 4;
  // Up to 2^42 ns, which is 73 minutes; longer latencies count in the last one.
  static constexpr size_t kBuckets = (42 - kSubBits + 1) << kSubBits;

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  base::Duration max_{};
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CROWD_LATENCY_HISTOGRAM_H_
