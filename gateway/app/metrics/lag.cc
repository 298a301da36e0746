#include "internal/fanout/lag.h"

#include <algorithm>
#include <functional>

#include "gateway/app/metrics/samples.h"
#include "gateway/app/metrics/subjects.h"
#include "internal/base/time.h"

namespace ssegw::app {
namespace {

using fanout::LagDistribution;

HistogramSample EmptyEvents() {
  HistogramSample sample;
  for (const uint64_t bound : LagDistribution::kEventBounds) {
    sample.bounds.push_back(static_cast<double>(bound));
  }
  sample.counts.resize(sample.bounds.size() + 1);
  return sample;
}

HistogramSample EmptyAges() {
  HistogramSample sample;
  for (const base::Duration bound : LagDistribution::kAgeBounds) {
    sample.bounds.push_back(base::ToSeconds(bound));
  }
  sample.counts.resize(sample.bounds.size() + 1);
  return sample;
}

// Adds one shard's counts. caught_up: its connections that the counts leave out.
template <typename Counts>
void Add(const Counts& counts, double sum, uint64_t caught_up, HistogramSample& sample) {
  std::transform(counts.begin(), counts.end(), sample.counts.begin(), sample.counts.begin(),
                 std::plus<>());
  sample.counts[0] += caught_up;
  sample.sum += sum;
}

}  // namespace

void AddLag(const Shards& shards, Families& families) {
  HistogramSample events = EmptyEvents();
  HistogramSample ages = EmptyAges();
  for (const net::ShardThread* shard : shards) {
    const LagDistribution lag = shard->report().lag;
    const uint64_t connections = shard->stats().connections.value();
    const uint64_t caught_up = connections - std::min(connections, lag.subscriptions);
    Add(lag.by_events, static_cast<double>(lag.events_sum), caught_up, events);
    Add(lag.by_age, base::ToSeconds(lag.age_sum), caught_up, ages);
  }
  families.Histogram("connection_lag_events",
                     "How many events of the log each open connection is behind, taken once a "
                     "second; read the buckets as gauges, without rate().",
                     events);
  families.Histogram("connection_lag_seconds",
                     "Age of the oldest event of the window that each open connection has not got, "
                     "taken once a second; read the buckets as gauges, without rate().",
                     ages);
  families.Gauge("lagging_connections",
                 "Connections that are behind; many at once mean that the gateway or a network is "
                 "too slow. /debug/connections says which.",
                 Sum(shards, [](const auto& s) -> auto& { return s.fanout_stats().behind; }));
}

}  // namespace ssegw::app
