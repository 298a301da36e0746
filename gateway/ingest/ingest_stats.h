#ifndef SSEGW_GATEWAY_INGEST_INGEST_STATS_H_
#define SSEGW_GATEWAY_INGEST_INGEST_STATS_H_

#include "internal/metrics/counter.h"

namespace ssegw::ingest {

// What the metrics say of this module. Written by every gRPC thread, read at the scrape.
struct IngestStats {
  // Open PublishStream calls: a gauge.
  metrics::SharedCounter publishers;

  // Events by result. Every event received counts in exactly one.
  metrics::SharedCounter ok;
  metrics::SharedCounter duplicate;
  metrics::SharedCounter invalid;      // the event breaks a rule, or can never fit
  metrics::SharedCounter unavailable;  // draining, the store is away, or a fault of our own
  metrics::SharedCounter exhausted;    // short of memory, or the store is full

  // Serialized Event bytes received, whatever the result.
  metrics::SharedCounter event_bytes;
  // Events that were transcoded without a field that only their publisher's schema has.
  metrics::SharedCounter unknown_fields;
  // One observation an event that had a payload to transcode, refused ones too.
  metrics::SharedHistogram transcode;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_INGEST_STATS_H_
