#ifndef SSEGW_GATEWAY_APP_AVAILABILITY_H_
#define SSEGW_GATEWAY_APP_AVAILABILITY_H_

#include <chrono>
#include <optional>

#include "internal/base/time.h"
#include "internal/store/store.h"

namespace ssegw::app {

// From then on connections are told that what they have may be out of date. Most elections of a
// leader are over by then.
inline constexpr base::Duration kStaleAfter = std::chrono::seconds(3);

struct StorePatience {
  base::Duration publish_timeout;  // --store_publish_timeout
  base::Duration ready_grace;      // --store_ready_grace
};

// What the health of the store means for those who are served.
struct Availability {
  // Set: the store is away since then, and connections are told so.
  std::optional<base::WallTime> stale_since = {};
  // Publishers are told SERVING.
  bool takes_events = true;
  bool ready = true;
};

Availability AvailabilityOf(const store::StoreHealth& health, const StorePatience& patience,
                            base::TimePoint now);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_AVAILABILITY_H_
