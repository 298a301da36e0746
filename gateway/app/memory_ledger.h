#ifndef SSEGW_GATEWAY_APP_MEMORY_LEDGER_H_
#define SSEGW_GATEWAY_APP_MEMORY_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/auth/token_cache.h"
#include "gateway/connections/demand.h"
#include "gateway/connections/lifecycle.h"
#include "gateway/http/public_service.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/enum_array.h"
#include "internal/net/shard_thread.h"
#include "internal/store/store.h"
#include "internal/transcode/scratch.h"
#include "internal/window/window.h"

namespace ssegw::app {

// What holds memory for long, or for as long as a peer likes. The ledger leaves out the process
// itself, some 12 MiB, and what each thread is working on.
enum class MemoryClass : uint8_t {
  kWindow,      // the log, without what the snapshot holds too
  kSnapshot,    // live keys, and the topics of both
  kTombstones,  // deletions that the snapshot remembers
  kFrames,      // that neither holds any more: half written, in mailboxes
  kEncodings,   // second encodings of frames, for envelope=1, and joined slices
  kMessageIds,
  kFilters,      // of connections, the index of them, and their counts
  kConnections,  // and other sockets of the public and the admin port, without what follows
  kHttp2,        // sessions, and their streams with their connections
  kHeads,        // requests that have come in part, or wait behind an answer
  kAnswers,      // that are being written
  kGrpcCalls,    // of publishers
  kTranscoding,  // JSON in the making
  kTokens,       // that have been verified
  kSendQueues,   // messages that wait in connections
  kLifecycle,    // what watchers of connections are told
  kLast = kLifecycle,
};
std::string_view ToString(MemoryClass memory_class);

// Bytes by class: gathered from what the parts count of themselves, each by its own thread, so that
// counting costs them no more than an addition.
class MemoryLedger {
 public:
  struct Sources {
    // Of both ports.
    std::vector<const net::ShardThread*> shards;
    const window::Window& window;
    const store::Store& store;
    const http::PublicService& public_service;
    const ingest::IngestStats& ingest;
    const transcode::Scratch& scratch;
    const auth::TokenCache* tokens;  // null: there are none
    const connections::Lifecycle& lifecycle;
    const connections::Demand& demand;
  };
  // Thread: any.
  // Cost:   locks the window and the store once each, and reads the counters of each shard.
  static MemoryLedger Take(const Sources& sources);

  size_t operator[](MemoryClass memory_class) const { return bytes_[memory_class]; }
  size_t sum() const;

 private:
  base::EnumArray<MemoryClass, size_t> bytes_{};
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_LEDGER_H_
