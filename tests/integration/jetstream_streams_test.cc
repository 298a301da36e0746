// The streams of a log at a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/store/jetstream/streams.h"
#include "tests/integration/jetstream_connection.h"
#include "tests/testing/nats_server.h"

namespace ssegw::store::jetstream {
namespace {

using testing::NatsCluster;
using testing::NatsServer;

absl::StatusOr<LogStreams> Find(Connection& connection, StreamsOptions options = {.name = "n"}) {
  Streams streams(std::move(options));
  std::optional<absl::StatusOr<LogStreams>> found;
  streams.Find(connection.requests(),
               [&](absl::StatusOr<LogStreams> result) { found = std::move(result); });
  connection.Run([&] { return found.has_value(); });
  return found.value_or(absl::InternalError("not called"));
}

class JetStreamStreamsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
  }
};

TEST_F(JetStreamStreamsTest, MakesBothStreamsOnceAndTakesThemAsTheyAreFromThenOn) {
  NatsServer server;
  Connection connection(std::vector{server.address()});
  const auto made = Find(connection, {.name = "n", .max_events = 500, .max_keys = 50});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->log_created);
  EXPECT_EQ(made->log.config.max_msgs, 500);
  EXPECT_EQ(made->keys.config.max_msgs, 100);
  EXPECT_EQ(made->keys.config.max_msgs_per_subject, 1);
  EXPECT_EQ(made->log.config.storage, "file");
  connection.Ask("n.e.t.~k", "data");
  const auto found = Find(connection, {.name = "n", .max_events = 700});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->log_created);
  EXPECT_EQ(found->log.config.max_msgs, 500);
  EXPECT_EQ(found->log.created, made->log.created);
  EXPECT_EQ(found->log.last_seq, 1U);
}

TEST_F(JetStreamStreamsTest, SeveralMayMakeThemAtOnce) {
  NatsServer server;
  constexpr size_t kGateways = 4;
  constexpr size_t kLogs = 10;
  using Found = std::vector<absl::StatusOr<LogStreams>>;
  std::vector<Found> found(kLogs, Found(kGateways, absl::InternalError("not called")));
  std::barrier ready(kGateways);
  std::vector<std::thread> gateways;
  for (size_t i = 0; i < kGateways; ++i) {
    gateways.emplace_back([&, i] {
      Connection connection(std::vector{server.address()});
      for (size_t log = 0; log < kLogs; ++log) {
        ready.arrive_and_wait();
        // Each has other limits: one set of them holds. One that is told that the streams are about
        // to be there looks again, as a gateway does.
        for (int tries = 0; tries < Streams::kMaxInTheWay && !found[log][i].ok(); ++tries) {
          found[log][i] = Find(connection, {.name = base::Concat("n", log), .max_events = 500 + i});
        }
      }
    });
  }
  for (std::thread& gateway : gateways) gateway.join();
  for (const Found& log : found) {
    for (const absl::StatusOr<LogStreams>& streams : log) {
      ASSERT_TRUE(streams.ok()) << streams.status();
      EXPECT_EQ(streams->log.created, log[0]->log.created);
      EXPECT_EQ(streams->keys.created, log[0]->keys.created);
    }
  }
}

TEST_F(JetStreamStreamsTest, ALogThatWasMadeAnewGetsANewMirror) {
  NatsServer server;
  Connection connection(std::vector{server.address()});
  const auto before = Find(connection);
  ASSERT_TRUE(before.ok()) << before.status();
  connection.Ask("n.e.t.~k", "data");
  connection.Ask(StreamDeleteSubject("n_log"));
  const auto after = Find(connection);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_TRUE(after->log_created);
  EXPECT_NE(after->log.created, before->log.created);
  EXPECT_GT(after->keys.created_at, after->log.created_at);
  EXPECT_EQ(after->keys.messages, 0U);
}

TEST_F(JetStreamStreamsTest, RefusesAServerWithoutJetStream) {
  NatsServer server("", /*jetstream=*/false);
  Connection connection(std::vector{server.address()});
  const absl::Status status = Find(connection).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("JetStream"));
}

TEST_F(JetStreamStreamsTest, TellsWhyTheServerRefusesToMakeThem) {
  NatsServer server;
  Connection connection(std::vector{server.address()});
  const absl::Status status = Find(connection, {.name = "n", .replicas = 3}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("n_log"));
}

TEST_F(JetStreamStreamsTest, NeedsNoMorePermissionsThanDocumented) {
  NatsServer server(
      "authorization { users: [ { user: gateway, password: gateway, permissions: { publish: ["
      "\"n.e.>\", \"n.meta.>\", \"$JS.API.INFO\", \"$JS.API.STREAM.INFO.n_log\", "
      "\"$JS.API.STREAM.INFO.n_keys\", \"$JS.API.STREAM.CREATE.n_log\", "
      "\"$JS.API.STREAM.CREATE.n_keys\", \"$JS.API.STREAM.DELETE.n_log\", "
      "\"$JS.API.STREAM.DELETE.n_keys\", \"$JS.API.CONSUMER.CREATE.n_log.>\"], "
      "subscribe: [\"_INBOX.>\"] } } ] }");
  nats::DialOptions options{.servers = {server.address()}};
  options.user = "gateway";
  options.password = "gateway";
  Connection connection(options);
  ASSERT_TRUE(Find(connection).ok());
  connection.Ask(StreamDeleteSubject("n_log"));
  EXPECT_TRUE(Find(connection).ok());
}

TEST_F(JetStreamStreamsTest, AClusterKeepsThemOnAMajority) {
  NatsCluster cluster;
  Connection connection(cluster.addresses());
  const auto made = Find(connection, {.name = "n", .replicas = 3});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->log.config.replicas, 3);
  EXPECT_TRUE(cluster.IndexOf(made->log.leader)) << made->log.leader;
}

}  // namespace
}  // namespace ssegw::store::jetstream
