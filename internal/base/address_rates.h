#ifndef SSEGW_INTERNAL_BASE_ADDRESS_RATES_H_
#define SSEGW_INTERNAL_BASE_ADDRESS_RATES_H_

#include <atomic>
#include <cstddef>
#include <optional>
#include <string_view>

#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"

namespace ssegw::base {

// How many a second of something each address may have (requests, handshakes), with a burst of one
// second's worth: a token bucket for each that has asked lately.
//
// Thread: any; one lock, and none where there is no limit.
// Cost:   a hash look-up; some 100 bytes for each address of the last second. Beyond kMaxAddresses
//         those that are new share one bucket.
class AddressRates {
 public:
  static constexpr size_t kMaxAddresses = 65'536;

  // per_second: 0: any number.
  explicit AddressRates(size_t per_second = 0) : per_second_(per_second) {}

  // For what is asked from now on; a change begins with a burst.
  void SetRate(size_t per_second);

  // nullopt: one more is within the rate, and counted; otherwise when the next one will be.
  std::optional<Duration> Take(std::string_view address, TimePoint now);

 private:
  struct Bucket {
    double tokens = 0;
    TimePoint at = {};
  };

  Bucket& BucketLocked(std::string_view address, double rate, TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::atomic<size_t> per_second_;
  Mutex mutex_;
  StringMap<Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
  std::optional<Bucket> shared_ ABSL_GUARDED_BY(mutex_);
  TimePoint next_sweep_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_ADDRESS_RATES_H_
