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

class Stream final : public grpc::ServerBidiReactor<PublishStreamRequest, PublishStreamResponse> {
 public:
  Stream() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    response_.set_request_id(request_.request_id());
    response_.set_id(kId);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  PublishStreamRequest request_;
  PublishStreamResponse response_;
};

class BatchStream final
    : public grpc::ServerBidiReactor<PublishBatchRequest, PublishBatchResponse> {
 public:
  BatchStream() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    response_.Clear();
    response_.set_request_id(request_.request_id());
    for (int i = 0; i < request_.events_size(); ++i) response_.add_results()->set_id(kId);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  PublishBatchRequest request_;
  PublishBatchResponse response_;
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
    return new Stream;
  }
  grpc::ServerBidiReactor<PublishBatchRequest, PublishBatchResponse>* PublishBatch(
      grpc::CallbackServerContext* /*context*/) override {
    return new BatchStream;
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
