#include "gateway/app/make_store.h"

#include <cstdint>

#include "gateway/app/nats_options.h"
#include "gateway/app/part_options.h"
#include "internal/nats/libnats_link.h"
#include "internal/store/jetstream/jetstream_store.h"
#include "internal/store/memory_store.h"

namespace ssegw::app {
namespace {

// As configured, not within this process's budget: the streams are of all replicas.
store::jetstream::StreamsOptions StreamsOptionsOf(const config::Config& config) {
  return {.name = config.nats_stream,
          .replicas = static_cast<int64_t>(config.nats_replicas),
          .in_memory = config.nats_storage == config::NatsStorage::kMemory,
          .max_events = config.window_max_events,
          .max_bytes = config.window_max_bytes,
          .max_age = config.window_max_age,
          .dedup_window = config.dedup_window,
          .max_keys = config.snapshot_max_keys,
          .publish_timeout = config.store_publish_timeout};
}

}  // namespace

std::unique_ptr<store::Store> MakeStore(const config::Config& config, const Budget& budget,
                                        window::Window& window) {
  if (!config.store.is_shared()) {
    return std::make_unique<store::MemoryStore>(window, StoreOptionsOf(config, budget));
  }
  return std::make_unique<store::jetstream::JetStreamStore>(
      window, std::make_unique<nats::LibnatsDialer>(DialOptionsOf(config)),
      StreamsOptionsOf(config));
}

}  // namespace ssegw::app
