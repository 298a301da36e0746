// ssegw_bench_discard: the smallest honest server of the same service: it parses each request,
// throws it away and answers it. It prints "listening <port>".
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdio>
#include <memory>

#include "ssegateway/v1/publisher.grpc.pb.h"

namespace ssegw::bench {
namespace {

using ssegateway::v1::PublishBatchRequest;
using ssegateway::v1::PublishBatchResponse;
using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishResponse;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;

// As long as the gateway's.
constexpr char kId[] = "k3f9x2ab-1000000";

void Answer(const PublishStreamRequest& request, PublishStreamResponse& response) {
  response.set_request_id(request.request_id());
  response.set_id(kId);
}

void Answer(const PublishBatchRequest& request, PublishBatchResponse& response) {
  response.Clear();
  response.set_request_id(request.request_id());
  for (int i = 0; i < request.events_size(); ++i) response.add_results()->set_id(kId);
}

template <typename Request, typename Response>
class Stream final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  Stream() { this->StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::OK);
    Answer(request_, response_);
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::CANCELLED);
    this->StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  Request request_;
  Response response_;
};

class DiscardingService final : public PublisherService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const PublishRequest* /*request*/,
                                    PublishResponse* response) override {
    response->set_id(kId);
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerBidiReactor<PublishStreamRequest, PublishStreamResponse>* PublishStream(
      grpc::CallbackServerContext* /*context*/) override {
    return new Stream<PublishStreamRequest, PublishStreamResponse>;
  }
  grpc::ServerBidiReactor<PublishBatchRequest, PublishBatchResponse>* PublishBatch(
      grpc::CallbackServerContext* /*context*/) override {
    return new Stream<PublishBatchRequest, PublishBatchResponse>;
  }
};

}  // namespace
}  // namespace ssegw::bench

int main() {
  ssegw::bench::DiscardingService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("listening %d\n", port);
  std::fflush(stdout);
  server->Wait();
}
