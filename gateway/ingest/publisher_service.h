#ifndef SSEGW_GATEWAY_INGEST_PUBLISHER_SERVICE_H_
#define SSEGW_GATEWAY_INGEST_PUBLISHER_SERVICE_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>

#include "gateway/ingest/event_intake.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publish_stream.h"
#include "gateway/ingest/publisher_auth.h"
#include "gateway/ingest/publisher_connections.h"
#include "gateway/ingest/stream_limit.h"
#include "gateway/ingest/watch_source.h"
#include "gateway/ingest/watch_stream.h"
#include "gateway/ingest/workers.h"
#include "internal/base/time.h"
#include "ssegateway/v1/publisher.grpc.pb.h"

namespace ssegw::ingest {

// ssegateway.v1.PublisherService. Takes raw bytes, so that a malformed event is an error of that
// event alone, and because the transcoder wants the payload's bytes anyway.
//
// Owns:     the open streams' registry; each stream owns itself.
// Thread:   any.
// Lifetime: its parts outlive it; it outlives the server's shutdown.
// Errors:   those of EventIntake, as the status of Publish and in the answers of the streams.
//           A call with too much metadata, of a page, without the credentials that it needs, or
//           with messages in an encoding that is not taken, is refused (call_rules.h,
//           publisher_auth.h, received_message.h).
class PublisherService final
    : public ssegateway::v1::PublisherService::WithRawCallbackMethod_Publish<
          ssegateway::v1::PublisherService::WithRawCallbackMethod_PublishStream<
              ssegateway::v1::PublisherService::WithRawCallbackMethod_PublishBatch<
                  ssegateway::v1::PublisherService::WithRawCallbackMethod_WatchDemand<
                      ssegateway::v1::PublisherService::Service>>>> {
 public:
  using StreamReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

  struct Parts {
    EventIntake& intake;
    IngestStats& stats;
    PublisherConnections& connections;
    StreamLimit& streams;
    Workers& workers;
    const PublisherAuth& auth;
    size_t max_event_bytes;
    WatchStreams& watches;
    // nullptr: nobody counts.
    BeginDemand begin_demand;
  };
  explicit PublisherService(const Parts& parts);

  // From now on events are refused with UNAVAILABLE. A stream ends with it after that answer, so
  // that its publisher goes elsewhere.
  void StartRefusing() { parts_.intake.StartRefusing(); }

  // Ends every stream with UNAVAILABLE: at once, or after the answers to its events in flight.
  void EndStreams() { streams_.StopReading(); }
  // Ends those whose time is over: of connections that are as old as they may get, and of tokens
  // that have expired.
  void EndDue(base::TimePoint now) { streams_.EndDue(now); }

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  StreamReactor* PublishStream(grpc::CallbackServerContext* context) override;
  StreamReactor* PublishBatch(grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchDemand(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request) override;

 private:
  template <typename Stream>
  StreamReactor* Open(grpc::CallbackServerContext* context);

  const Parts parts_;
  PublishStreams streams_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISHER_SERVICE_H_
