#ifndef SSEGW_INTERNAL_NET_SHARD_ADMISSION_H_
#define SSEGW_INTERNAL_NET_SHARD_ADMISSION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"
#include "internal/net/shard/net_stats.h"

namespace ssegw::net {

struct AdmissionLimits {
  size_t max_connections = 10'000;
  size_t max_connections_per_ip = 0;  // 0: none
  double connect_rate = 0;            // per second; 0: none
};

// How short of memory the process is.
enum class Pressure : uint8_t {
  kNone,
  kShedCold,  // only resuming connections are admitted
  kShedAll,
};

// A connection that asks to be admitted.
struct Arrival {
  std::string_view address = {};
  // It has the id of an event of this log: it is cheap to serve, and loses its place in the window
  // while it waits. A cold one loses nothing.
  bool resuming = false;
  // When it is told to come back if it is shed.
  std::chrono::milliseconds retry{0};
  // How long its answer is held before that begins.
  base::Duration hold{0};
};

// Decides whether one more connection is admitted.
//
// A resuming one goes before a cold one: if it is shed it leaves a claim, for as long as it was
// told to wait and some margin, and a cold one is admitted only if that leaves a place and a token
// for every claim. Nobody can tell whose claim it was, so each resuming arrival uses up the claim
// that ends first, and one that is shed twice may have two for a moment: a cold one then waits a
// little longer than it had to.
//
// arrival.h asks it, and sheds for the shard's own reasons too.
//
// Thread:   any; one lock.
// Lifetime: it outlives its tickets.
class Admission {
  // Connections by address. An entry stays where it is, so that tickets can point to it.
  using ByAddress =
      absl::node_hash_map<std::string, size_t, base::StringViewHash, base::StringViewEqual>;

 public:
  // The place of one admitted connection, given back by the destructor.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), entry_(other.entry_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (admission_ != nullptr) admission_->Release(*entry_);
    }

    // What the arrival said; valid as long as the ticket.
    std::string_view address() const { return entry_->first; }

   private:
    friend class Admission;  // a builder
    Ticket(Admission& admission, ByAddress::value_type& entry)
        : admission_(&admission), entry_(&entry) {}

    Admission* admission_;
    ByAddress::value_type* entry_;
  };

  // More claims than this are not kept: cold ones wait for these already.
  static constexpr size_t kMaxClaims = 65'536;

  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  // connect_rate lets through a burst of one second's worth.
  std::variant<Ticket, ShedReason> Admit(const Arrival& arrival, base::TimePoint now);

  // For arrivals from now on; no admitted connection has to go.
  void SetLimits(AdmissionLimits limits);
  void SetPressure(Pressure pressure);

  size_t max_connections() const;

 private:
  void Release(ByAddress::value_type& entry);
  std::optional<ShedReason> Refusal(const Arrival& arrival, base::TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  AdmissionLimits limits_ ABSL_GUARDED_BY(mutex_);
  Pressure pressure_ ABSL_GUARDED_BY(mutex_) = Pressure::kNone;
  size_t connections_ ABSL_GUARDED_BY(mutex_) = 0;
  // Without a limit too, as one may be set later; no entry is 0.
  ByAddress by_address_ ABSL_GUARDED_BY(mutex_);
  // A token bucket: what was left of it, and when.
  std::optional<double> tokens_ ABSL_GUARDED_BY(mutex_);
  base::TimePoint refilled_at_ ABSL_GUARDED_BY(mutex_);
  // When each claim ends, the next first.
  std::priority_queue<base::TimePoint, std::vector<base::TimePoint>, std::greater<>> claims_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_ADMISSION_H_
