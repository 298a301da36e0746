#ifndef SSEGW_GATEWAY_KEYS_FETCHED_H_
#define SSEGW_GATEWAY_KEYS_FETCHED_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "internal/base/time.h"

namespace ssegw::keys {

// How long an answer may be used; without word of it, as long as kDefaultAge.
inline constexpr base::Duration kDefaultAge = std::chrono::minutes(5);

// The max-age of a Cache-Control field (RFC 9111 section 5.2.2); 0 for no-cache and no-store.
base::Duration MaxAgeOf(std::string_view cache_control);

struct Fetched {
  std::string body;
  base::Duration max_age = kDefaultAge;
};

// Gets a set of keys from where they are. Blocks; calls goes_on several times a second, and gives
// up where that says false.
// Errors: any code; the message follows the name of the place.
using GoesOn = std::function<bool()>;
using Fetch = std::function<absl::StatusOr<Fetched>(const GoesOn& goes_on)>;

}  // namespace ssegw::keys

#endif  // SSEGW_GATEWAY_KEYS_FETCHED_H_
