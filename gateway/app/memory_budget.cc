#include "gateway/app/memory_budget.h"

#include <algorithm>
#include <limits>

#include "gateway/app/memory_cost.h"
#include "internal/store/memory_store.h"
#include "internal/window/topic_index.h"
#include "internal/window/window.h"

namespace ssegw::app {
namespace {

// Shares in percent. Without the window they add up to 94; the process itself takes some 12 MiB.
constexpr size_t kWindowPercent = 25;
constexpr size_t kSnapshotPercent = 20;
constexpr size_t kKeysPercent = 7;
constexpr size_t kEventsPercent = 8;  // a part of the window's share
constexpr size_t kTombstonesPercent = 3;
constexpr size_t kFramesPercent = 4;
constexpr size_t kMessageIdsPercent = 4;
constexpr size_t kFiltersPercent = 6;
constexpr size_t kSocketsPercent = 21;
constexpr size_t kHttp2Percent = 1;
constexpr size_t kHeadsPercent = 3;
constexpr size_t kAnswersPercent = 4;
constexpr size_t kReceivedPercent = 7;
constexpr size_t kGrpcCallsPercent = 4;
constexpr size_t kTranscodingPercent = 6;
constexpr size_t kTokensPercent = 1;
constexpr size_t kSendQueuesPercent = 1;
constexpr size_t kLifecyclePercent = 2;
static_assert(kSnapshotPercent + kKeysPercent + kTombstonesPercent + kFramesPercent +
                  kMessageIdsPercent + kFiltersPercent + kSocketsPercent + kHttp2Percent +
                  kHeadsPercent + kAnswersPercent + kReceivedPercent + kGrpcCallsPercent +
                  kTranscodingPercent + kTokensPercent + kSendQueuesPercent + kLifecyclePercent ==
              94);

constexpr size_t kMiB = size_t{1024} * 1024;
// More than this is of no use, however much memory there is.
constexpr size_t kMaxTombstoneBytes = 32 * kMiB;
constexpr size_t kMaxMessageIds = 1'000'000;
constexpr size_t kMaxMessageIdBytes = 64 * kMiB;
constexpr size_t kMaxReceivedBytes = 128 * kMiB;
// The API may hold so much of it, coming and waiting each.
constexpr size_t kApiDivisor = 4;
constexpr size_t kMinApiBodyBytes = 5 * kMiB;
constexpr size_t kMaxHeadBytes = 1024 * kMiB;
constexpr size_t kMaxTokenBytes = 16 * kMiB;
constexpr size_t kMaxSendQueuesBytes = 1024 * kMiB;
constexpr size_t kMaxLifecycleBytes = 80 * kMiB;
// Two of the largest request heads always fit, together with what one read may add to each.
constexpr size_t kMinHeadBytes = size_t{128} * 1024;
// The largest event may take this fraction of the limit as JSON.
constexpr size_t kJsonDivisor = 16;
constexpr size_t kUnbounded = std::numeric_limits<size_t>::max();

constexpr size_t kBytesPerKey = window::Window::kBytesPerKey + window::TopicIndex::kBytesPerTopic;
constexpr size_t kBytesPerEvent =
    window::Window::kBytesPerEvent + window::TopicIndex::kBytesPerTopic;
// Message ids have half of their share for their records, and half for their texts.
constexpr size_t kBytesPerMessageId = 2 * store::MemoryStore::kBytesPerMessageId;
// Each text is held twice, so a quarter of the share is the texts' length.
constexpr size_t kMessageIdTextDivisor = 4;

}  // namespace

size_t MemoryBudget::Share(size_t limit, size_t percent, size_t max) {
  if (limit == 0) return max;
  return std::clamp<size_t>(limit * percent / 100, 1, max);
}

MemoryBudget::MemoryBudget(const config::Config& config, size_t limit) {
  const auto share = [&](size_t percent, size_t max) { return Share(limit, percent, max); };
  // How many things that take `bytes` each fit into a share.
  const auto count = [&](size_t percent, size_t bytes, size_t max) {
    return std::clamp<size_t>(share(percent, kUnbounded) / bytes, 1, max);
  };
  window_bytes = share(kWindowPercent, config.window_max_bytes);
  window_events = count(kEventsPercent, kBytesPerEvent, config.window_max_events);
  snapshot_bytes = share(kSnapshotPercent, config.window_max_bytes);
  snapshot_keys = count(kKeysPercent, kBytesPerKey, config.snapshot_max_keys);
  tombstone_bytes = share(kTombstonesPercent, kMaxTombstoneBytes);
  frame_bytes = share(kFramesPercent, kUnbounded);
  message_ids = count(kMessageIdsPercent, kBytesPerMessageId, kMaxMessageIds);
  message_id_bytes = count(kMessageIdsPercent, kMessageIdTextDivisor, kMaxMessageIdBytes);
  filter_bytes = share(kFiltersPercent, kUnbounded);
  // Browsers speak HTTP/2 as soon as there is TLS. In the clear it takes prior knowledge, which
  // proxies have, and they need few sockets.
  const bool has_tls = !config.http_tls_cert_file.empty();
  const size_t bytes_per_socket =
      kBytesPerSocketWithKernel + (has_tls ? kBytesPerTls + kBytesPerHttp2 : 0);
  sockets = count(kSocketsPercent, bytes_per_socket, kUnbounded);
  http2_sessions = has_tls ? sockets : count(kHttp2Percent, kBytesPerHttp2, kUnbounded);
  head_bytes = std::max(share(kHeadsPercent, kMaxHeadBytes), kMinHeadBytes);
  answer_bytes = share(kAnswersPercent, config.window_max_bytes);
  received_bytes = share(kReceivedPercent, kMaxReceivedBytes);
  // Both ways of publishing have one share; a body of many events fits in any case.
  api_body_bytes = config.api_listen ? std::max(received_bytes / kApiDivisor, kMinApiBodyBytes) : 0;
  received_bytes -= std::min(2 * api_body_bytes, received_bytes / 2);
  grpc_calls = count(kGrpcCallsPercent, kBytesPerGrpcCall, kUnbounded);
  token_bytes = share(kTokensPercent, kMaxTokenBytes);
  send_queues_bytes = share(kSendQueuesPercent, kMaxSendQueuesBytes);
  lifecycle_bytes = share(kLifecyclePercent, kMaxLifecycleBytes);
  scratch_bytes = share(kTranscodingPercent, 2 * store::kMaxJsonBytes);
  json_bytes = std::min(window_bytes, store::kMaxJsonBytes);
  if (limit > 0) json_bytes = std::clamp<size_t>(limit / kJsonDivisor, 1, json_bytes);
}

}  // namespace ssegw::app
