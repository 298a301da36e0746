#ifndef SSEGW_INTERNAL_FANOUT_SHARD_STATS_H_
#define SSEGW_INTERNAL_FANOUT_SHARD_STATS_H_

#include <string_view>

#include "internal/base/enum_array.h"
#include "internal/fanout/message.h"
#include "internal/metrics/counter.h"
#include "internal/sse/control.h"

namespace ssegw::fanout {

enum class ResumeOutcome { kLive, kReplayed, kReset, kLast = kReset };

inline std::string_view ToString(ResumeOutcome outcome) {
  switch (outcome) {
    case ResumeOutcome::kLive:
      return "live";
    case ResumeOutcome::kReplayed:
      return "replayed";
    case ResumeOutcome::kReset:
      return "reset";
  }
  return "";
}

// What one shard counts about deliveries.
//
// Thread: written by the shard's, read by any (a scrape).
struct ShardStats {
  metrics::Counter frames_delivered;
  metrics::Counter bytes_sent;
  metrics::Counter writes;
  metrics::Counter frames_superseded;
  metrics::Counter heartbeats_sent;
  metrics::Counter behind;            // gauge; paced ones are not counted
  metrics::Counter joined_bytes;      // gauge: what the slices that are joined take
  metrics::Counter send_queue_bytes;  // gauge: messages that wait in subscriptions
  base::EnumArray<MessageFate, metrics::Counter> messages;
  metrics::Counter filter_bytes;  // gauge: filters of subscriptions, and their index
  base::EnumArray<ResumeOutcome, metrics::Counter> resumes;
  base::EnumArray<sse::ResetReason, metrics::Counter> resets;
  metrics::Histogram publish_to_write;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_SHARD_STATS_H_
