#ifndef SSEGW_GATEWAY_INGEST_PUBLISHER_SERVICE_H_
#define SSEGW_GATEWAY_INGEST_PUBLISHER_SERVICE_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "gateway/ingest/event_intake.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publish_stream.h"
#include "ssegateway/v1/publisher.grpc.pb.h"

namespace ssegw::ingest {

// ssegateway.v1.PublisherService. Takes raw bytes, so that a malformed event is an error of that
// event alone, and because the transcoder wants the payload's bytes anyway.
//
// Owns:     the open streams' registry; each stream owns itself.
// Thread:   any.
// Lifetime: intake and stats outlive it; it outlives the server's shutdown.
// Errors:   those of EventIntake, as the status of Publish and in the answers of PublishStream.
class PublisherService final
    : public ssegateway::v1::PublisherService::WithRawCallbackMethod_Publish<
          ssegateway::v1::PublisherService::WithRawCallbackMethod_PublishStream<
              ssegateway::v1::PublisherService::Service>> {
 public:
  PublisherService(EventIntake* intake, IngestStats* stats);

  // From now on events are refused with UNAVAILABLE. A stream ends with it after that answer, so
  // that its publisher goes elsewhere.
  void StartRefusing() { intake_->StartRefusing(); }

  // Ends every stream with UNAVAILABLE: at once, or after the answer to the event in hand.
  void EndStreams() { streams_.StopReading(); }

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublishStream(
      grpc::CallbackServerContext* context) override;

 private:
  EventIntake* const intake_;
  PublishStreams streams_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISHER_SERVICE_H_
