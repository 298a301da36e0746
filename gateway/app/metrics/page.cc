#include "gateway/app/metrics/page.h"

#include "gateway/app/metrics/exposition.h"
#include "gateway/app/metrics/families.h"

namespace ssegw::app {

std::string RenderMetrics(const MetricsSources& sources, http::MetricsFormat format) {
  Families families;
  AddConnections(sources.shards, sources.admission, sources.http, families);
  AddAuth(sources.auth, families);
  AddApi(sources.api, families);
  AddTls(sources.shards, sources.tls, families);
  AddPublishers(sources.ingest, sources.publisher_limits, families);
  AddWatchers(sources.lifecycle, sources.demand_watchers, families);
  AddDeliveries(sources.shards, families);
  AddLag(sources.shards, families);
  AddWindow(sources.window, families);
  AddStore(sources.window, sources.store, families);
  AddSharedLog(sources.store.shared_log_stats(), families);
  AddMemory(sources.memory, families);
  AddKeys(sources.keys, families);
  AddShards(sources.shards, families);
  AddReload(sources.reload, families);
  AddBuild(families);
  AddProcess(families);
  return SerializeMetrics(families.all(), format);
}

}  // namespace ssegw::app
