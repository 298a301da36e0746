// Publish, as a backend sees it: a real server and a real channel.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "internal/window/snapshot_reader.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/unit/ingest/ingest_server.h"
#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::PublisherService;
using ssegateway::v1::PublishRequest;
using ssegateway::v1::PublishResponse;
using ::testing::HasSubstr;

class PublishTest : public ::testing::Test {
 protected:
  grpc::Status Publish(const PublishRequest& request, PublishResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    return PublisherService::NewStub(gateway_.channel)->Publish(&context, request, response);
  }
  // The outcome of Publish with these bytes as the request.
  grpc::Status PublishRaw(std::string_view bytes) {
    RawCall call(gateway_.channel, kPublish);
    call.Write(bytes);
    call.WritesDone();
    call.Read();
    return call.Finish();
  }

  IngestServer gateway_;
};

PublishRequest Request(const std::string& dashboard_id = "host-1") {
  PublishRequest request;
  request.mutable_event()->mutable_dashboard()->set_id(dashboard_id);
  return request;
}

TEST_F(PublishTest, AnEventIsInTheStoreWhenItIsAcknowledged) {
  PublishResponse response;
  const grpc::Status status = Publish(Request(), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.id(), "epoch-1");
  EXPECT_FALSE(response.duplicate());
  const auto snapshot = window::TakeSnapshot(gateway_.window, window::Filters::Everything());
  ASSERT_EQ(snapshot.frames.size(), 1U);
  EXPECT_EQ(snapshot.frames[0]->topic(), "dashboards.host-1");
  EXPECT_EQ(snapshot.frames[0]->json(), R"({"id":"host-1"})");
  EXPECT_EQ(gateway_.stats.ok.value(), 1U);
}

TEST_F(PublishTest, ARepeatIsADuplicate) {
  PublishRequest request = Request();
  request.mutable_event()->set_message_id("m");
  PublishResponse response;
  ASSERT_TRUE(Publish(request, &response).ok());
  ASSERT_TRUE(Publish(request, &response).ok());
  EXPECT_EQ(response.id(), "epoch-1");
  EXPECT_TRUE(response.duplicate());
}

TEST_F(PublishTest, ABadEventIsTheStatus) {
  PublishRequest request = Request();
  request.mutable_event()->set_type("gateway.x");
  PublishResponse response;
  const grpc::Status status = Publish(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("type \"gateway.x\" begins with"));
  EXPECT_EQ(gateway_.window.head(), 0U);
}

TEST_F(PublishTest, BytesThatAreNoMessageAreTheStatusToo) {
  struct Case {
    const char* name;
    std::string bytes;
    const char* error;
  };
  using namespace std::string_literals;  // NOLINT(google-build-using-namespace): for NUL bytes
  const std::vector<Case> cases = {
      {"nothing", "", "event is missing"},
      {"garbage", "\xff\xff\xff\xff", "request is malformed"},
      {"event cut short", "\x0a\x7f\x01", "request is malformed: truncated field 1"},
      {"garbage as the event", "\x0a\x02\xff\xff", "event is malformed"},
      {"topic not UTF-8", "\x0a\x03\x0a\x01\xff", "topic is not valid UTF-8"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const grpc::Status status = PublishRaw(c.bytes);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr(c.error));
  }
  EXPECT_EQ(gateway_.stats.invalid.value(), cases.size());
}

// gRPC's own limit is 4 MiB by default; the answer must be ours on either side of it.
TEST_F(PublishTest, AnEventOverTheLimitIsInvalidWhateverItsSize) {
  for (const size_t bytes : {kMaxEventBytesOfTest + 1, size_t{5} << 20, size_t{60} << 20}) {
    SCOPED_TRACE(bytes);
    PublishRequest request = Request();
    request.mutable_event()->set_message_id(std::string(bytes, 'x'));
    PublishResponse response;
    const grpc::Status status = Publish(request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("exceeds max_event_bytes 100000"));
  }
}

TEST_F(PublishTest, AnErrorThatQuotesALongValueStillArrives) {
  PublishRequest request = Request();
  request.mutable_event()->mutable_message()->set_type_url("x.com/" + std::string(90'000, '%'));
  request.mutable_event()->set_topic("t");
  PublishResponse response;
  const grpc::Status status = Publish(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(PublishTest, IsUnavailableWhileRefusing) {
  gateway_.server.StartLeaving(std::chrono::minutes(1), std::chrono::seconds(0));
  PublishResponse response;
  EXPECT_EQ(Publish(Request(), &response).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(gateway_.window.head(), 0U);
}

TEST_F(PublishTest, TakesManyPublishersAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        PublishResponse response;
        if (!Publish(Request(base::Concat("host-", t)), &response).ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(gateway_.window.head(), uint64_t{kThreads * kEach});
  EXPECT_EQ(gateway_.stats.ok.value(), uint64_t{kThreads * kEach});
  for (const std::string& line : gateway_.log.lines()) {
    EXPECT_THAT(line, HasSubstr("msg=\"publisher connected\"")) << "and nothing else";
  }
}

}  // namespace
}  // namespace ssegw::ingest
