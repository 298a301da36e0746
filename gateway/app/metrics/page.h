#ifndef SSEGW_GATEWAY_APP_METRICS_PAGE_H_
#define SSEGW_GATEWAY_APP_METRICS_PAGE_H_

#include <string>

#include "gateway/app/metrics/subjects.h"
#include "gateway/http/admin_service.h"

namespace ssegw::app {

// Where the numbers of /metrics are kept.
struct MetricsSources {
  Shards shards;
  const net::Admission& admission;
  const http::HttpStats& http;
  const auth::AuthStats& auth;
  const api::ApiStats& api;
  const TlsStats& tls;
  const ingest::IngestStats& ingest;
  PublisherLimits publisher_limits;
  const connections::LifecycleStats& lifecycle;
  size_t demand_watchers;
  const window::Window& window;
  const store::Store& store;
  MemoryState memory;
  const keys::KeyStats* keys;  // null: nobody needs a token
  ReloadState reload;
};

// /metrics: every metric of docs/metrics.md, gathered now.
// Thread: any.
// Cost:   does not depend on how many connections there are: each shard counts as it goes, and once
//         a second it counts what takes a walk over its connections (net::ShardReport).
std::string RenderMetrics(const MetricsSources& sources, http::MetricsFormat format);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_PAGE_H_
