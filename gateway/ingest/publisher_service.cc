#include "gateway/ingest/publisher_service.h"

#include <utility>

#include "gateway/ingest/byte_buffer.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/grpc_status.h"

namespace ssegw::ingest {

PublisherService::PublisherService(EventIntake* intake, IngestStats* stats)
    : intake_(intake), streams_(stats) {}

grpc::ServerUnaryReactor* PublisherService::Publish(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  const auto received = base::Moment::Now();
  const FlatMessage message(*request);
  ParsedRequest parsed;
  const absl::Status parse = ParsePublishRequest(message.view(), &parsed);
  absl::StatusOr<store::Appended> appended = intake_->Take(parse, parsed, received);
  if (appended.ok()) {
    ssegateway::v1::PublishResponse answer;
    answer.set_id(std::move(appended->id));
    answer.set_duplicate(appended->duplicate);
    *response = ToByteBuffer(answer);
  }
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(appended.status()));
  return reactor;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublisherService::PublishStream(
    grpc::CallbackServerContext* /*context*/) {
  return PublishStream::Start(intake_, &streams_);
}

}  // namespace ssegw::ingest
