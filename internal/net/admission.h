#ifndef SSEGW_INTERNAL_NET_ADMISSION_H_
#define SSEGW_INTERNAL_NET_ADMISSION_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"
#include "internal/net/net_stats.h"

namespace ssegw::net {

struct AdmissionLimits {
  size_t max_connections = 10'000;
  size_t max_connections_per_ip = 0;  // 0: none
  double connect_rate = 0;            // per second; 0: none
};

// Whether one more event stream is taken in.
//
// Thread: any; one lock.
class Admission {
 public:
  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  // nullopt: it is, and Release must follow. connect_rate lets through a burst of one second's
  // worth.
  std::optional<ShedReason> Admit(std::string_view address, base::TimePoint now);
  void Release(std::string_view address);

  bool counts_addresses() const { return limits_.max_connections_per_ip > 0; }

 private:
  const AdmissionLimits limits_;
  base::Mutex mutex_;
  size_t connections_ ABSL_GUARDED_BY(mutex_) = 0;
  // Only while max_connections_per_ip asks for it; no entry is 0.
  base::StringMap<size_t> by_address_ ABSL_GUARDED_BY(mutex_);
  // A token bucket: what is left of it, and when that was.
  std::optional<double> tokens_ ABSL_GUARDED_BY(mutex_);
  base::TimePoint refilled_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_ADMISSION_H_
