#ifndef SSEGW_INTERNAL_STORE_SHARED_LOG_STATS_H_
#define SSEGW_INTERNAL_STORE_SHARED_LOG_STATS_H_

#include <cstdint>
#include <string_view>

#include "internal/base/enum_array.h"
#include "internal/metrics/counter.h"

namespace ssegw::store {

// Why an event was sent to the log again.
enum class PublishRetry : uint8_t { kNoResponders, kTimeout, kDisconnected, kLast = kDisconnected };
// Why a replica's reader of the log was replaced.
enum class ReaderRestart : uint8_t { kHeartbeat, kDeleted, kConnection, kLast = kConnection };
// How a log turned out to be another one.
enum class EpochChange : uint8_t { kRecreated, kSetBack, kLast = kSetBack };

// As metric labels.
std::string_view ToString(PublishRetry reason);
std::string_view ToString(ReaderRestart reason);
std::string_view ToString(EpochChange reason);

// The numbers of a log outside the process.
//
// Thread: written by the store's; read by any.
struct SharedLogStats {
  metrics::Counter connected;     // 0 or 1
  metrics::Counter reconnects;    // the first connection is none
  metrics::Histogram publish_ns;  // sent to acknowledged, an event that was sent again as a whole
  metrics::Counter inflight_events;  // sent or waiting
  base::EnumArray<PublishRetry, metrics::Counter> publish_retries;
  metrics::Counter publish_unknown;
  metrics::Counter lag_events;  // in the log, not yet in the window
  metrics::Counter lag_ns;      // age of the last event read when it was read, while behind; else 0
  base::EnumArray<ReaderRestart, metrics::Counter> reader_restarts;  // the first start is none
  metrics::Counter gaps;
  base::EnumArray<EpochChange, metrics::Counter> epoch_changes;
  metrics::Counter load_ns;          // the last load
  metrics::Counter foreign;          // messages in the log that are not events
  metrics::Counter keys_lag_events;  // of the mirror behind the log, as of the last look
};

}  // namespace ssegw::store

#endif  // SSEGW_INTERNAL_STORE_SHARED_LOG_STATS_H_
