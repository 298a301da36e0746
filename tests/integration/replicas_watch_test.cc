// Watching the connections and the demand of all gateways that share a log, at any one of them. The
// real binary, and a real nats-server.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "ssegateway/v1/connections.grpc.pb.h"
#include "ssegateway/v1/publisher.grpc.pb.h"
#include "tests/integration/two_gateways_test.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/server_stream.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::ConnectionService;
using ssegateway::v1::PublisherService;
using ssegateway::v1::WatchConnectionsRequest;
using ssegateway::v1::WatchConnectionsResponse;
using ssegateway::v1::WatchDemandRequest;
using ssegateway::v1::WatchDemandResponse;
using WatchCall =
    ServerStream<ConnectionService, WatchConnectionsRequest, WatchConnectionsResponse>;
using DemandCall = ServerStream<PublisherService, WatchDemandRequest, WatchDemandResponse>;

class ReplicasWatchTest : public TwoGatewaysTest {
 protected:
  std::vector<std::string> Flags() const override { return {"--lifecycle_linger=2s"}; }
  static std::shared_ptr<grpc::Channel> ChannelTo(const GatewayProcess& gateway) {
    return grpc::CreateChannel(gateway.grpc(), grpc::InsecureChannelCredentials());
  }
  static std::unique_ptr<SseReader> Browser(const GatewayProcess& gateway, const std::string& name,
                                            const std::string& last_id = "") {
    SseOptions options{.query = "topic=t&maxRate=5", .fields = {{"User-Agent", name}}};
    if (!last_id.empty()) options.fields.emplace_back("Last-Event-ID", last_id);
    auto browser = std::make_unique<SseReader>(gateway.http(), options);
    browser->AwaitLive();
    return browser;
  }

  // What is told of this connection next; without an event if nothing is.
  static WatchConnectionsResponse Told(WatchCall& watcher, const std::string& id) {
    while (const auto told = watcher.Next()) {
      if (told->opened().connection().id() == id || told->closed().connection().id() == id ||
          told->resumed().connection().id() == id) {
        return *told;
      }
    }
    return {};
  }
  static WatchDemandResponse Told(DemandCall& watcher) {
    return watcher.Next().value_or(WatchDemandResponse());
  }
};

// One browser comes back to the other gateway when its own is killed, and one does not.
TEST_F(ReplicasWatchTest, WhatBecomesOfTheBrowsersOfAGatewayThatIsKilledIsTold) {
  const std::string last = Publisher(a_->grpc()).MustPublish(NumberedEvent("t", "k", 1));
  WatchCall watcher(ChannelTo(*a_), &ConnectionService::Stub::WatchConnections, {});
  watcher.WaitForHeader();
  // The other gateway hears a moment later that somebody watches.
  std::unique_ptr<SseReader> stays_away;
  do {
    stays_away = Browser(*b_, "Browser/1");
  } while (!WaitFor([&] { return b_->Scrape()[R"(lifecycle_events_total{event="opened"})"] > 0; },
                    std::chrono::milliseconds(200)));
  const std::string id = stays_away->Hello().connection;
  EXPECT_TRUE(Told(watcher, id).has_opened());
  auto comes_back = Browser(*b_, "Browser/2");
  const std::string before = comes_back->Hello().connection;
  EXPECT_TRUE(Told(watcher, before).has_opened());
  EXPECT_EQ(comes_back->Event().id, last);
  b_->Kill();
  const auto again = Browser(*a_, "Browser/2", last);
  // Its end is noticed after 3 s, which is longer than the linger.
  EXPECT_TRUE(Told(watcher, again->Hello().connection).has_opened());
  const WatchConnectionsResponse resumed = Told(watcher, again->Hello().connection);
  EXPECT_EQ(resumed.resumed().previous_id(), before) << resumed.DebugString();
  const WatchConnectionsResponse closed = Told(watcher, id);
  EXPECT_EQ(closed.closed().reason(), "gateway_gone") << closed.DebugString();
}

TEST_F(ReplicasWatchTest, DemandIsThatOfAllAndOneThatIsKilledHasNone) {
  WatchDemandRequest request;
  request.add_filters("t");
  DemandCall watcher(ChannelTo(*a_), &PublisherService::Stub::WatchDemand, request);
  EXPECT_EQ(Told(watcher).connections(), 0U);
  const auto at_b = Browser(*b_, "Browser/1");
  WatchDemandResponse demand = Told(watcher);
  EXPECT_EQ(demand.connections(), 1U);
  EXPECT_EQ(demand.max_rate(), 5);
  const auto at_a = Browser(*a_, "Browser/2");
  EXPECT_EQ(Told(watcher).connections(), 2U);
  b_->Kill();
  EXPECT_EQ(Told(watcher).connections(), 1U);
}

}  // namespace
}  // namespace ssegw::testing
