#ifndef SSEGW_GATEWAY_APP_MEMORY_LEDGER_H_
#define SSEGW_GATEWAY_APP_MEMORY_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/http/public_service.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/enum_array.h"
#include "internal/net/shard_thread.h"
#include "internal/store/memory_store.h"
#include "internal/transcode/scratch.h"
#include "internal/window/window.h"

namespace ssegw::app {

// What takes memory for as long as it likes, or as others like. What does not is the process
// itself, some 12 MiB, and what each thread has in hand.
enum class MemoryClass : uint8_t {
  kWindow,      // the log, without what the snapshot holds too
  kSnapshot,    // live keys, and the topics of both
  kTombstones,  // deletions that the snapshot remembers
  kFrames,      // that neither holds any more: half written, in mailboxes
  kEncodings,   // second ones of frames, for envelope=1
  kMessageIds,
  kFilters,      // of streams, and their index
  kConnections,  // of the public and the admin port, without what follows
  kHeads,        // requests that have not come whole, or wait behind an answer
  kAnswers,      // that are being written
  kGrpcCalls,    // of publishers
  kTranscoding,  // JSON in the making
  kLast = kTranscoding,
};
std::string_view ToString(MemoryClass memory_class);

// The shares of a limit: how far each class may grow, whatever the others do. The window is the
// only one that gives back what it has; so the other shares and the process itself are the whole.
//
// Where a share is less than what a flag says, the share holds.
struct MemoryBudget {
  // limit: 0: none, and the flags alone say.
  MemoryBudget(const config::Config& config, size_t limit);

  // Of a share in percent; what: the most that is of use.
  static size_t Share(size_t limit, size_t percent, size_t what);

  size_t window_bytes;
  size_t window_events;
  size_t snapshot_bytes;
  size_t snapshot_keys;
  size_t tombstone_bytes;
  size_t frame_bytes;
  size_t message_ids;
  size_t message_id_bytes;
  size_t filter_bytes;
  size_t sockets;
  size_t head_bytes;
  size_t answer_bytes;
  size_t received_bytes;  // gRPC's own
  size_t grpc_calls;
  size_t json_bytes;     // of one event
  size_t scratch_bytes;  // of all events that are being transcoded
};

// Bytes by class: gathered from what the parts count of themselves, each by its own thread, so that
// counting costs them no more than an addition.
class MemoryLedger {
 public:
  struct Sources {
    std::vector<const net::ShardThread*> shards;
    const window::Window* window;
    const store::MemoryStore* store;
    const http::PublicService* public_service;
    const ingest::IngestStats* ingest;
    const transcode::Scratch* scratch;
  };
  // Thread: any.
  // Cost:   a lock of the window's and one of the store's, and a look at each shard.
  static MemoryLedger Take(const Sources& sources);

  size_t operator[](MemoryClass memory_class) const { return bytes_[memory_class]; }
  size_t sum() const;

 private:
  base::EnumArray<MemoryClass, size_t> bytes_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_LEDGER_H_
