#ifndef SSEGW_GATEWAY_INGEST_HEALTH_SERVICE_H_
#define SSEGW_GATEWAY_INGEST_HEALTH_SERVICE_H_

#include <grpcpp/support/server_callback.h>

#include <cstddef>

#include "absl/container/flat_hash_set.h"
#include "gateway/ingest/publisher_connections.h"
#include "gateway/ingest/stream_limit.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "internal/base/mutex.h"

namespace ssegw::ingest {

class HealthWatch;

// grpc.health.v1.Health (gRPC's doc/health-checking.md) for "" (the whole server) and
// "ssegateway.v1.PublisherService", which are always of one mind. gRPC's own service cannot be
// described by server reflection, so this one is compiled in. Takes raw bytes, since the server
// leaves it to its services to inflate what comes compressed.
//
// Owns:     the registry of open Watch calls; each owns itself.
// Thread:   any.
// Lifetime: outlives the server's shutdown.
// Errors:   a Watch beyond the limit of streams is UNAVAILABLE; an unknown service is NOT_FOUND for
// Check and SERVICE_UNKNOWN for Watch.
class HealthService final : public grpc::health::v1::Health::WithRawCallbackMethod_Check<
                                grpc::health::v1::Health::WithRawCallbackMethod_Watch<
                                    grpc::health::v1::Health::Service>> {
 public:
  // Begins with NOT_SERVING. Both outlive it.
  HealthService(PublisherConnections* connections, StreamLimit* streams)
      : connections_(connections), streams_(streams) {}

  void SetServing(bool serving);

  // Ends every Watch call with UNAVAILABLE, those to come too.
  void EndWatches();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request) override;

  size_t OpenWatchesForTest();

 private:
  friend class HealthWatch;

  void Remove(HealthWatch* watch);

  PublisherConnections* const connections_;
  StreamLimit* const streams_;
  base::Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<HealthWatch*> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_HEALTH_SERVICE_H_
