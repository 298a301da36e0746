#ifndef SSEGW_GATEWAY_APP_METRICS_PAGE_H_
#define SSEGW_GATEWAY_APP_METRICS_PAGE_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/app/memory_watch.h"
#include "gateway/http/admin_service.h"
#include "gateway/http/http_stats.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/net/admission.h"
#include "internal/net/shard_thread.h"
#include "internal/store/memory_store.h"
#include "internal/window/window.h"

namespace ssegw::app {

// The last reading of the configuration, and the last one that had no fault.
struct ReloadState {
  bool successful = true;
  std::chrono::system_clock::time_point success_at;
  // How often other descriptor sets were taken, and refused.
  uint64_t sets_ok = 0;
  uint64_t sets_failed = 0;
};

// Where the numbers of /metrics are kept. All outlive the page.
struct MetricsSources {
  std::vector<const net::ShardThread*> shards;
  const ingest::IngestStats* ingest;
  size_t max_publisher_connections;
  size_t max_publisher_streams;
  const http::HttpStats* http;
  const window::Window* window;
  const store::MemoryStore* store;
  const net::Admission* admission;
  MemoryState memory;
  ReloadState reload;
};

// /metrics: every metric of docs/metrics.md, gathered now.
// Thread: any.
// Cost:   does not depend on the connections: what the shards count is summed, and what would have
//         to be counted each of them takes once a second (net::ShardReport).
std::string RenderMetrics(const MetricsSources& sources, http::MetricsFormat format);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_PAGE_H_
