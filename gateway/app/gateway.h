#ifndef SSEGW_GATEWAY_APP_GATEWAY_H_
#define SSEGW_GATEWAY_APP_GATEWAY_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gateway/app/api.h"
#include "gateway/app/availability.h"
#include "gateway/app/budget.h"
#include "gateway/app/edge.h"
#include "gateway/app/file_watch.h"
#include "gateway/app/make_store.h"
#include "gateway/app/memory_use.h"
#include "gateway/app/memory_watch.h"
#include "gateway/app/publisher_access.h"
#include "gateway/app/reloader.h"
#include "gateway/app/replicas.h"
#include "gateway/app/subscriber_auth.h"
#include "gateway/app/tls.h"
#include "gateway/app/tokens.h"
#include "gateway/auth/auth_stats.h"
#include "gateway/config/config.h"
#include "gateway/connections/connection_news.h"
#include "gateway/connections/connections.h"
#include "gateway/connections/demand.h"
#include "gateway/connections/lifecycle.h"
#include "gateway/connections/local_connections.h"
#include "gateway/http/admin_service.h"
#include "gateway/http/http_stats.h"
#include "gateway/http/public_service.h"
#include "gateway/ingest/grpc_server.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/operators/operator_service.h"
#include "internal/base/time.h"
#include "internal/metrics/counter.h"
#include "internal/store/store.h"
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
          std::unique_ptr<Tls> tls, const StoreMaker& make_store = MakeStore);
  ~Gateway();

  // How it begins, one call after the other. Errors: an address that cannot be listened on.
  // The admin port, which tells that the gateway is not ready;
  absl::Status Start();
  // once the store has loaded, the public port and the publishers': they are logged, and the
  // gateway is ready. What is published from then on reaches those who connect from then on.
  absl::Status Open();

  // The log is not in memory yet: nobody can be served. Call Tick meanwhile.
  bool loading() const;
  // Why it will never be.
  absl::Status fault() const { return store_->fault(); }

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
  // events that still wait for the store are answered: they may have been stored or not;
  void StopStore() { store_->Stop(); }
  // closes what is left. The grace is the time that publishers' streams have for their last
  // answers.
  enum class Grace { kNone, kPublishers };
  void Stop(Grace grace);

  // Those of all gateways that share the log. Thread: any.
  connections::Connections& connections() {
    return replicas_ ? replicas_->connections() : local_connections_;
  }
  // Open sockets of the public port.
  size_t sockets() const { return edge_.sockets(); }
  // Events that wait for the store to answer.
  size_t waiting_events() const { return grpc_server_.waiting_events(); }
  // As they are bound.
  const base::Endpoint& public_port() const { return edge_.public_port(); }
  const base::Endpoint& publishers_port() const { return grpc_bound_; }
  const base::Endpoint& admin_port() const { return edge_.admin_port(); }

 private:
  enum class Phase { kStarting, kReady, kDraining };

  http::PublicServiceOptions PublicOptions();
  connections::Lifecycle::Options LifecycleOptions();
  std::optional<Replicas> MakeReplicas();
  ingest::GrpcServerOptions GrpcOptions();
  http::AdminSources AdminSources();
  operators::OperatorOptions OperatorOptions();
  void LogStart() const;
  std::string Metrics(http::MetricsFormat format) const;
  bool Healthy() const;
  std::optional<std::string> NotReady() const;
  // Tells publishers and connections whether the store is there.
  void TellOfStore(base::TimePoint now);

  config::Config config_;
  const StorePatience store_patience_;
  std::atomic<Phase> phase_{Phase::kStarting};
  bool stopped_ = false;
  base::Endpoint grpc_bound_;
  // What publishers and connections have been told of the store.
  bool told_serving_ = false;
  bool told_stale_ = false;
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
  const std::unique_ptr<store::Store> store_;
  std::optional<Tokens> tokens_;  // absent: nobody needs one
  auth::AuthStats auth_stats_;
  PublisherAccess publisher_access_;
  std::optional<SubscriberAuth> subscriber_auth_;  // absent: everybody may read everything
  ingest::IngestStats ingest_stats_;
  http::HttpStats http_stats_;
  const std::unique_ptr<Tls> tls_;
  http::PublicService public_service_;
  http::AdminService admin_service_;
  Api api_;
  Edge edge_;
  connections::LocalConnections local_connections_;
  connections::Lifecycle lifecycle_;
  connections::Demand demand_;
  std::optional<Replicas> replicas_;  // absent: this gateway shares its log with nobody
  const operators::OperatorService operators_;
  // Told until edge_ is stopped, which the destructor does.
  connections::ConnectionNews connection_news_;
  MemoryWatch memory_watch_;
  ingest::GrpcServer grpc_server_;
  FileWatch file_watch_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_GATEWAY_H_
