#include "gateway/ingest/publisher_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/unary_publish.h"

namespace ssegw::ingest {

PublisherService::PublisherService(const Parts& parts)
    : parts_(parts), streams_(parts.stats, parts.streams) {}

grpc::ServerUnaryReactor* PublisherService::Publish(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  const auto received = base::Moment::Now();
  std::string peer = PeerOf(*context);
  parts_.connections.Called(peer);
  const auto finish = [context](const grpc::Status& status) {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  };
  if (const absl::Status status = CheckMetadata(*context); !status.ok()) {
    return finish(RefuseCall(Refusal::kMetadata, status, context, &parts_.stats));
  }
  auto call =
      std::make_unique<UnaryPublish>(UnaryPublish::Call{.intake = parts_.intake,
                                                        .stats = parts_.stats,
                                                        .connections = parts_.connections,
                                                        .max_event_bytes = parts_.max_event_bytes,
                                                        .context = context,
                                                        .request = request,
                                                        .response = response,
                                                        .peer = std::move(peer),
                                                        .received = received});
  if (request->Length() >= kLargeMessageBytes) {
    parts_.workers.Run([call = call.get()] { call->Work(); });
  } else if (const std::optional<grpc::Status> status = call->Begin()) {
    // gRPC runs the reactions of its own reactor at once, and those of others on another thread.
    return finish(*status);
  }
  return call.release();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublisherService::PublishStream(
    grpc::CallbackServerContext* context) {
  std::string peer = PeerOf(*context);
  const base::TimePoint ends_at = parts_.connections.Called(peer);
  if (const absl::Status status = CheckMetadata(*context); !status.ok()) {
    return NewRefusedStream(RefuseCall(Refusal::kMetadata, status, context, &parts_.stats));
  }
  if (const absl::Status status = streams_.Reserve(); !status.ok()) {
    return NewRefusedStream(RefuseCall(Refusal::kStreams, status, context, &parts_.stats));
  }
  return PublishStream::Start({.context = context,
                               .max_event_bytes = parts_.max_event_bytes,
                               .stats = parts_.stats,
                               .connections = parts_.connections,
                               .workers = parts_.workers,
                               .peer = std::move(peer),
                               .ends_at = ends_at},
                              parts_.intake, streams_);
}

}  // namespace ssegw::ingest
