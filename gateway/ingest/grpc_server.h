#ifndef SSEGW_GATEWAY_INGEST_GRPC_SERVER_H_
#define SSEGW_GATEWAY_INGEST_GRPC_SERVER_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "gateway/connections/connections.h"
#include "gateway/ingest/acceptor.h"
#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/connection_service.h"
#include "gateway/ingest/event_intake.h"
#include "gateway/ingest/event_validator.h"
#include "gateway/ingest/health_service.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publisher_auth.h"
#include "gateway/ingest/publisher_connections.h"
#include "gateway/ingest/publisher_service.h"
#include "gateway/ingest/reflection.h"
#include "gateway/ingest/reflection_service.h"
#include "gateway/ingest/stream_limit.h"
#include "gateway/ingest/tls_credentials.h"
#include "gateway/ingest/watch_source.h"
#include "gateway/ingest/watch_stream.h"
#include "gateway/ingest/workers.h"
#include "internal/base/endpoint.h"
#include "internal/base/time.h"
#include "internal/store/store.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::ingest {

struct GrpcServerOptions {
  base::Endpoint listen = {.port = 50051};
  size_t max_event_bytes = 262'144;
  // Of events that have none; zero: none.
  base::Duration default_ttl{0};
  // Of publishers; one more makes another that is silent go, or is refused.
  size_t max_connections = 1024;
  // Calls that stay open, of all connections together; one more is refused.
  size_t max_streams = 4096;
  // A connection older than this, give or take 15 %, is told to go. Zero: no limit.
  base::Duration max_age{0};
  // What received messages may take of memory, all publishers together; four of the largest events
  // always fit.
  size_t max_receive_bytes = size_t{128} * 1024 * 1024;
  // Who may publish.
  PublisherAuthOptions auth = {};
  // What ConnectionService asks; nullptr: there is no such service.
  connections::Connections* connections = nullptr;
  // Of a message to one connection, as text.
  size_t max_message_bytes = size_t{64} * 1024;
  // What server reflection tells of beside the services.
  FindSchemas schemas = nullptr;
  // What publishers shake hands with; nullptr: they speak in the clear.
  std::shared_ptr<const LiveTlsIdentity> tls = nullptr;
  // Who tells publishers of the demand; nullptr: nobody.
  BeginDemand begin_demand = nullptr;
  // Who tells watchers of connections; nullptr: nobody.
  BeginLifecycle begin_lifecycle = nullptr;
};

// The gRPC edge: PublisherService, ConnectionService, health and server reflection on one address.
//
// Owns:     the server, its services and what is behind them.
// Thread:   Start, StartLeaving, Shutdown and the destructor one; the rest any. gRPC has its own
//           threads.
// Lifetime: transcoder, store and stats outlive it. The destructor shuts down at once; a store that
//           answers later is stopped before.
// Errors:   Start: UNAVAILABLE with the system's reason.
class GrpcServer {
 public:
  GrpcServer(GrpcServerOptions options, const transcode::Transcoder& transcoder,
             store::Store& store, IngestStats& stats);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Listens, and returns where, with the real port. Health says NOT_SERVING until SetServing. Once.
  absl::StatusOr<base::Endpoint> Start();

  void SetServing(bool serving) { health_.SetServing(serving); }

  // Housekeeping; call several times a second.
  void Tick(base::TimePoint now);

  // What takes in events, for those that come another way too, and the threads for what takes long.
  // Any thread, from the beginning to the end.
  EventIntake& intake() { return intake_; }
  Workers& workers() { return workers_; }

  // Events that wait for the store to answer.
  size_t waiting_events() const { return intake_.waiting(); }
  // What publishers may have open, for the metrics.
  size_t max_connections() const { return peers_.max(); }
  size_t max_streams() const { return streams_.max(); }

  // The gateway drains: from now on events are refused with UNAVAILABLE, and a stream ends with it
  // after that answer. When the time for answers is over, publishers that said nothing are told to
  // go too: what follows is as in Shutdown, on a thread of its own. But whoever waits for the store
  // is waited for: stop the store, which answers them, when that has to end. Once, after Start.
  void StartLeaving(std::chrono::milliseconds answering, std::chrono::milliseconds grace);

  // Stops listening, ends the streams and the health watches, gives the streams until grace is over
  // to take their last answers, and then tells every connection to go (GOAWAY) and cancels the
  // rest. Blocks no longer than that and the moment that cancelling takes; with no stream open,
  // only for that moment. Cuts short what StartLeaving began.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  void MakeConnectionService();
  // What has been ended already stays so.
  void End(base::TimePoint deadline, std::chrono::milliseconds unary_grace);
  // Until publishers have their answers, or until the deadline. Returns whether some waited for the
  // store.
  bool WaitForAnswers(base::TimePoint deadline) const;
  // False: Shutdown was called before that.
  bool SleepUntil(base::TimePoint time) const;

  const GrpcServerOptions options_;
  IngestStats& stats_;
  PublisherConnections peers_;
  StreamLimit streams_;
  EventValidator validator_;
  EventIntake intake_;
  const PublisherAuth auth_;
  Workers workers_;
  WatchStreams watches_;
  PublisherService publisher_;
  std::optional<ConnectionService> connection_service_;
  UnknownMethods unknown_methods_;
  HealthService health_;
  const Reflection reflection_;
  ReflectionV1 reflection_v1_;
  ReflectionV1Alpha reflection_v1alpha_;
  // How publishers shake hands; gRPC asks it until the server is gone.
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  // After the services, so that it goes before them: its calls use them.
  std::unique_ptr<grpc::Server> server_;
  // How the server gets its connections.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections_;
  // It uses both.
  Acceptor acceptor_;
  // When Shutdown's grace is over; max: it was not called.
  std::atomic<base::TimePoint> cut_at_{base::TimePoint::max()};
  std::thread leaving_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_GRPC_SERVER_H_
