#ifndef SSEGW_GATEWAY_APP_MEMORY_BUDGET_H_
#define SSEGW_GATEWAY_APP_MEMORY_BUDGET_H_

#include <cstddef>

#include "gateway/config/config.h"

namespace ssegw::app {

// The shares of the memory limit: how far each class of memory may grow, whatever the others do.
// The window is the only one that gives memory back, so the other shares and the process itself
// are the whole limit.
//
// A share that is less than what a flag asks for overrules the flag.
struct MemoryBudget {
  // limit: bytes; 0: none, and the flags alone decide.
  MemoryBudget(const config::Config& config, size_t limit);

  // That many percent of limit, but no more than max.
  static size_t Share(size_t limit, size_t percent, size_t max);

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
  size_t http2_sessions;  // in the clear: with TLS any of sockets may be one
  size_t head_bytes;
  size_t answer_bytes;
  size_t received_bytes;  // by gRPC
  size_t api_body_bytes;  // of the HTTP API, while they come and once more while they wait
  size_t grpc_calls;
  size_t json_bytes;         // of one event
  size_t scratch_bytes;      // of all events that are being transcoded
  size_t token_bytes;        // of tokens that have been verified
  size_t send_queues_bytes;  // of messages that wait in connections
  size_t lifecycle_bytes;    // of what watchers of connections are told
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MEMORY_BUDGET_H_
