#include "gateway/app/memory_ledger.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "gateway/ingest/grpc_server.h"
#include "internal/sse/frame.h"
#include "internal/window/topic_index.h"

namespace ssegw::app {
namespace {

// Measured (docs/operations/sizing.md, docs/bounds.md): a stream, a connection that is none,
// both in the process; either with what the kernel takes for it; an idle PublishStream call.
constexpr size_t kBytesPerStream = 560;
constexpr size_t kBytesPerOtherConnection = 1'500;
constexpr size_t kBytesPerSocket = 4'096;
constexpr size_t kBytesPerGrpcCall = 17 * 1024;

// Shares in percent. Without the window they come to 94; the process itself takes some 12 MiB.
constexpr size_t kWindow = 25;
constexpr size_t kSnapshot = 20;
constexpr size_t kKeys = 7;
constexpr size_t kEvents = 8;  // of the window's own share
constexpr size_t kTombstones = 3;
constexpr size_t kFrames = 4;
constexpr size_t kMessageIds = 4;
constexpr size_t kFilters = 6;
constexpr size_t kSockets = 21;
constexpr size_t kHeads = 3;
constexpr size_t kAnswers = 5;
constexpr size_t kReceived = 9;
constexpr size_t kGrpcCalls = 4;
constexpr size_t kTranscoding = 8;
static_assert(kSnapshot + kKeys + kTombstones + kFrames + kMessageIds + kFilters + kSockets +
                  kHeads + kAnswers + kReceived + kGrpcCalls + kTranscoding ==
              94);

// Frames count in 32 bits.
constexpr size_t kMaxJsonBytes = size_t{1} << 30;
constexpr size_t kAny = std::numeric_limits<size_t>::max();

}  // namespace

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
    case MemoryClass::kHeads:
      return "heads";
    case MemoryClass::kAnswers:
      return "answers";
    case MemoryClass::kGrpcCalls:
      return "grpc_calls";
    case MemoryClass::kTranscoding:
      return "transcoding";
  }
  return "";
}

size_t MemoryBudget::Share(size_t limit, size_t percent, size_t what) {
  if (limit == 0) return what;
  return std::clamp<size_t>(limit * percent / 100, 1, what);
}

MemoryBudget::MemoryBudget(const config::Config& config, size_t limit) {
  const store::MemoryStoreOptions store;
  const ingest::GrpcServerOptions grpc;
  const window::WindowLimits window;
  constexpr size_t kPerKey = window::Window::kBytesPerKey + window::TopicIndex::kBytesPerTopic;
  constexpr size_t kPerEvent = window::Window::kBytesPerEvent + window::TopicIndex::kBytesPerTopic;
  constexpr size_t kPerId = store::MemoryStore::kBytesPerMessageId;
  const auto share = [&](size_t percent, size_t what) { return Share(limit, percent, what); };
  // Of things that take so many bytes each.
  const auto many = [&](size_t percent, size_t bytes, size_t what) {
    return std::clamp<size_t>(share(percent, kAny) / bytes, 1, what);
  };
  window_bytes = share(kWindow, config.window_max_bytes);
  window_events = many(kEvents, kPerEvent, config.window_max_events);
  snapshot_bytes = share(kSnapshot, config.window_max_bytes);
  snapshot_keys = many(kKeys, kPerKey, config.snapshot_max_keys);
  tombstone_bytes = share(kTombstones, window.tombstones_max_bytes);
  frame_bytes = share(kFrames, kAny);
  // Half for the texts, which are held twice, and half for the rest.
  message_ids = many(kMessageIds, 2 * kPerId, store.max_message_ids);
  message_id_bytes = share(kMessageIds, kAny) / 4;
  message_id_bytes = std::clamp<size_t>(message_id_bytes, 1, store.max_message_id_bytes);
  filter_bytes = share(kFilters, kAny);
  sockets = many(kSockets, kBytesPerSocket, kAny);
  // Two of the largest always fit, with what is read of them at once.
  head_bytes = std::max<size_t>(share(kHeads, size_t{1} << 30), 128 * 1024);
  answer_bytes = share(kAnswers, config.window_max_bytes);
  received_bytes = share(kReceived, grpc.max_receive_bytes);
  grpc_calls = many(kGrpcCalls, kBytesPerGrpcCall, kAny);
  scratch_bytes = share(kTranscoding, 2 * kMaxJsonBytes);
  json_bytes = std::min(window_bytes, kMaxJsonBytes);
  if (limit > 0) json_bytes = std::clamp<size_t>(limit / 16, 1, json_bytes);
}

MemoryLedger MemoryLedger::Take(const Sources& sources) {
  MemoryLedger ledger;
  const auto set = [&](MemoryClass memory_class, size_t bytes) {
    ledger.bytes_[memory_class] = bytes;
  };
  // First, so that a frame that the window lets go of meanwhile is not taken to be held elsewhere.
  const size_t all = sse::Frame::all_memory_bytes();
  const size_t encodings = sse::Frame::envelope_memory_bytes();
  const window::WindowStats window = sources.window->stats();
  set(MemoryClass::kWindow, window.log_memory_bytes);
  set(MemoryClass::kSnapshot, window.live_memory_bytes);
  set(MemoryClass::kTombstones, window.tombstone_memory_bytes);
  set(MemoryClass::kFrames, all - std::min(all, window.frame_bytes + encodings));
  set(MemoryClass::kEncodings, encodings);
  set(MemoryClass::kMessageIds, sources.store->message_ids().bytes);
  size_t filters = 0;
  size_t connections = 0;
  size_t heads = 0;
  size_t answers = sources.public_service->snapshot_bytes();
  for (const net::ShardThread* shard : sources.shards) {
    const net::NetStats& stats = shard->stats();
    const size_t sockets = shard->load();
    const size_t streams = std::min<size_t>(stats.connections.value(), sockets);
    connections += streams * kBytesPerStream + (sockets - streams) * kBytesPerOtherConnection;
    filters += shard->fanout_stats().filter_bytes.value();
    heads += stats.head_bytes.value();
    answers += stats.answer_bytes.value();
  }
  set(MemoryClass::kFilters, filters);
  set(MemoryClass::kConnections, connections);
  set(MemoryClass::kHeads, heads);
  set(MemoryClass::kAnswers, answers);
  set(MemoryClass::kGrpcCalls, sources.ingest->publishers.value() * kBytesPerGrpcCall);
  set(MemoryClass::kTranscoding, sources.scratch->in_use());
  return ledger;
}

size_t MemoryLedger::sum() const {
  return std::accumulate(bytes_.begin(), bytes_.end(), size_t{0});
}

}  // namespace ssegw::app
