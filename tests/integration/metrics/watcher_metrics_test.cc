// What /metrics says of calls that watch, beside what they were told.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>

#include "internal/base/concat.h"
#include "ssegateway/v1/connections.grpc.pb.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/integration/metrics/driven_series.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/server_stream.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::ConnectionService;
using ssegateway::v1::PublisherService;
using ssegateway::v1::WatchConnectionsRequest;
using ssegateway::v1::WatchConnectionsResponse;
using ssegateway::v1::WatchDemandRequest;
using ssegateway::v1::WatchDemandResponse;

// What an event of the log takes at least: where it is kept, and the token and connection in it.
constexpr double kLeastOfEvent = 100;

TEST(WatcherMetricsTest, DemandWatchersAreCallsThatAreOpen) {
  const GatewayProcess gateway;
  {
    WatchDemandRequest request;
    request.add_filters("a");
    const ServerStream<PublisherService, WatchDemandRequest, WatchDemandResponse> watch(
        grpc::CreateChannel(gateway.grpc(), grpc::InsecureChannelCredentials()),
        &PublisherService::Stub::WatchDemand, request);
    EXPECT_TRUE(gateway.WaitForMetric("demand_watchers", 1));
    ExpectSeries(gateway.Scrape(), "demand_watchers", 1);
  }
  EXPECT_TRUE(gateway.WaitForMetric("demand_watchers", 0));
}

TEST(WatcherMetricsTest, LifecycleEventsAreThoseThatAreTold) {
  const GatewayProcess gateway({"--lifecycle_linger=500ms"});
  auto watch = std::make_unique<
      ServerStream<ConnectionService, WatchConnectionsRequest, WatchConnectionsResponse>>(
      grpc::CreateChannel(gateway.grpc(), grpc::InsecureChannelCredentials()),
      &ConnectionService::Stub::WatchConnections, WatchConnectionsRequest());
  watch->WaitForHeader();
  Publisher publisher(gateway.grpc());
  const std::string id = publisher.MustPublish(NumberedEvent("a", "key", 1));
  SseOptions options{.query = "topic=a"};
  auto browser = std::make_unique<SseReader>(gateway.http(), options);
  browser->Event();
  browser = nullptr;
  ASSERT_TRUE(gateway.WaitForMetric("connections", 0));
  options.fields.emplace_back("Last-Event-ID", id);
  browser = std::make_unique<SseReader>(gateway.http(), options);
  browser->Hello();
  browser = nullptr;
  for (const char* event : {"opened", "resumed", "closed"}) {
    const std::string series = base::Concat("lifecycle_events_total{event=\"", event, "\"}");
    EXPECT_TRUE(gateway.WaitForMetric(series, 1)) << event;
    ExpectSeries(gateway.Scrape(), series, 1);
  }
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, "lifecycle_watchers", 1);
  ExpectSeries(metrics, R"(memory_bytes{class="lifecycle"})",
               ::testing::AllOf(::testing::Ge(3 * kLeastOfEvent), ::testing::Le(5000)));
  watch = nullptr;
  EXPECT_TRUE(gateway.WaitForMetric("lifecycle_watchers", 0));
}

}  // namespace
}  // namespace ssegw::testing
