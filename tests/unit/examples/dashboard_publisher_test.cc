#include "examples/host_dashboard/dashboard_publisher.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/examples/fake_gateway.h"

namespace host_dashboard {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ne;

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

// Every code but INVALID_ARGUMENT, also one that no gateway sends today.
TEST(DashboardPublisherTest, SendsAgainWhateverElseAnEventIsAnsweredWith) {
  for (const auto code : {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::INTERNAL}) {
    FakeGateway gateway([&](FakeGateway& self, int index, ServerStream& stream) {
      PublishStreamRequest request;
      if (index == 0 && self.Read(index, stream, request)) Refuse(stream, request, code);
      return AcknowledgeAll(self, index, stream);
    });
    DashboardPublisher publisher(gateway.Options());
    publisher.Publish(WithId("a"));
    gateway.AwaitRequests(1, 1);
    EXPECT_EQ(publisher.Stop(kPatience), 0u) << code;
  }
}

// The first stream of the gateway ends when several dashboards wait.
FakeGateway::Script CutTheFirstStreamAfter(std::size_t requests) {
  return [requests](FakeGateway& self, int index, ServerStream& stream) {
    if (index > 0) return AcknowledgeAll(self, index, stream);
    PublishStreamRequest request;
    for (std::size_t i = 0; i < requests; ++i) self.Read(index, stream, request);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut by the test");
  };
}

TEST(DashboardPublisherTest, WhatWaitsGoesAheadOfTheStreamAsOneBatch) {
  FakeGateway gateway(CutTheFirstStreamAfter(3));
  DashboardPublisher publisher(gateway.Options());
  std::vector<std::string> batched;
  gateway.SetBatchScript([&](FakeGateway& self, BatchStream& stream) {
    // The one that is made while nothing waits, if there is one, is not looked at.
    ssegateway::v1::PublishBatchRequest request;
    if (!stream.Read(&request)) return grpc::Status::OK;
    ssegateway::v1::PublishBatchResponse response;
    response.set_request_id(request.request_id());
    for (const auto& event : request.events()) {
      batched.push_back(event.dashboard().id());
      auto& result = *response.add_results();
      if (event.dashboard().id() == "bad") {
        result.mutable_error()->set_code(grpc::StatusCode::INVALID_ARGUMENT);
      } else {
        result.set_id("epoch-1");
      }
    }
    self.SetBatchScript(nullptr);
    stream.Write(response);
    return grpc::Status::OK;
  });
  publisher.Publish(WithId("a"));
  gateway.AwaitRequests(0, 1);
  publisher.Publish(WithId("bad"));
  publisher.Publish(WithId("c"));
  while (gateway.stream_count() < 2) std::this_thread::yield();
  publisher.Publish(WithId("d"));
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(batched, ElementsAre("a", "bad", "c"));
  EXPECT_THAT(gateway.dashboards(1), ElementsAre("d"));
}

TEST(DashboardPublisherTest, OfABatchWhatWasRefusedForNowIsSentAgain) {
  FakeGateway gateway(CutTheFirstStreamAfter(2));
  DashboardPublisher publisher(gateway.Options());
  gateway.SetBatchScript([&](FakeGateway& self, BatchStream& stream) {
    ssegateway::v1::PublishBatchRequest request;
    if (!stream.Read(&request)) return grpc::Status::OK;
    ssegateway::v1::PublishBatchResponse response;
    response.set_request_id(request.request_id());
    response.add_results()->set_id("epoch-1");
    response.add_results()->mutable_error()->set_code(grpc::StatusCode::RESOURCE_EXHAUSTED);
    self.SetBatchScript(nullptr);
    stream.Write(response);
    return grpc::Status::OK;
  });
  publisher.Publish(WithId("a"));
  gateway.AwaitRequests(0, 1);
  publisher.Publish(WithId("b"));
  gateway.AwaitRequests(1, 1);
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(gateway.dashboards(1), ElementsAre("b"));
  EXPECT_EQ(gateway.message_ids(1)[0], gateway.message_ids(0)[1]);
}

TEST(DashboardPublisherTest, AGatewayWithoutBatchesGetsAllOverTheStreamAndIsAskedOnce) {
  FakeGateway gateway([](FakeGateway& self, int index, ServerStream& stream) {
    if (index > 2) return AcknowledgeAll(self, index, stream);
    PublishStreamRequest request;
    for (int i = 0; i < 3; ++i) self.Read(index, stream, request);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut by the test");
  });
  DashboardPublisher publisher(gateway.Options());
  for (const char* id : {"a", "b", "c"}) publisher.Publish(WithId(id));
  gateway.AwaitRequests(3, 3);
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(gateway.dashboards(3), ElementsAre("a", "b", "c"));
  EXPECT_EQ(gateway.batch_calls(), 1);
}

TEST(DashboardPublisherTest, WaitsAsLongAsTheGatewayAsksItTo) {
  constexpr milliseconds kDelay(300);
  std::mutex mutex;
  std::vector<std::chrono::steady_clock::time_point> times;
  FakeGateway gateway([&](FakeGateway& self, int index, ServerStream& stream) {
    {
      const std::lock_guard lock(mutex);
      times.push_back(std::chrono::steady_clock::now());
    }
    PublishStreamRequest request;
    if (index == 0 && self.Read(index, stream, request)) {
      PublishStreamResponse response;
      response.set_request_id(request.request_id());
      response.mutable_error()->set_code(grpc::StatusCode::RESOURCE_EXHAUSTED);
      response.mutable_error()->mutable_retry_delay()->set_nanos(300'000'000);
      stream.Write(response);
    }
    return AcknowledgeAll(self, index, stream);
  });
  DashboardPublisher publisher(gateway.Options());
  publisher.Publish(WithId("a"));
  gateway.AwaitRequests(1, 1);
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  ASSERT_EQ(times.size(), 2u);
  EXPECT_GE(times[1] - times[0], kDelay);
}

// As the gateway ends a stream that is older than --max_publisher_age, and as libraries and proxies
// end calls.
TEST(DashboardPublisherTest, ConnectsAgainAfterEveryEndOfAStream) {
  for (const auto code : {grpc::StatusCode::OK, grpc::StatusCode::CANCELLED,
                          grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::ABORTED,
                          grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::UNIMPLEMENTED}) {
    FakeGateway gateway([&](FakeGateway& self, int index, ServerStream& stream) {
      PublishStreamRequest request;
      if (index > 0) return AcknowledgeAll(self, index, stream);
      self.Read(index, stream, request);
      return grpc::Status(code, "ended by the test");
    });
    DashboardPublisher publisher(gateway.Options());
    publisher.Publish(WithId("a"));
    gateway.AwaitRequests(1, 1);
    EXPECT_EQ(publisher.Stop(kPatience), 0u) << code;
  }
}

TEST(DashboardPublisherTest, PublishesTheNewestOfEachAgainToANewLog) {
  const auto acknowledge = [](ServerStream& stream, const PublishStreamRequest& request,
                              const std::string& epoch) {
    PublishStreamResponse response;
    response.set_request_id(request.request_id());
    response.set_id(epoch + "-" + std::to_string(request.request_id()));
    stream.Write(response);
  };
  FakeGateway gateway([&](FakeGateway& self, int index, ServerStream& stream) {
    PublishStreamRequest request;
    for (int i = 0; self.Read(index, stream, request); ++i) {
      acknowledge(stream, request, index == 0 ? "one" : "two");
      if (index == 0 && i == 2) {
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarted by the test");
      }
    }
    return grpc::Status::OK;
  });
  DashboardPublisher publisher(gateway.Options());
  for (const char* id : {"a", "b", "a"}) publisher.Publish(WithId(id));
  gateway.AwaitRequests(0, 3);
  publisher.Publish(WithId("c"));
  gateway.AwaitRequests(1, 3);
  EXPECT_EQ(publisher.Stop(kPatience), 0u);
  EXPECT_THAT(gateway.dashboards(1), ElementsAre("c", "a", "b"));
  std::vector<std::string> ids = gateway.message_ids(0);
  for (const std::string& id : gateway.message_ids(1)) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end()) << "each with an id of its own";
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
