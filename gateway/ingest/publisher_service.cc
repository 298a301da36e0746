#include "gateway/ingest/publisher_service.h"

#include <utility>

#include "gateway/ingest/byte_buffer.h"
#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/grpc_status.h"
#include "gateway/ingest/received_message.h"

namespace ssegw::ingest {

PublisherService::PublisherService(const Parts& parts)
    : parts_(parts), streams_(parts.stats, parts.streams) {}

grpc::ServerUnaryReactor* PublisherService::Publish(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  const auto received = base::Moment::Now();
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const std::string peer = PeerOf(*context);
  parts_.connections->Called(peer);
  if (const absl::Status status = CheckMetadata(*context); !status.ok()) {
    reactor->Finish(RefuseCall(Refusal::kMetadata, status, context, parts_.stats));
  } else if (request->Length() < kLargeMessageBytes) {
    reactor->Finish(Take(context, *request, received, peer, response));
  } else {
    parts_.workers->Run(
        [=, this] { reactor->Finish(Take(context, *request, received, peer, response)); });
  }
  return reactor;
}

grpc::Status PublisherService::Take(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer& request, const base::Moment& received,
                                    const std::string& peer, grpc::ByteBuffer* response) {
  const ReceivedMessage message(request, context, parts_.max_event_bytes);
  if (message.fails_call()) {
    return RefuseCall(Refusal::kEncoding, message.status(), context, parts_.stats);
  }
  ParsedRequest parsed;
  absl::Status parse = ParsePublishRequest(message.view(), &parsed);
  if (!message.status().ok()) parse = message.status();
  absl::StatusOr<store::Appended> appended = parts_.intake->Take(parse, parsed, received, peer);
  if (appended.ok()) {
    parts_.connections->Published(peer);
    ssegateway::v1::PublishResponse answer;
    answer.set_id(std::move(appended->id));
    answer.set_duplicate(appended->duplicate);
    *response = ToByteBuffer(answer);
  }
  return ToGrpcStatus(appended.status());
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublisherService::PublishStream(
    grpc::CallbackServerContext* context) {
  std::string peer = PeerOf(*context);
  const base::TimePoint ends_at = parts_.connections->Called(peer);
  if (const absl::Status status = CheckMetadata(*context); !status.ok()) {
    return NewRefusedStream(RefuseCall(Refusal::kMetadata, status, context, parts_.stats));
  }
  if (const absl::Status status = streams_.Reserve(); !status.ok()) {
    return NewRefusedStream(RefuseCall(Refusal::kStreams, status, context, parts_.stats));
  }
  return PublishStream::Start({.context = context,
                               .max_event_bytes = parts_.max_event_bytes,
                               .stats = parts_.stats,
                               .connections = parts_.connections,
                               .workers = parts_.workers,
                               .peer = std::move(peer),
                               .ends_at = ends_at},
                              parts_.intake, &streams_);
}

}  // namespace ssegw::ingest
