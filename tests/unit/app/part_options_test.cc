#include "gateway/app/part_options.h"

#include <gtest/gtest.h>

#include "gateway/app/budget.h"
#include "gateway/config/config.h"
#include "gateway/http/authenticator.h"

namespace ssegw::app {
namespace {

Budget AmpleBudget(const config::Config& config) {
  return Budget(config, {.cpus = 2, .open_files = 100'000, .memory_limit = 0});
}

// A part that is made without options, as in its tests, behaves as in a gateway without flags.
TEST(PartOptionsTest, DefaultsOfThePartsAreThoseOfTheConfiguration) {
  const config::Config config;
  const Budget budget = AmpleBudget(config);

  const net::ConnectionOptions connections = ConnectionOptionsOf(config, budget);
  EXPECT_EQ(connections.heartbeat_interval, net::ConnectionOptions().heartbeat_interval);
  EXPECT_EQ(connections.retry, net::ConnectionOptions().retry);
  EXPECT_EQ(connections.request_header_timeout, net::ConnectionOptions().request_header_timeout);
  EXPECT_EQ(connections.keepalive_timeout, net::ConnectionOptions().keepalive_timeout);
  EXPECT_EQ(connections.write_stall_timeout, net::ConnectionOptions().write_stall_timeout);
  EXPECT_EQ(connections.max_connection_age, net::ConnectionOptions().max_connection_age);
  EXPECT_EQ(connections.drain_window, net::ConnectionOptions().drain_window);
  EXPECT_EQ(connections.shed_hold, net::ConnectionOptions().shed_hold);
  EXPECT_EQ(connections.max_http2_streams, net::ConnectionOptions().max_http2_streams);
  EXPECT_EQ(connections.max_send_queue_bytes, net::ConnectionOptions().max_send_queue_bytes);

  const window::WindowLimits window = WindowLimitsOf(config, budget);
  EXPECT_EQ(window.max_events, window::WindowLimits().max_events);
  EXPECT_EQ(window.max_bytes, window::WindowLimits().max_bytes);
  EXPECT_EQ(window.max_age, window::WindowLimits().max_age);
  EXPECT_EQ(window.snapshot_max_keys, window::WindowLimits().snapshot_max_keys);

  EXPECT_EQ(StoreOptionsOf(config, budget).dedup_window, store::MemoryStoreOptions().dedup_window);

  const ingest::GrpcServerOptions grpc = GrpcServerOptionsOf(config, budget);
  EXPECT_EQ(grpc.listen, ingest::GrpcServerOptions().listen);
  EXPECT_EQ(grpc.max_event_bytes, ingest::GrpcServerOptions().max_event_bytes);
  EXPECT_EQ(grpc.default_ttl, ingest::GrpcServerOptions().default_ttl);
  EXPECT_EQ(grpc.max_streams, ingest::GrpcServerOptions().max_streams);
  EXPECT_EQ(grpc.max_age, ingest::GrpcServerOptions().max_age);

  EXPECT_EQ(config.publisher_auth, config::PublisherAuth::kNone);
  EXPECT_EQ(ingest::PublisherAuthOptions().kind, ingest::PublisherAuthKind::kNone);
  EXPECT_EQ(config.publish_claim, ingest::PublisherAuthOptions().claim);

  const http::PublicPolicy policy = PublicPolicyOf(config);
  EXPECT_EQ(policy.default_mode, http::PublicPolicy().default_mode);
  EXPECT_EQ(policy.allow_origins, http::PublicPolicy().allow_origins);
  EXPECT_EQ(policy.request_rate, http::PublicPolicy().request_rate);
}

TEST(PartOptionsTest, DefaultsOfWhoMaySubscribeAreThoseOfTheConfiguration) {
  const config::Config config;
  const http::AuthenticatorOptions options;
  EXPECT_EQ(options.cookie, config.auth_cookie);
  EXPECT_EQ(options.leeway, config.jwt_leeway);
  const auth::Claims claims = {{config.topics_claim, "a.>"}};
  EXPECT_EQ(options.rules.For(claims).filters.size(), 1U);
  EXPECT_TRUE(options.anonymous.all().empty());
}

TEST(PartOptionsTest, ConnectionsAreAsManyAsTheFlagSaysAndTheFilesAllow) {
  config::Config config;
  const Budget budget = AmpleBudget(config);
  EXPECT_EQ(AdmissionLimitsOf(config, budget).max_connections, budget.files.connections);
  config.max_connections = 10;
  EXPECT_EQ(AdmissionLimitsOf(config, budget).max_connections, 10U);
  config.max_connections = 10'000'000;
  EXPECT_EQ(AdmissionLimitsOf(config, budget).max_connections, budget.files.connections);
}

TEST(PartOptionsTest, PublishersCallsAreBoundedByMemoryButLeftSome) {
  config::Config config;
  const Budget scarce(config, {.cpus = 2, .open_files = 100'000, .memory_limit = 1});
  EXPECT_EQ(GrpcServerOptionsOf(config, scarce).max_streams, 64U);
  config.max_publisher_streams = 5;
  EXPECT_EQ(GrpcServerOptionsOf(config, scarce).max_streams, 5U);
}

TEST(PartOptionsTest, EachShardHasItsPartOfWhatAllMayTake) {
  const config::Config config;
  const Budget budget(config, {.cpus = 4, .open_files = 100'000, .memory_limit = size_t{1} << 30});
  const net::ConnectionOptions options = ConnectionOptionsOf(config, budget);
  EXPECT_EQ(options.max_head_bytes, budget.memory.head_bytes / 4);
  EXPECT_EQ(options.max_filter_bytes, budget.memory.filter_bytes / 4);
}

}  // namespace
}  // namespace ssegw::app
