#ifndef SSEGW_GATEWAY_APP_METRICS_SUBJECTS_H_
#define SSEGW_GATEWAY_APP_METRICS_SUBJECTS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gateway/api/api_stats.h"
#include "gateway/app/memory_state.h"
#include "gateway/app/metrics/families.h"
#include "gateway/app/tls.h"
#include "gateway/auth/auth_stats.h"
#include "gateway/connections/lifecycle.h"
#include "gateway/http/http_stats.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/keys/key_intake.h"
#include "internal/net/shard/admission.h"
#include "internal/net/shard_thread.h"
#include "internal/store/store.h"
#include "internal/window/window.h"

namespace ssegw::app {

// The subjects of /metrics, a file each. Every function appends the families of its subject; a new
// metric is a few lines in one of them and a row in docs/metrics.md, which a test demands.

using Shards = std::vector<const net::ShardThread*>;

struct PublisherLimits {
  size_t connections;
  size_t streams;
};

// The last reading of the configuration, and the last one that had no fault.
struct ReloadState {
  bool successful = true;
  std::chrono::system_clock::time_point success_at;
  // How often other descriptor sets were taken, and refused.
  uint64_t sets_ok = 0;
  uint64_t sets_failed = 0;
};

void AddConnections(const Shards& shards, const net::Admission& admission,
                    const http::HttpStats& http, Families& families);
void AddAuth(const auth::AuthStats& stats, Families& families);
void AddApi(const api::ApiStats& stats, Families& families);
void AddTls(const Shards& shards, const TlsStats& tls, Families& families);
void AddPublishers(const ingest::IngestStats& stats, const PublisherLimits& limits,
                   Families& families);
void AddWatchers(const connections::LifecycleStats& lifecycle, size_t demand_watchers,
                 Families& families);
void AddDeliveries(const Shards& shards, Families& families);
void AddLag(const Shards& shards, Families& families);
void AddWindow(const window::Window& window, Families& families);
void AddStore(const window::Window& window, const store::Store& store, Families& families);
// stats: nullptr: the log is in memory, and there is nothing to say.
void AddSharedLog(const store::SharedLogStats* stats, Families& families);
void AddMemory(const MemoryState& memory, Families& families);
void AddKeys(const keys::KeyStats* keys, Families& families);
void AddShards(const Shards& shards, Families& families);
void AddReload(const ReloadState& reload, Families& families);
void AddBuild(Families& families);
// process_* under the names that Prometheus client libraries agree on, read from /proc/self now.
void AddProcess(Families& families);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_SUBJECTS_H_
