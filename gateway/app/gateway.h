#ifndef SSEGW_GATEWAY_APP_GATEWAY_H_
#define SSEGW_GATEWAY_APP_GATEWAY_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/app/memory_guard.h"
#include "gateway/app/memory_ledger.h"
#include "gateway/app/memory_use.h"
#include "gateway/app/reloader.h"
#include "gateway/config/config.h"
#include "gateway/http/admin_service.h"
#include "gateway/http/http_stats.h"
#include "gateway/http/public_service.h"
#include "gateway/ingest/grpc_server.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/metrics/counter.h"
#include "internal/net/admission.h"
#include "internal/net/listener.h"
#include "internal/net/shard_thread.h"
#include "internal/store/memory_store.h"
#include "internal/transcode/live_schemas.h"
#include "internal/transcode/schemas.h"
#include "internal/transcode/scratch.h"
#include "internal/transcode/transcoder.h"
#include "internal/window/window.h"

namespace ssegw::app {

// The whole process but for its signals: makes the parts, wires them, and ends them in order.
//
// Owns:     everything. The order of the members is the order in which they need one another.
// Thread:   the main one; it starts the others.
class Gateway {
 public:
  // schemas: of the configuration's descriptor sets; not null.
  Gateway(const config::Config& config, std::shared_ptr<const transcode::Schemas> schemas);
  ~Gateway();

  // Listens on all three addresses, logs them, and is ready. The Status names the address that is
  // not to be had.
  absl::Status Start();

  // Housekeeping; call some times a second. Where it is not called for long, /healthz says so.
  void Tick();

  // The configuration has been read again. What of it can change at run time does: for connections
  // that open, requests that come, events that are published and deadlines that are set from now
  // on. The rest of it is as it was.
  void Apply(const Reloaded& reloaded, const config::Config& config,
             const std::shared_ptr<const transcode::Schemas>& schemas);

  // Leaving in order, one call after the other:
  // not ready any more, while everything goes on so that load balancers notice;
  void BeginDrain();
  // no new connections and no more events; the connections leave over the drain window, the
  // publishers in its first seconds;
  void Leave();
  // closes what is left. in_order: publishers' streams have a moment for their last answers.
  void Stop(bool in_order);

  // Event streams and other public connections that are open.
  size_t connections() const;

 private:
  std::string Metrics(http::MetricsFormat format) const;
  net::HttpLater Slowest(size_t k) const;
  bool Healthy() const;
  void GuardMemory(base::TimePoint now);
  std::optional<std::string> NotReady() const;

  enum class Phase { kStarting, kReady, kDraining };

  MemoryLedger Ledger() const;

  config::Config config_;
  std::atomic<Phase> phase_{Phase::kStarting};
  std::atomic<base::TimePoint> ticked_at_{base::Now()};
  const MemoryUse memory_;
  const MemoryBudget budget_;
  MemoryGuard memory_guard_;
  MemoryReleaser memory_releaser_;
  // Of the guard's last look, for a scrape.
  std::atomic<size_t> memory_in_use_{0};
  std::atomic<MemoryGuard::Level> memory_level_{MemoryGuard::Level::kNone};
  std::atomic<bool> starves_{false};
  bool window_gave_ = false;
  base::TimePoint cut_at_;
  base::TimePoint next_log_;
  // Of the configuration, for a scrape. At the start it was read too.
  std::atomic<bool> reload_ok_{true};
  std::atomic<std::chrono::system_clock::time_point> reloaded_at_{std::chrono::system_clock::now()};

  transcode::Scratch scratch_;
  transcode::LiveSchemas schemas_;
  metrics::SharedCounter set_reloads_ok_;
  metrics::SharedCounter set_reloads_failed_;
  window::Window window_;
  store::MemoryStore store_;
  ingest::IngestStats ingest_stats_;
  http::HttpStats http_stats_;
  http::PublicService public_service_;
  http::AdminService admin_service_;
  net::Admission admission_;
  std::vector<std::unique_ptr<net::ShardThread>> shards_;
  // Accepts for all, and serves the admin port, so that neither waits for a busy shard.
  std::unique_ptr<net::ShardThread> front_;
  std::unique_ptr<net::Listener> public_listener_;
  std::unique_ptr<net::Listener> admin_listener_;
  std::unique_ptr<ingest::GrpcServer> grpc_server_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_GATEWAY_H_
