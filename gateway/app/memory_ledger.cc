#include "gateway/app/memory_ledger.h"

#include <algorithm>
#include <numeric>

#include "gateway/app/memory_cost.h"
#include "internal/sse/frame.h"

namespace ssegw::app {

std::string_view ToString(MemoryClass memory_class) {
  switch (memory_class) {
    case MemoryClass::kWindow:
      return "window";
    case MemoryClass::kSnapshot:
      return "snapshot";
    case MemoryClass::kTombstones:
      return "tombstones";
    case MemoryClass::kFrames:
      return "frames";
    case MemoryClass::kEncodings:
      return "encodings";
    case MemoryClass::kMessageIds:
      return "message_ids";
    case MemoryClass::kFilters:
      return "filters";
    case MemoryClass::kConnections:
      return "connections";
    case MemoryClass::kHttp2:
      return "http2";
    case MemoryClass::kHeads:
      return "heads";
    case MemoryClass::kAnswers:
      return "answers";
    case MemoryClass::kGrpcCalls:
      return "grpc_calls";
    case MemoryClass::kTranscoding:
      return "transcoding";
    case MemoryClass::kTokens:
      return "tokens";
    case MemoryClass::kSendQueues:
      return "send_queues";
    case MemoryClass::kLifecycle:
      return "lifecycle";
  }
  return "";
}

MemoryLedger MemoryLedger::Take(const Sources& sources) {
  MemoryLedger ledger;
  const auto set = [&](MemoryClass memory_class, size_t bytes) {
    ledger.bytes_[memory_class] = bytes;
  };
  // All frames are counted before the window's: so one that the window drops in between is not
  // taken to be held elsewhere.
  const size_t all = sse::Frame::all_memory_bytes();
  size_t encodings = sse::Frame::envelope_memory_bytes();
  const window::WindowStats window = sources.window.stats();
  set(MemoryClass::kWindow, window.log_memory_bytes);
  set(MemoryClass::kSnapshot, window.live_memory_bytes);
  set(MemoryClass::kTombstones, window.tombstone_memory_bytes);
  set(MemoryClass::kFrames, all - std::min(all, window.frame_bytes + encodings));
  set(MemoryClass::kMessageIds, sources.store.stats().message_ids.bytes);
  size_t filters = sources.demand.memory_bytes();
  size_t connections = 0;
  size_t http2 = 0;
  size_t heads = 0;
  size_t send_queues = 0;
  size_t answers = sources.public_service.snapshot_bytes();
  for (const net::ShardThread* shard : sources.shards) {
    const net::NetStats& stats = shard->stats();
    const net::TransportCounts& transports = stats.transports;
    const size_t sessions = transports.in_the_clear[net::Protocol::kHttp2].value() +
                            transports.with_tls[net::Protocol::kHttp2].value();
    const size_t streams = stats.http2_streams.value();
    http2 += sessions * kBytesPerHttp2 + streams * kBytesPerHttp2Stream;
    // Each thread counts its own, so these may not fit together for a moment.
    const size_t sockets = shard->sockets() - std::min(shard->sockets(), sessions);
    const size_t all_connections = stats.connections.value();
    const size_t own = std::min(all_connections - std::min(all_connections, streams), sockets);
    connections += own * kBytesPerConnection + (sockets - own) * kBytesPerOtherSocket;
    for (const auto& with_tls : transports.with_tls) {
      connections += with_tls.value() * kBytesPerTls;
    }
    encodings += shard->fanout_stats().joined_bytes.value();
    filters += shard->fanout_stats().filter_bytes.value();
    connections += stats.shared_text_bytes.value();
    send_queues += shard->fanout_stats().send_queue_bytes.value();
    heads += stats.head_bytes.value();
    answers += stats.answer_bytes.value();
  }
  set(MemoryClass::kEncodings, encodings);
  set(MemoryClass::kFilters, filters);
  set(MemoryClass::kConnections, connections);
  set(MemoryClass::kHttp2, http2);
  set(MemoryClass::kSendQueues, send_queues);
  set(MemoryClass::kLifecycle, sources.lifecycle.memory_bytes());
  set(MemoryClass::kHeads, heads);
  set(MemoryClass::kAnswers, answers);
  set(MemoryClass::kGrpcCalls,
      sources.ingest.publishers.value() * kBytesPerGrpcCall + sources.ingest.waiting_bytes.value());
  set(MemoryClass::kTranscoding, sources.scratch.in_use());
  set(MemoryClass::kTokens, sources.tokens != nullptr ? sources.tokens->bytes() : 0);
  return ledger;
}

size_t MemoryLedger::sum() const {
  return std::accumulate(bytes_.begin(), bytes_.end(), size_t{0});
}

}  // namespace ssegw::app
