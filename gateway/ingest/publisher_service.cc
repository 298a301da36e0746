#include "gateway/ingest/publisher_service.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/ingest/batch_stream.h"
#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/demand_request.h"
#include "gateway/ingest/event_stream.h"
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
  if (const auto bad = CheckMetadata(*context)) {
    return finish(RefuseCall(bad->refusal, bad->status, context, &parts_.stats));
  }
  const PublisherCredentials credentials = CredentialsOf(*context);
  IdentityOrWait identity = parts_.auth.Identify(credentials, received.wall);
  if (const auto* const refused = std::get_if<Unidentified>(&identity)) {
    return finish(RefuseCall(Refusal::kUnauthenticated, refused->status, context, &parts_.stats,
                             refused->subject));
  }
  const bool waits = std::holds_alternative<NeedsKeys>(identity);
  auto call =
      std::make_unique<UnaryPublish>(UnaryPublish::Call{.intake = parts_.intake,
                                                        .stats = parts_.stats,
                                                        .connections = parts_.connections,
                                                        .workers = parts_.workers,
                                                        .max_event_bytes = parts_.max_event_bytes,
                                                        .context = context,
                                                        .request = request,
                                                        .response = response,
                                                        .peer = std::move(peer),
                                                        .received = received},
                                     waits ? nullptr : std::get<PublisherPtr>(std::move(identity)));
  if (waits) {
    call->Wait();
    parts_.auth.IdentifyLater(
        credentials, [call = call.get()](Identity later) { call->Identified(std::move(later)); });
  } else if (request->Length() >= kLargeMessageBytes) {
    parts_.workers.Run([call = call.get()] { call->Work(); });
  } else if (const std::optional<grpc::Status> status = call->Begin()) {
    // gRPC runs the reactions of its own reactor at once, and those of others on another thread.
    return finish(*status);
  }
  return call.release();
}

PublisherService::StreamReactor* PublisherService::PublishStream(
    grpc::CallbackServerContext* context) {
  return Open<EventStream>(context);
}

PublisherService::StreamReactor* PublisherService::PublishBatch(
    grpc::CallbackServerContext* context) {
  return Open<BatchStream>(context);
}

template <typename Stream>
PublisherService::StreamReactor* PublisherService::Open(grpc::CallbackServerContext* context) {
  std::string peer = PeerOf(*context);
  const base::TimePoint ends_at = parts_.connections.Called(peer);
  if (const auto bad = CheckMetadata(*context)) {
    return NewRefusedStream(RefuseCall(bad->refusal, bad->status, context, &parts_.stats));
  }
  const PublisherCredentials credentials = CredentialsOf(*context);
  IdentityOrWait identity = parts_.auth.Identify(credentials, std::chrono::system_clock::now());
  if (const auto* const refused = std::get_if<Unidentified>(&identity)) {
    return NewRefusedStream(RefuseCall(Refusal::kUnauthenticated, refused->status, context,
                                       &parts_.stats, refused->subject));
  }
  if (const absl::Status status = streams_.Reserve(); !status.ok()) {
    return NewRefusedStream(RefuseCall(Refusal::kStreams, status, context, &parts_.stats));
  }
  PublishCall call = {.context = context,
                      .max_event_bytes = parts_.max_event_bytes,
                      .stats = parts_.stats,
                      .connections = parts_.connections,
                      .workers = parts_.workers,
                      .peer = std::move(peer),
                      .ends_at = ends_at};
  // Deletes itself.
  auto* const stream = new Stream(std::move(call), parts_.intake, streams_);
  if (auto* const publisher = std::get_if<PublisherPtr>(&identity)) {
    stream->Start(std::move(*publisher));
    return stream;
  }
  stream->StartWaiting();
  parts_.auth.IdentifyLater(credentials,
                            [stream](Identity later) { stream->Identified(std::move(later)); });
  return stream;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* PublisherService::WatchDemand(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return parts_.watches.Start(
      context,
      [this, filters = DemandFiltersOf(*request, context)](
          const Publisher* publisher, Wake wake) -> absl::StatusOr<std::unique_ptr<WatchSource>> {
        if (parts_.begin_demand == nullptr) return absl::UnimplementedError("nobody counts here");
        if (!filters.ok()) return filters.status();
        for (const window::Filter& filter : *filters) {
          if (publisher == nullptr) break;
          if (absl::Status allowed = publisher->check_filter(filter); !allowed.ok()) return allowed;
        }
        return parts_.begin_demand(*filters, std::move(wake));
      });
}

}  // namespace ssegw::ingest
