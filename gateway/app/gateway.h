#ifndef SSEGW_GATEWAY_APP_GATEWAY_H_
#define SSEGW_GATEWAY_APP_GATEWAY_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gateway/app/budget.h"
#include "gateway/app/edge.h"
#include "gateway/app/file_watch.h"
#include "gateway/app/memory_use.h"
#include "gateway/app/memory_watch.h"
#include "gateway/app/publisher_access.h"
#include "gateway/app/reloader.h"
#include "gateway/app/subscriber_auth.h"
#include "gateway/app/tls.h"
#include "gateway/app/tokens.h"
#include "gateway/auth/auth_stats.h"
#include "gateway/config/config.h"
#include "gateway/http/admin_service.h"
#include "gateway/http/http_stats.h"
#include "gateway/http/public_service.h"
#include "gateway/ingest/grpc_server.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/time.h"
#include "internal/metrics/counter.h"
#include "internal/store/memory_store.h"
#include "internal/transcode/live_schemas.h"
#include "internal/transcode/schemas.h"
#include "internal/transcode/scratch.h"
#include "internal/window/window.h"

namespace ssegw::app {

// The whole process except its signals: makes the parts, wires them, and ends them.
//
// Owns:     everything. The order of the members is the order in which they need one another.
// Thread:   the main one; it starts the others.
class Gateway {
 public:
  // schemas: of the configuration's descriptor sets. Neither is null.
  Gateway(const config::Config& config, std::shared_ptr<const transcode::Schemas> schemas,
          std::unique_ptr<Tls> tls);
  ~Gateway();

  // Listens on all three addresses, logs them, and is ready. The Status names the address that
  // cannot be listened on.
  absl::Status Start();

  // Housekeeping; call several times a second. If it is not called for long, /healthz says so.
  void Tick();

  // Applies the options that can change at run time: to connections that open, requests that come,
  // events that are published and deadlines that are set from now on. The other options keep their
  // values.
  void Apply(const Reloaded& reloaded, const config::Config& config,
             const std::shared_ptr<const transcode::Schemas>& schemas);

  // SIGHUP has come: files of credentials are read again at once.
  void RereadFiles() { file_watch_.Ask(); }

  // How it leaves, one call after the other:
  // not ready any more, while everything goes on so that load balancers notice;
  void BeginDrain();
  // no new connections and no more events; the connections leave over the drain window, the
  // publishers in its first seconds;
  void Leave();
  // closes what is left. The grace is the time that publishers' streams have for their last
  // answers.
  enum class Grace { kNone, kPublishers };
  void Stop(Grace grace);

  // Open sockets of the public port.
  size_t sockets() const { return edge_.sockets(); }

 private:
  enum class Phase { kStarting, kReady, kDraining };

  http::PublicServiceOptions PublicOptions();
  ingest::GrpcServerOptions GrpcOptions();
  http::AdminSources AdminSources();
  void LogStart(const base::Endpoint& grpc_bound) const;
  std::string Metrics(http::MetricsFormat format) const;
  bool Healthy() const;
  std::optional<std::string> NotReady() const;

  config::Config config_;
  std::atomic<Phase> phase_{Phase::kStarting};
  bool stopped_ = false;
  std::atomic<base::TimePoint> ticked_at_{base::Now()};
  base::TimePoint next_log_;
  // The last reading of the configuration, for a scrape; the start read it too.
  std::atomic<bool> reload_ok_{true};
  std::atomic<std::chrono::system_clock::time_point> reloaded_at_{std::chrono::system_clock::now()};
  metrics::SharedCounter set_reloads_ok_;
  metrics::SharedCounter set_reloads_failed_;

  const MemoryUse memory_use_;
  const Budget budget_;
  transcode::Scratch scratch_;
  transcode::LiveSchemas schemas_;
  window::Window window_;
  store::MemoryStore store_;
  std::optional<Tokens> tokens_;  // absent: nobody needs one
  auth::AuthStats auth_stats_;
  PublisherAccess publisher_access_;
  std::optional<SubscriberAuth> subscriber_auth_;  // absent: everybody may read everything
  ingest::IngestStats ingest_stats_;
  http::HttpStats http_stats_;
  const std::unique_ptr<Tls> tls_;
  http::PublicService public_service_;
  http::AdminService admin_service_;
  Edge edge_;
  MemoryWatch memory_watch_;
  ingest::GrpcServer grpc_server_;
  FileWatch file_watch_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_GATEWAY_H_
