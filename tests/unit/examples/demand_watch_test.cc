#include "examples/host_dashboard/demand_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "examples/host_dashboard/every_gateway.h"
#include "tests/unit/examples/fake_gateway.h"

namespace host_dashboard {
namespace {

using ssegateway::v1::WatchDemandRequest;
using ssegateway::v1::WatchDemandResponse;

// Within the patience of a test.
bool Becomes(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!holds() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return holds();
}

// Tells each call what the test says at the moment, until the test ends the calls.
class FakeDemand : public PublisherService::Service {
 public:
  explicit FakeDemand(std::string address = "127.0.0.1:0") {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    target_ = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeDemand() override {
    ends_ = true;
    server_->Shutdown(std::chrono::system_clock::now());
  }

  grpc::Status WatchDemand(grpc::ServerContext* context, const WatchDemandRequest* request,
                           grpc::ServerWriter<WatchDemandResponse>* writer) override {
    NotePeer(*context);
    ++calls;
    int told = -1;
    while (!ends_ && !context->IsCancelled()) {
      const int now = connections;
      if (now >= 0 && std::exchange(told, now) != now) {
        WatchDemandResponse response;
        response.set_filter(request->filters(0));
        response.set_connections(static_cast<uint64_t>(now));
        writer->Write(response);
      }
      std::this_thread::yield();
    }
    return {grpc::StatusCode::UNAVAILABLE, "the gateway leaves"};
  }

  grpc::Status PublishStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<ssegateway::v1::PublishStreamResponse,
                               ssegateway::v1::PublishStreamRequest>* stream) override {
    NotePeer(*context);
    ++streams;
    ssegateway::v1::PublishStreamRequest request;
    while (stream->Read(&request)) {
      ssegateway::v1::PublishStreamResponse response;
      response.set_request_id(request.request_id());
      response.set_id("m1x8q0zt-1");
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  // The sockets that calls have come by.
  size_t peers() {
    const std::lock_guard lock(mutex_);
    return peers_.size();
  }

  PublisherOptions Options() const {
    PublisherOptions options;
    options.target = target_;
    options.first_backoff = std::chrono::milliseconds(1);
    options.max_backoff = std::chrono::milliseconds(20);
    options.log = [](const std::string&) {};
    return options;
  }
  const std::string& target() const { return target_; }

  std::atomic<int> connections{-1};  // -1: says nothing
  std::atomic<int> calls{0};
  std::atomic<int> streams{0};

 private:
  void NotePeer(const grpc::ServerContext& context) {
    const std::lock_guard lock(mutex_);
    peers_.insert(context.peer());
  }

  std::mutex mutex_;
  std::set<std::string> peers_;  // guarded by mutex_
  std::atomic<bool> ends_{false};
  std::string target_;
  std::unique_ptr<grpc::Server> server_;
};

TEST(DemandWatchTest, SomebodyLooksUntilTheGatewayTellsOtherwise) {
  FakeDemand gateway;
  DemandWatch watch(gateway.Options(), "dashboards.a");
  ASSERT_TRUE(Becomes([&] { return gateway.calls == 1; }));
  EXPECT_TRUE(watch.somebody_looks());
  gateway.connections = 0;
  EXPECT_TRUE(Becomes([&] { return !watch.somebody_looks(); }));
  gateway.connections = 2;
  EXPECT_TRUE(Becomes([&] { return watch.somebody_looks(); }));
}

TEST(DemandWatchTest, WhileTheGatewayIsAwaySomebodyMayLook) {
  auto gateway = std::make_unique<FakeDemand>();
  gateway->connections = 0;
  DemandWatch watch(gateway->Options(), "dashboards.a");
  ASSERT_TRUE(Becomes([&] { return !watch.somebody_looks(); }));
  const std::string target = gateway->target();
  gateway = nullptr;
  EXPECT_TRUE(Becomes([&] { return watch.somebody_looks(); }));
  gateway = std::make_unique<FakeDemand>(target);
  gateway->connections = 0;
  EXPECT_TRUE(Becomes([&] { return !watch.somebody_looks(); }));
}

TEST(DemandWatchTest, AnOlderGatewayIsPublishedToAlways) {
  FakeGateway gateway(AcknowledgeAll);
  std::atomic<int> lines{0};
  PublisherOptions options = gateway.Options();
  options.log = [&](const std::string& line) {
    if (line.find("not known") != std::string::npos) ++lines;
  };
  DemandWatch watch(options, "dashboards.a");
  EXPECT_TRUE(Becomes([&] { return lines == 1; }));
  EXPECT_TRUE(watch.somebody_looks());
}

TEST(DemandWatchTest, SharesASocketWithWhatIsPublished) {
  auto gateway = std::make_unique<FakeDemand>();
  EveryGatewayOptions options;
  options.publisher = gateway->Options();
  options.topic = "dashboards.a";
  EveryGateway gateways(options);
  for (int i = 0; i < 2; ++i) {
    gateway->connections = 0;
    ASSERT_TRUE(Becomes([&] { return gateway->streams > 0 && !gateways.somebody_looks(); }));
    EXPECT_EQ(gateway->peers(), 1u);
    // Its second life is found by both again.
    if (i == 0) {
      const std::string target = gateway->target();
      gateway = nullptr;
      gateway = std::make_unique<FakeDemand>(target);
    }
  }
  EXPECT_EQ(gateways.Stop(kPatience), 0u);
}

TEST(DemandWatchTest, OfSeveralGatewaysOneIsEnough) {
  FakeDemand first;
  FakeDemand second;
  first.connections = 0;
  second.connections = 0;
  EveryGatewayOptions options;
  options.publisher = first.Options();
  options.resolve = [&](const std::string&) { return std::set{first.target(), second.target()}; };
  options.topic = "dashboards.a";
  EveryGateway gateways(std::move(options));
  EXPECT_TRUE(Becomes([&] { return !gateways.somebody_looks(); }));
  second.connections = 1;
  EXPECT_TRUE(Becomes([&] { return gateways.somebody_looks(); }));
}

TEST(DemandWatchTest, TheTopicIsTheGateways) {
  EXPECT_EQ(TopicOf("host-1"), "dashboards.host-1");
  EXPECT_EQ(TopicOf("a.b c"), "dashboards.a_b_c");
  EXPECT_EQ(TopicOf("h\xC3\xB6st\xE2\x82\xAC"), "dashboards.h_st_");
}

}  // namespace
}  // namespace host_dashboard
