#include <string_view>
#include <vector>

#include "gateway/app/metrics/samples.h"
#include "gateway/app/metrics/subjects.h"
#include "internal/fanout/message.h"
#include "internal/fanout/shard_stats.h"
#include "internal/sse/control.h"

namespace ssegw::app {
namespace {

using fanout::MessageFate;
using fanout::ResumeOutcome;
using sse::ResetReason;

void AddResumes(const Shards& shards, Families& families) {
  families.Counter(
      "resumes_total",
      "Last event ids presented, by what became of them; a growing share of reset means that the "
      "window is shorter than absences.",
      SumsByLabel<ResumeOutcome>(shards, "outcome",
                                 [](const auto& s) -> auto& { return s.fanout_stats().resumes; }));
  families.Counter(
      "resets_total",
      "gateway.reset events sent, by the reason; other_epoch follows a restart, or comes from a "
      "load balancer over several logs.",
      SumsByLabel<ResetReason>(shards, "reason",
                               [](const auto& s) -> auto& { return s.fanout_stats().resets; }));
}

void AddMessages(const Shards& shards, Families& families) {
  std::vector<Sample> ends;
  for (const MessageFate fate : base::AllOf<MessageFate>()) {
    // It waits, and is counted when it has an end.
    if (fate == MessageFate::kQueued) continue;
    const uint64_t count =
        Sum(shards, [&](const auto& s) -> auto& { return s.fanout_stats().messages[fate]; });
    ends.push_back({.labels = {{"result", ToString(fate)}}, .value = static_cast<double>(count)});
  }
  families.Counter("messages_sent_total",
                   "Messages to single connections, by what became of them; full and expired are "
                   "browsers that do not take what they are sent.",
                   ends);
  families.Gauge(
      "send_queue_bytes", "What messages take that single connections have yet to take.",
      Sum(shards, [](const auto& s) -> auto& { return s.fanout_stats().send_queue_bytes; }));
}

}  // namespace

void AddDeliveries(const Shards& shards, Families& families) {
  families.Counter(
      "frames_delivered_total",
      "Frames wholly taken by a connection's socket; divide by "
      "events_received_total{result=\"ok\"} "
      "for the fan-out.",
      Sum(shards, [](const auto& s) -> auto& { return s.fanout_stats().frames_delivered; }));
  families.Counter(
      "bytes_sent_total",
      "Bytes of connections taken by sockets, response heads and heartbeats too: the "
      "traffic before TCP and IP.",
      Sum(shards, [](const auto& s) -> auto& { return s.fanout_stats().bytes_sent; }) +
          Sum(shards, [](const auto& s) -> auto& { return s.stats().stream_head_bytes_sent; }));
  families.Counter("writes_total",
                   "Gather writes of which a socket took something; divide frames_delivered_total "
                   "by it for the frames that a write carries.",
                   Sum(shards, [](const auto& s) -> auto& { return s.fanout_stats().writes; }));
  families.Counter(
      "frames_superseded_total",
      "Frames that a connection that was behind skipped for a newer one of the same key; no loss, "
      "but a high share says that something is slow.",
      Sum(shards, [](const auto& s) -> auto& { return s.fanout_stats().frames_superseded; }));
  families.Counter(
      "heartbeats_sent_total",
      "Heartbeats sent on connections to which nothing was written for --heartbeat_interval.",
      Sum(shards, [](const auto& s) -> auto& { return s.fanout_stats().heartbeats_sent; }));
  AddMessages(shards, families);
  AddResumes(shards, families);
  TimesSample latency;
  for (const net::ShardThread* shard : shards) {
    latency.Add(shard->fanout_stats().publish_to_write);
  }
  families.Histogram("publish_to_write_seconds",
                     "Time from an event's arrival until a connection's socket had taken its frame "
                     "whole, slow pages included; without what snapshots and resumes send.",
                     latency.sample());
}

}  // namespace ssegw::app
