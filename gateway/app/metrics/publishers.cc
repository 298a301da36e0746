#include <string_view>
#include <vector>

#include "gateway/app/metrics/samples.h"
#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {
namespace {

Sample Result(std::string_view name, const metrics::SharedCounter& counter) {
  return {.labels = {{"result", name}}, .value = static_cast<double>(counter.value())};
}

void AddPublisherConnections(const ingest::IngestStats& stats, const PublisherLimits& limits,
                             Families& families) {
  families.Gauge("publisher_connections",
                 "Connections of publishers that are open, those of health probes too; divide by "
                 "max_publisher_connections for the fill level.",
                 stats.connections.value());
  families.Gauge("max_publisher_connections", "Connections that publishers may have open.",
                 limits.connections);
  families.Gauge("publisher_streams",
                 "Calls of publishers that stay open, PublishStream and health Watch; divide by "
                 "max_publisher_streams for the fill level.",
                 stats.streams.value());
  families.Gauge("max_publisher_streams",
                 "Calls of publishers that may stay open at the same time.", limits.streams);
  families.Counter("publisher_connections_refused_total",
                   "Connections of publishers closed at once because the limit was reached; any "
                   "growth means that backends cannot publish.",
                   stats.connections_refused.value());
  families.Counter("publisher_connections_evicted_total",
                   "Connections of publishers closed to make room for others: they had made no "
                   "call, or came from an address that has not published.",
                   stats.connections_evicted.value());
}

void AddOperations(const ingest::IngestStats& stats, Families& families) {
  std::vector<Sample> calls;
  for (const ingest::Operation operation : base::AllOf<ingest::Operation>()) {
    for (const ingest::OperationResult result : base::AllOf<ingest::OperationResult>()) {
      calls.push_back({.labels = {{"call", ToString(operation)}, {"result", ToString(result)}},
                       .value = static_cast<double>(stats.operations[operation][result].value())});
    }
  }
  families.Counter("connection_calls_total",
                   "Calls of ConnectionService that were let in, by what they asked and how they "
                   "ended; forbidden is a caller without \"@connections\" in its grants.",
                   calls);
}

}  // namespace

void AddPublishers(const ingest::IngestStats& stats, const PublisherLimits& limits,
                   Families& families) {
  families.Gauge("publishers",
                 "PublishStream calls that are open; 0 while backends should be streaming: nobody "
                 "is connected.",
                 stats.publishers.value());
  families.Counter(
      "events_received_total",
      "Events received from publishers, by what became of them; a growing invalid is "
      "a publisher with a mistake.",
      {Result("ok", stats.ok), Result("duplicate", stats.duplicate),
       Result("invalid", stats.invalid), Result("forbidden", stats.forbidden),
       Result("unavailable", stats.unavailable), Result("exhausted", stats.exhausted)});
  AddPublisherConnections(stats, limits, families);
  AddOperations(stats, families);
  std::vector<Sample> refusals;
  for (const ingest::Refusal refusal : base::AllOf<ingest::Refusal>()) {
    refusals.push_back({.labels = {{"reason", ingest::ToString(refusal)}},
                        .value = static_cast<double>(stats.refusals[refusal].value())});
  }
  families.Counter("publisher_calls_refused_total",
                   "Calls of publishers refused before an event was looked at, by the reason; the "
                   "log line \"call refused\" names the peer.",
                   refusals);
  families.Counter("event_bytes_total",
                   "Serialized bytes of the events received, refused ones too; divide by "
                   "events_received_total for the mean size of an event.",
                   stats.event_bytes.value());
  families.Counter("events_with_unknown_fields_total",
                   "Events with a field that the gateway's schema does not have, so that pages get "
                   "them without it; their publisher is newer than the descriptor sets.",
                   stats.unknown_fields.value());
  TimesSample transcode;
  transcode.Add(stats.transcode);
  families.Histogram("transcode_seconds",
                     "Time to turn one payload into JSON; a jump means that the messages grew.",
                     transcode.sample());
}

}  // namespace ssegw::app
