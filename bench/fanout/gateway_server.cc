#include "bench/fanout/gateway_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "bench/fanout/credentials.h"
#include "bench/fanout/payload.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

std::string TopicOf(const NumberedEvent& event) {
  const std::string topic = base::Concat("bench.", event.topic);
  return event.subtopic ? base::Concat(topic, '.', *event.subtopic) : topic;
}

std::vector<std::string> WithCarrier(std::vector<std::string> flags, const Carrier& carrier) {
  if (carrier.tls) {
    flags.push_back("--http_tls_cert_file=" + BenchCertificate().cert_file());
    flags.push_back("--http_tls_key_file=" + BenchCertificate().key_file());
  }
  return flags;
}

}  // namespace

using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;

struct GatewayServer::Stream {
  explicit Stream(const std::string& address)
      : stub(PublisherService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
        call(stub->PublishStream(&context)) {}

  grpc::ClientContext context;
  std::unique_ptr<PublisherService::Stub> stub;
  std::unique_ptr<grpc::ClientReaderWriter<PublishStreamRequest, PublishStreamResponse>> call;
};

GatewayServer::GatewayServer(const std::vector<std::string>& flags, const Carrier& carrier,
                             const std::string& binary)
    : carrier_(carrier),
      process_(WithCarrier(flags, carrier), {}, 0, binary),
      stream_(std::make_unique<Stream>(process_.grpc())) {}

GatewayServer::~GatewayServer() {
  stream_->call->WritesDone();
  PublishStreamResponse response;
  while (stream_->call->Read(&response)) {
  }
  stream_->call->Finish();
}

Target GatewayServer::target() const {
  return {.address = process_.http(),
          .path = "/v1/events",
          .query = "mode=all&topic=bench.",
          .all_below = ".*",
          .is_gateway = true,
          .carrier = carrier_};
}

void GatewayServer::Publish(const std::vector<NumberedEvent>& events) {
  const base::TimePoint now = base::Now();
  PublishStreamRequest request;
  for (size_t i = 0; i < events.size(); ++i) {
    const Payload payload = MakePayload(events[i], now);
    request.set_request_id(i + 1);
    request.mutable_event()->set_topic(TopicOf(events[i]));
    // The stamp is the id, and so the key, of each event: one key for all of a topic.
    request.mutable_event()->set_key("0");
    request.mutable_event()->mutable_dashboard()->set_id(payload.id);
    request.mutable_event()->mutable_dashboard()->set_title(payload.title);
    // Those before the last wait for it, so that a burst arrives at once.
    grpc::WriteOptions options;
    if (i + 1 < events.size()) options.set_buffer_hint();
    if (!stream_->call->Write(request, options)) {
      throw testing::Failure("the gateway ended the stream of events");
    }
  }
  PublishStreamResponse response;
  for (size_t i = 0; i < events.size(); ++i) {
    if (!stream_->call->Read(&response)) {
      throw testing::Failure("the gateway ended the stream of events");
    }
    if (response.has_error()) {
      throw testing::Failure(base::Concat("event refused: ", response.error().message()));
    }
  }
}

}  // namespace ssegw::bench
