#include "tests/testing/publisher.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <utility>

#include "grpc/health/v1/health.grpc.pb.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/testing/failure.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;

constexpr char kPublish[] = "/ssegateway.v1.PublisherService/Publish";
constexpr char kPublishStream[] = "/ssegateway.v1.PublisherService/PublishStream";
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
// ServerReflectionRequest{list_services: "*"}
constexpr std::string_view kListServices = "\x3a\x01*";

// Requests on their way before an answer is waited for.
constexpr size_t kRequestsAtOnce = 64;

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::system_clock::duration>(kPatience));
}

PublishResult ToResult(const grpc::Status& status,
                       const ssegateway::v1::PublishResponse& response = {}) {
  return {.code = status.error_code(),
          .message = status.error_message(),
          .id = response.id(),
          .duplicate = response.duplicate(),
          .details = status.error_details()};
}

class RawPublishCall : public PublishCall {
 public:
  explicit RawPublishCall(const std::shared_ptr<grpc::Channel>& channel)
      : call_(channel, kPublishStream) {}

  bool WriteBytes(std::string_view request) override { return call_.Write(request); }
  std::optional<PublishStreamResponse> Read() override {
    const std::optional<std::string> bytes = call_.Read();
    if (!bytes) return std::nullopt;
    PublishStreamResponse response;
    if (!response.ParseFromString(*bytes)) throw Failure("not a PublishStreamResponse");
    return response;
  }
  PublishResult Finish() override {
    call_.WritesDone();
    while (Read()) {
    }
    return ToResult(call_.Finish());
  }

 private:
  ingest::RawCall call_;
};

}  // namespace

bool PublishCall::Write(uint64_t request_id, const Event& event) {
  PublishStreamRequest request;
  request.set_request_id(request_id);
  *request.mutable_event() = event;
  return WriteBytes(request.SerializeAsString());
}

struct Publisher::Channel {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<ssegateway::v1::PublisherService::Stub> stub;
};

Publisher::Publisher(const std::string& address, const std::optional<PublisherTls>& tls)
    : channel_(std::make_unique<Channel>()) {
  grpc::ChannelArguments arguments;
  // Not shared with the test's other publishers.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto credentials = tls ? grpc::SslCredentials({.pem_root_certs = tls->ca,
                                                       .pem_private_key = tls->key,
                                                       .pem_cert_chain = tls->certificate})
                               : grpc::InsecureChannelCredentials();
  channel_->channel = grpc::CreateCustomChannel(address, credentials, arguments);
  channel_->stub = ssegateway::v1::PublisherService::NewStub(channel_->channel);
}

Publisher::~Publisher() = default;

PublishResult Publisher::Publish(const Event& event, const std::string& token) {
  grpc::ClientContext context;
  SetDeadline(context);
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  ssegateway::v1::PublishRequest request;
  *request.mutable_event() = event;
  ssegateway::v1::PublishResponse response;
  const grpc::Status status = channel_->stub->Publish(&context, request, &response);
  return ToResult(status, response);
}

PublishResult Publisher::PublishBytes(std::string_view request) {
  ingest::RawCall call(channel_->channel, kPublish);
  call.Write(request);
  call.WritesDone();
  ssegateway::v1::PublishResponse response;
  if (const std::optional<std::string> bytes = call.Read()) response.ParseFromString(*bytes);
  return ToResult(call.Finish(), response);
}

PublishResult Publisher::Call(const std::string& method, size_t metadata_bytes) {
  grpc::ClientContext context;
  SetDeadline(context);
  constexpr size_t kAValue = 1000;
  for (size_t i = 0; i < metadata_bytes / kAValue; ++i) {
    context.AddMetadata(base::Concat("x-", i), std::string(kAValue, 'x'));
  }
  grpc::GenericStub stub(channel_->channel);
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request = [] {
    const grpc::Slice nothing;
    return grpc::ByteBuffer(&nothing, 1);
  }();
  const auto call = stub.PrepareUnaryCall(
      &context, base::Concat("/ssegateway.v1.PublisherService/", method), request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return ToResult(status);
}

std::string Publisher::MustPublish(const Event& event) {
  PublishResult result = Publish(event);
  if (!result.ok()) throw Failure(base::Concat("an event was refused: ", result.message));
  return std::move(result.id);
}

std::vector<std::string> Publisher::MustPublish(const std::vector<Event>& events) {
  grpc::ClientContext context;
  SetDeadline(context);
  const auto call = channel_->stub->PublishStream(&context);
  std::vector<std::string> ids;
  const auto read_until = [&](size_t count) {
    PublishStreamResponse response;
    while (ids.size() < count) {
      if (!call->Read(&response)) throw Failure("the gateway ended a PublishStream");
      if (response.has_error() || response.request_id() != ids.size()) {
        throw Failure(base::Concat("an event was refused: ", response.ShortDebugString()));
      }
      ids.push_back(response.id());
    }
  };
  for (size_t i = 0; i < events.size(); ++i) {
    PublishStreamRequest request;
    request.set_request_id(i);
    *request.mutable_event() = events[i];
    call->Write(request);
    if (i + 1 >= kRequestsAtOnce) read_until(i + 1 - kRequestsAtOnce);
  }
  call->WritesDone();
  read_until(events.size());
  if (!call->Finish().ok()) throw Failure("a PublishStream did not end well");
  return ids;
}

std::unique_ptr<PublishCall> Publisher::OpenStream() {
  return std::make_unique<RawPublishCall>(channel_->channel);
}

std::string Publisher::Health(const std::string& service) {
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(channel_->channel)->Check(&context, request, &response);
  if (!status.ok()) return status.error_message();
  return grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status());
}

std::string Publisher::Services() {
  ingest::RawCall call(channel_->channel, kReflection);
  call.Write(kListServices);
  return call.Read().value_or("");
}

}  // namespace ssegw::testing
