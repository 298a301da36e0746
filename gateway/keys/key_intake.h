#ifndef SSEGW_GATEWAY_KEYS_KEY_INTAKE_H_
#define SSEGW_GATEWAY_KEYS_KEY_INTAKE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gateway/auth/algorithm.h"
#include "gateway/auth/verifier.h"
#include "internal/base/time.h"

namespace ssegw::keys {

// For /metrics and /readyz.
//
// Thread: any.
struct KeyStats {
  std::atomic<uint64_t> keys{0};  // that verify; 0: there has been no set yet
  // When the keys were last read, whether they were other ones or not.
  std::atomic<base::WallTime> read_at{base::WallTime()};
};

// Gives a verifier the keys that a text holds. A text with a fault changes nothing: the last good
// set serves on.
//
// Thread: one.
class KeyIntake {
 public:
  // verifier and stats outlive it.
  KeyIntake(auth::Verifier& verifier, KeyStats& stats) : verifier_(verifier), stats_(stats) {}

  // Takes the keys over, and logs what is new. The Status says why they are not taken, as it
  // follows the name of their place: "is not a JSON object …".
  absl::Status Take(std::string_view text, base::WallTime now);
  // What was taken last is still what the place has.
  void Confirm(base::WallTime now) { stats_.read_at = now; }
  // Logs why there are no new keys: error, as it follows the name of their place.
  void LogFailure(std::string_view error);

 private:
  auth::Verifier& verifier_;
  KeyStats& stats_;
  std::string taken_;  // the last text; verifications of tokens stay where it comes again
};

}  // namespace ssegw::keys

#endif  // SSEGW_GATEWAY_KEYS_KEY_INTAKE_H_
