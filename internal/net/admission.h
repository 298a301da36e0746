#ifndef SSEGW_INTERNAL_NET_ADMISSION_H_
#define SSEGW_INTERNAL_NET_ADMISSION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string_view>
#include <vector>

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

// How short of memory the process is.
enum class Pressure : uint8_t {
  kNone,
  kShedCold,  // only who resumes is taken in
  kShedAll,
};

// An event stream that asks to be taken in.
struct Arrival {
  std::string_view address = {};
  // It has the id of an event of this log: it is cheap to serve, and loses its place in the window
  // while it waits. A cold one loses nothing.
  bool resuming = false;
  // When it is told to come back if it is turned away.
  std::chrono::milliseconds retry{0};
  // How long its connection is held before that begins.
  base::Duration hold{0};
};

// Whether one more event stream is taken in.
//
// One that resumes goes before a cold one: where it is turned away it leaves a claim, for as long
// as it was told to wait and some margin, and a cold one is taken in only if that leaves a place
// and a token for every claim. Nobody can tell whose claim it was, so each that resumes uses up the
// one that ends first, and one that is turned away twice may have two for a moment: a cold one then
// waits a little longer than it had to.
//
// Thread: any; one lock.
class Admission {
 public:
  // More claims than this are not kept: cold ones wait for these already.
  static constexpr size_t kMaxClaims = 65'536;

  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  // nullopt: it is, and Release must follow. connect_rate lets through a burst of one second's
  // worth.
  std::optional<ShedReason> Admit(const Arrival& arrival, base::TimePoint now);
  void Release(std::string_view address);

  // For those that ask from now on; nobody who was let in has to go.
  void SetLimits(AdmissionLimits limits);
  void SetPressure(Pressure pressure);

  size_t max_connections() const;

 private:
  std::optional<ShedReason> Refusal(const Arrival& arrival, base::TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  AdmissionLimits limits_ ABSL_GUARDED_BY(mutex_);
  Pressure pressure_ ABSL_GUARDED_BY(mutex_) = Pressure::kNone;
  size_t connections_ ABSL_GUARDED_BY(mutex_) = 0;
  // Without a limit too, as one may be set when they are there already; no entry is 0.
  base::StringMap<size_t> by_address_ ABSL_GUARDED_BY(mutex_);
  // A token bucket: what is left of it, and when that was.
  std::optional<double> tokens_ ABSL_GUARDED_BY(mutex_);
  base::TimePoint refilled_at_ ABSL_GUARDED_BY(mutex_);
  // When each claim ends, the next first.
  std::priority_queue<base::TimePoint, std::vector<base::TimePoint>, std::greater<>> claims_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_ADMISSION_H_
