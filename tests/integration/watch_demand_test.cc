// WatchDemand, against the real gateway.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/server_stream.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::PublisherService;
using ssegateway::v1::WatchDemandRequest;
using ssegateway::v1::WatchDemandResponse;
using ::testing::IsEmpty;

class DemandWatcher {
 public:
  DemandWatcher(const std::string& address, const std::vector<std::string>& filters)
      : call_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()),
              &PublisherService::Stub::WatchDemand, RequestFor(filters)) {}

  // "a.> 2 0"; empty if the call has ended.
  std::string Next() {
    const auto response = call_.Next();
    if (!response) return "";
    return response->filter() + " " + std::to_string(response->connections()) + " " +
           std::to_string(static_cast<int>(response->max_rate()));
  }
  grpc::Status Finish() { return call_.Finish(); }

 private:
  static WatchDemandRequest RequestFor(const std::vector<std::string>& filters) {
    WatchDemandRequest request;
    for (const std::string& filter : filters) request.add_filters(filter);
    return request;
  }

  ServerStream<PublisherService, WatchDemandRequest, WatchDemandResponse> call_;
};

std::unique_ptr<SseReader> Browser(const GatewayProcess& gateway, const std::string& query) {
  auto reader = std::make_unique<SseReader>(gateway.http(), SseOptions{.query = query});
  reader->Hello();
  return reader;
}

TEST(WatchDemandTest, TellsTheStateWithItsZerosAndThenWhatChanges) {
  const GatewayProcess gateway({"--threads=2"});
  auto all = Browser(gateway, "topic=a.*");
  DemandWatcher watcher(gateway.grpc(), {"a.1", "b"});
  EXPECT_EQ(watcher.Next(), "a.1 1 0");
  EXPECT_EQ(watcher.Next(), "b 0 0");
  auto one = Browser(gateway, "topic=b&topic=c&maxRate=5");
  EXPECT_EQ(watcher.Next(), "b 1 5");
  auto other = Browser(gateway, "topic=b&maxRate=2");
  EXPECT_EQ(watcher.Next(), "b 2 5");
  one = nullptr;
  EXPECT_EQ(watcher.Next(), "b 1 2");
  all = nullptr;
  EXPECT_EQ(watcher.Next(), "a.1 0 0");
  EXPECT_TRUE(gateway.WaitForMetric("demand_watchers", 1));
}

TEST(WatchDemandTest, BadFiltersAreRefused) {
  const GatewayProcess gateway;
  DemandWatcher watcher(gateway.grpc(), {"a..b"});
  EXPECT_THAT(watcher.Next(), IsEmpty());
  EXPECT_EQ(watcher.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(WatchDemandTest, EndsWhenTheGatewayLeaves) {
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=0s"});
  DemandWatcher watcher(gateway.grpc(), {"a"});
  EXPECT_EQ(watcher.Next(), "a 0 0");
  gateway.Terminate();
  EXPECT_THAT(watcher.Next(), IsEmpty());
  EXPECT_EQ(watcher.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(gateway.WaitExit(), 0);
}

}  // namespace
}  // namespace ssegw::testing
