#include <vector>

#include "gateway/app/metrics/samples.h"
#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {

void AddWatchers(const connections::LifecycleStats& lifecycle, size_t demand_watchers,
                 Families& families) {
  std::vector<Sample> events;
  for (const auto event : base::AllOf<connections::LifecycleEvent>()) {
    events.push_back({.labels = {{"event", connections::ToString(event)}},
                      .value = static_cast<double>(lifecycle.events[event].value())});
  }
  families.Counter("lifecycle_events_total",
                   "What watchers of connections have been told, or could have been; 0 until one "
                   "has come. A resumed is a browser that came back.",
                   events);
  families.Gauge("lifecycle_watchers", "WatchConnections calls that are open.",
                 lifecycle.watchers.value());
  families.Gauge("demand_watchers", "WatchDemand calls that are open.", demand_watchers);
}

}  // namespace ssegw::app
