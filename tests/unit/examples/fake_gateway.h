// A gateway that does with each stream what a test says.

#ifndef TESTS_UNIT_EXAMPLES_FAKE_GATEWAY_H_
#define TESTS_UNIT_EXAMPLES_FAKE_GATEWAY_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "examples/host_dashboard/dashboard_publisher.h"

namespace host_dashboard {

using ssegateway::v1::Dashboard;
using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;

using BatchStream = grpc::ServerReaderWriter<ssegateway::v1::PublishBatchResponse,
                                             ssegateway::v1::PublishBatchRequest>;
using ServerStream = grpc::ServerReaderWriter<PublishStreamResponse, PublishStreamRequest>;

inline constexpr std::chrono::seconds kPatience{20};

inline void Acknowledge(ServerStream& stream, const PublishStreamRequest& request) {
  PublishStreamResponse response;
  response.set_request_id(request.request_id());
  response.set_id("epoch-" + std::to_string(request.request_id()));
  stream.Write(response);
}

inline void Refuse(ServerStream& stream, const PublishStreamRequest& request,
                   grpc::StatusCode code) {
  PublishStreamResponse response;
  response.set_request_id(request.request_id());
  response.mutable_error()->set_code(code);
  response.mutable_error()->set_message("refused by the test");
  stream.Write(response);
}

// A gateway that does with its nth stream what the test says. It remembers what it was sent.
class FakeGateway : public PublisherService::Service {
 public:
  using Script = std::function<grpc::Status(FakeGateway&, int index, ServerStream&)>;

  explicit FakeGateway(Script script) : script_(std::move(script)) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    target_ = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeGateway() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status PublishStream(grpc::ServerContext*, ServerStream* stream) override {
    int index = 0;
    {
      const std::lock_guard lock(mutex_);
      index = static_cast<int>(streams_.size());
      streams_.emplace_back();
    }
    return script_(*this, index, *stream);
  }

  // Without one, the gateway knows no batches.
  using BatchScript = std::function<grpc::Status(FakeGateway&, BatchStream&)>;
  void SetBatchScript(BatchScript script) {
    const std::lock_guard lock(mutex_);
    batch_script_ = std::move(script);
  }

  grpc::Status PublishBatch(grpc::ServerContext*, BatchStream* stream) override {
    BatchScript script;
    {
      const std::lock_guard lock(mutex_);
      ++batch_calls_;
      script = batch_script_;
    }
    if (script) return script(*this, *stream);
    return {grpc::StatusCode::UNIMPLEMENTED, "of an older gateway"};
  }
  int batch_calls() {
    const std::lock_guard lock(mutex_);
    return batch_calls_;
  }

  // For scripts: reads one request and remembers it.
  bool Read(int index, ServerStream& stream, PublishStreamRequest& request) {
    if (!stream.Read(&request)) return false;
    const std::lock_guard lock(mutex_);
    streams_[static_cast<std::size_t>(index)].push_back(request);
    changed_.notify_all();
    return true;
  }

  void AwaitRequests(int index, std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience,
                                  [&] {
                                    const auto stream = static_cast<std::size_t>(index);
                                    return streams_.size() > stream &&
                                           streams_[stream].size() >= count;
                                  }))
        << "stream " << index << " was not sent " << count << " requests";
  }

  std::vector<PublishStreamRequest> requests(int index) {
    const std::lock_guard lock(mutex_);
    return streams_.at(static_cast<std::size_t>(index));
  }
  std::vector<std::string> dashboards(int index) {
    std::vector<std::string> ids;
    for (const auto& request : requests(index)) ids.push_back(request.event().dashboard().id());
    return ids;
  }
  std::vector<std::string> message_ids(int index) {
    std::vector<std::string> ids;
    for (const auto& request : requests(index)) ids.push_back(request.event().message_id());
    return ids;
  }
  std::size_t stream_count() {
    const std::lock_guard lock(mutex_);
    return streams_.size();
  }

  PublisherOptions Options() const {
    PublisherOptions options;
    options.target = target_;
    options.first_backoff = std::chrono::milliseconds(1);
    options.max_backoff = std::chrono::milliseconds(20);
    options.log = [](const std::string&) {};
    return options;
  }

 private:
  const Script script_;
  std::string target_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<PublishStreamRequest>> streams_;
  BatchScript batch_script_;
  int batch_calls_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

inline grpc::Status AcknowledgeAll(FakeGateway& gateway, int index, ServerStream& stream) {
  for (PublishStreamRequest request; gateway.Read(index, stream, request);) {
    Acknowledge(stream, request);
  }
  return grpc::Status::OK;
}

inline grpc::Status AnswerNothing(FakeGateway& gateway, int index, ServerStream& stream) {
  for (PublishStreamRequest request; gateway.Read(index, stream, request);) {
  }
  return grpc::Status::OK;
}

inline Dashboard WithId(const std::string& id) {
  Dashboard dashboard;
  dashboard.set_id(id);
  return dashboard;
}

}  // namespace host_dashboard

#endif  // TESTS_UNIT_EXAMPLES_FAKE_GATEWAY_H_
