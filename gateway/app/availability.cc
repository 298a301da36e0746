#include "gateway/app/availability.h"

namespace ssegw::app {

Availability AvailabilityOf(const store::StoreHealth& health, const StorePatience& patience,
                            base::TimePoint now) {
  if (health.state == store::StoreState::kUp) return {};
  const base::Duration away = now - health.since.steady;
  Availability availability{.takes_events = away < patience.publish_timeout,
                            .ready = away < patience.ready_grace};
  if (away >= kStaleAfter) availability.stale_since = health.since.wall;
  return availability;
}

}  // namespace ssegw::app
