#ifndef SSEGW_GATEWAY_INGEST_CONNECTION_SERVICE_H_
#define SSEGW_GATEWAY_INGEST_CONNECTION_SERVICE_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/connections/connections.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/operator_call.h"
#include "gateway/ingest/publisher_auth.h"
#include "gateway/ingest/publisher_connections.h"
#include "gateway/ingest/watch_source.h"
#include "gateway/ingest/watch_stream.h"
#include "gateway/ingest/workers.h"
#include "ssegateway/v1/connections.grpc.pb.h"

namespace ssegw::ingest {

// ssegateway.v1.ConnectionService: asks connections::Connections for those who may. It takes raw
// bytes, since compressed messages come as they are (received_message.h).
//
// Thread:   any.
// Lifetime: its parts outlive it; it outlives the server's shutdown. An answer that comes after the
//           call has ended goes nowhere.
// Errors:   those of Connections. A call that is refused for what it brings, or does not show who
//           makes it, is refused as a publisher's is. PERMISSION_DENIED: who makes it has not the
//           word "@connections" in his grants.
class ConnectionService final
    : public ssegateway::v1::ConnectionService::WithRawCallbackMethod_ListConnections<
          ssegateway::v1::ConnectionService::WithRawCallbackMethod_GetConnection<
              ssegateway::v1::ConnectionService::WithRawCallbackMethod_SendToConnection<
                  ssegateway::v1::ConnectionService::WithRawCallbackMethod_CloseConnections<
                      ssegateway::v1::ConnectionService::WithRawCallbackMethod_WatchConnections<
                          ssegateway::v1::ConnectionService::Service>>>>> {
 public:
  struct Parts {
    connections::Connections& connections;
    IngestStats& stats;
    PublisherConnections& peers;
    Workers& workers;
    const PublisherAuth& auth;
    size_t max_request_bytes;
    WatchStreams& watches;
    // nullptr: nobody tells.
    BeginLifecycle begin_lifecycle;
  };
  explicit ConnectionService(const Parts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* ListConnections(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetConnection(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SendToConnection(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* CloseConnections(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchConnections(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override;

 private:
  using End = std::shared_ptr<OperatorCallEnd>;
  // Asks what a request asks. It may be called when the call is gone, and this too.
  using Ask = std::function<void(const End& end, const PublisherPtr& publisher)>;

  // Finds out who calls, and asks if he may. read: reads the request.
  grpc::ServerUnaryReactor* Begin(grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
                                  Operation operation,
                                  const std::function<absl::StatusOr<Ask>()>& read);
  // context: is used only if the call is there.
  void Identified(grpc::CallbackServerContext* context, const End& end, const Identity& identity,
                  const Ask& ask);
  // A request of that type.
  template <typename Request>
  absl::StatusOr<Request> Read(grpc::CallbackServerContext* context,
                               const grpc::ByteBuffer& request) const;

  const Parts parts_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_CONNECTION_SERVICE_H_
