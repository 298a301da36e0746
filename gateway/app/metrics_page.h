#ifndef SSEGW_GATEWAY_APP_METRICS_PAGE_H_
#define SSEGW_GATEWAY_APP_METRICS_PAGE_H_

#include <string>
#include <vector>

#include "gateway/http/http_stats.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/net/shard_thread.h"
#include "internal/store/memory_store.h"
#include "internal/window/window.h"

namespace ssegw::app {

// Where the numbers of /metrics are kept. All outlive the page.
struct MetricsSources {
  std::vector<const net::ShardThread*> shards;
  const ingest::IngestStats* ingest;
  const http::HttpStats* http;
  const window::Window* window;
  const store::MemoryStore* store;
};

// /metrics in Prometheus text format 0.0.4: every metric of docs/metrics.md, gathered now.
// Thread: any.
std::string RenderMetrics(const MetricsSources& sources);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_PAGE_H_
