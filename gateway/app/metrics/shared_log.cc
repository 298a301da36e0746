#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/app/metrics/samples.h"
#include "gateway/app/metrics/subjects.h"
#include "internal/store/shared_log_stats.h"

namespace ssegw::app {
namespace {

template <typename Enum>
std::vector<Sample> ByReason(const base::EnumArray<Enum, metrics::Counter>& counters) {
  std::vector<Sample> samples;
  for (const Enum reason : base::AllOf<Enum>()) {
    samples.push_back({.labels = {{"reason", ToString(reason)}},
                       .value = static_cast<double>(counters[reason].value())});
  }
  return samples;
}

// A gauge of one series, of nanoseconds.
void AddSeconds(std::string_view name, std::string help, const metrics::Counter& nanoseconds,
                Families& families) {
  const double seconds = static_cast<double>(nanoseconds.value()) * 1e-9;
  families.Gauge(name, std::move(help), {{.labels = {}, .value = seconds}});
}

void AddPublishing(const store::SharedLogStats& stats, Families& families) {
  TimesSample publish;
  publish.Add(stats.publish_ns);
  families.Histogram("store_publish_seconds",
                     "Time from sending an event to the log until it was acknowledged, repeats "
                     "included; the part of a publisher's wait that is the store's.",
                     publish.sample());
  families.Gauge("store_inflight_events",
                 "Events that are sent to the log and not acknowledged, or wait to be sent.",
                 stats.inflight_events.value());
  families.Counter("store_publish_retries_total",
                   "Events that were sent to the log again, by the reason; a burst is an election "
                   "of a leader, or a server that restarts.",
                   ByReason(stats.publish_retries));
  families.Counter("store_publish_unknown_total",
                   "Events whose publisher was told that the outcome is unknown: they may be in "
                   "the log or not.",
                   stats.publish_unknown.value());
}

void AddReading(const store::SharedLogStats& stats, Families& families) {
  families.Gauge("store_lag_events", "Events of the log that are not yet in this window.",
                 stats.lag_events.value());
  AddSeconds("store_lag_seconds",
             "Age of the last event read from the log while more wait, else 0; above a second, "
             "pages of this replica are late.",
             stats.lag_ns, families);
  families.Counter("store_consumer_restarts_total",
                   "How often this replica's reader of the log was replaced, by the reason; the "
                   "first start is none.",
                   ByReason(stats.reader_restarts));
  families.Counter("store_gaps_total",
                   "How often the log had lost what this replica had not read; its connections "
                   "were reset.",
                   stats.gaps.value());
  families.Counter("store_epoch_changes_total",
                   "How often the log turned out to be another one, by how; every connection was "
                   "reset.",
                   ByReason(stats.epoch_changes));
  AddSeconds("store_load_seconds", "How long the last load of snapshot and log took.",
             stats.load_ns, families);
  families.Counter("store_foreign_total",
                   "Messages in the log that are no events of a gateway: somebody else publishes "
                   "there.",
                   stats.foreign.value());
  families.Gauge("store_keys_lag_events",
                 "Events of the log that the stream of keys does not have yet, as of the last "
                 "look.",
                 stats.keys_lag_events.value());
}

}  // namespace

void AddSharedLog(const store::SharedLogStats* stats, Families& families) {
  if (stats == nullptr) return;
  families.Gauge("store_connected", "1 while there is a connection to a server of the log.",
                 stats->connected.value());
  families.Counter("store_reconnects_total",
                   "Connections to the log's servers after the first; more than a few an hour: "
                   "look at the servers.",
                   stats->reconnects.value());
  AddPublishing(*stats, families);
  AddReading(*stats, families);
}

}  // namespace ssegw::app
