#include "examples/host_dashboard/dashboard_publisher.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace host_dashboard {
namespace {

using ssegateway::v1::Dashboard;
using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishStreamRequest;
using ssegateway::v1::PublishStreamResponse;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ne;

using ServerStream = grpc::ServerReaderWriter<PublishStreamResponse, PublishStreamRequest>;

constexpr std::chrono::seconds kPatience{20};

void Acknowledge(ServerStream& stream, const PublishStreamRequest& request) {
  PublishStreamResponse response;
  response.set_request_id(request.request_id());
  response.set_id("epoch-" + std::to_string(request.request_id()));
  stream.Write(response);
}

void Refuse(ServerStream& stream, const PublishStreamRequest& request, grpc::StatusCode code) {
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
    options.first_backoff = milliseconds(1);
    options.max_backoff = milliseconds(20);
    options.log = [](const std::string&) {};
    return options;
  }

 private:
  const Script script_;
  std::string target_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<PublishStreamRequest>> streams_;
  std::unique_ptr<grpc::Server> server_;
};

grpc::Status AcknowledgeAll(FakeGateway& gateway, int index, ServerStream& stream) {
  for (PublishStreamRequest request; gateway.Read(index, stream, request);) {
    Acknowledge(stream, request);
  }
  return grpc::Status::OK;
}

grpc::Status AnswerNothing(FakeGateway& gateway, int index, ServerStream& stream) {
  for (PublishStreamRequest request; gateway.Read(index, stream, request);) {
  }
  return grpc::Status::OK;
}

Dashboard WithId(const std::string& id) {
  Dashboard dashboard;
  dashboard.set_id(id);
  return dashboard;
}

TEST(DashboardPublisherTest, SendsInOrderAndStopsWhenAllIsAcknowledged) {
  FakeGateway gateway(AcknowledgeAll);
  DashboardPublisher publisher(gateway.Options());
  for (const char* id : {"a", "b", "c"}) publisher.Publish(WithId(id));
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(gateway.dashboards(0), ElementsAre("a", "b", "c"));
  EXPECT_EQ(gateway.stream_count(), 1u);
}

TEST(DashboardPublisherTest, SendsAgainWithTheSameMessageIdWhatWasNotAcknowledged) {
  FakeGateway gateway([](FakeGateway& self, int index, ServerStream& stream) {
    if (index > 0) return AcknowledgeAll(self, index, stream);
    PublishStreamRequest first, request;
    self.Read(index, stream, first);
    for (int i = 0; i < 2; ++i) self.Read(index, stream, request);
    Acknowledge(stream, first);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut by the test");
  });
  DashboardPublisher publisher(gateway.Options());
  for (const char* id : {"a", "b", "c"}) publisher.Publish(WithId(id));
  gateway.AwaitRequests(1, 2);
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(gateway.dashboards(1), ElementsAre("b", "c"));
  const std::vector<std::string> sent = gateway.message_ids(0);
  EXPECT_THAT(gateway.message_ids(1), ElementsAre(sent[1], sent[2]));
}

TEST(DashboardPublisherTest, DropsTheOldestBeyondItsBound) {
  std::mutex mutex;
  std::condition_variable published;
  bool all_published = false;
  FakeGateway gateway([&](FakeGateway& self, int index, ServerStream& stream) {
    if (index > 0) return AcknowledgeAll(self, index, stream);
    std::unique_lock lock(mutex);
    published.wait_for(lock, kPatience, [&] { return all_published; });
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut by the test");
  });
  PublisherOptions options = gateway.Options();
  options.max_unacknowledged = 3;
  DashboardPublisher publisher(options);
  for (const char* id : {"a", "b", "c", "d", "e"}) publisher.Publish(WithId(id));
  {
    const std::lock_guard lock(mutex);
    all_published = true;
    published.notify_all();
  }
  gateway.AwaitRequests(1, 3);
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(gateway.dashboards(1), ElementsAre("c", "d", "e"));
}

TEST(DashboardPublisherTest, GoesOnWithTheStreamAfterDroppingWhatItHadWritten) {
  FakeGateway gateway(AnswerNothing);
  PublisherOptions options = gateway.Options();
  options.max_unacknowledged = 2;
  DashboardPublisher publisher(options);
  for (const char* id : {"a", "b"}) publisher.Publish(WithId(id));
  gateway.AwaitRequests(0, 2);
  for (const char* id : {"c", "d"}) publisher.Publish(WithId(id));
  gateway.AwaitRequests(0, 4);
  EXPECT_EQ(publisher.Stop(milliseconds(0)), 2u);
  EXPECT_THAT(gateway.dashboards(0), ElementsAre("a", "b", "c", "d"));
}

TEST(DashboardPublisherTest, GoesOnAfterADashboardThatWasRefusedForGood) {
  FakeGateway gateway([](FakeGateway& self, int index, ServerStream& stream) {
    PublishStreamRequest request;
    self.Read(index, stream, request);
    Refuse(stream, request, grpc::StatusCode::INVALID_ARGUMENT);
    return AcknowledgeAll(self, index, stream);
  });
  DashboardPublisher publisher(gateway.Options());
  publisher.Publish(WithId("bad"));
  publisher.Publish(WithId("good"));
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(gateway.dashboards(0), ElementsAre("bad", "good"));
  EXPECT_EQ(gateway.stream_count(), 1u);
}

TEST(DashboardPublisherTest, SendsAgainAndInOrderWhatWasRefusedForNow) {
  FakeGateway gateway([](FakeGateway& self, int index, ServerStream& stream) {
    if (index > 0) return AcknowledgeAll(self, index, stream);
    PublishStreamRequest a, b, c;
    self.Read(index, stream, a);
    self.Read(index, stream, b);
    self.Read(index, stream, c);
    Acknowledge(stream, a);
    Refuse(stream, b, grpc::StatusCode::RESOURCE_EXHAUSTED);
    Acknowledge(stream, c);
    return AcknowledgeAll(self, index, stream);
  });
  DashboardPublisher publisher(gateway.Options());
  for (const char* id : {"a", "b", "c"}) publisher.Publish(WithId(id));
  gateway.AwaitRequests(1, 2);
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(gateway.dashboards(1), ElementsAre("b", "c"));
}

TEST(DashboardPublisherTest, GivesUpWhenTheGraceIsOver) {
  FakeGateway gateway(AnswerNothing);
  DashboardPublisher publisher(gateway.Options());
  publisher.Publish(WithId("a"));
  gateway.AwaitRequests(0, 1);
  EXPECT_EQ(publisher.Stop(milliseconds(50)), 1u);
}

TEST(DashboardPublisherTest, StopsAtOnceWhileItWaitsForTheNextAttempt) {
  std::mutex mutex;
  std::condition_variable logged;
  bool waits = false;
  PublisherOptions options;
  options.target = "127.0.0.1:1";
  options.first_backoff = options.max_backoff = std::chrono::hours(1);
  options.log = [&](const std::string& line) {
    const std::lock_guard lock(mutex);
    waits = waits || line.find("next try") != std::string::npos;
    logged.notify_all();
  };
  DashboardPublisher publisher(options);
  publisher.Publish(WithId("a"));
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(logged.wait_for(lock, kPatience, [&] { return waits; }));
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(publisher.Stop(kPatience), 1u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience / 2);
}

TEST(DashboardPublisherTest, StopsWithoutGraceBeforeItsFirstStream) {
  FakeGateway gateway(AnswerNothing);
  for (int run = 0; run < 20; ++run) {
    DashboardPublisher publisher(gateway.Options());
    publisher.Publish(WithId("a"));
    EXPECT_EQ(publisher.Stop(milliseconds(0)), 1u);
  }
}

TEST(DashboardPublisherTest, UsesMessageIdsOfItsOwn) {
  FakeGateway gateway(AcknowledgeAll);
  for (int run = 0; run < 2; ++run) {
    DashboardPublisher publisher(gateway.Options());
    publisher.Publish(WithId("a"));
    gateway.AwaitRequests(run, 1);
    EXPECT_EQ(publisher.Stop(kPatience), 0u);
  }
  EXPECT_THAT(gateway.message_ids(1), ElementsAre(AllOf(Ne(""), Ne(gateway.message_ids(0)[0]))));
}

}  // namespace
}  // namespace host_dashboard
