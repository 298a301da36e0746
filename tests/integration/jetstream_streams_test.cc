// The streams of a log at a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "internal/nats/libnats_link.h"
#include "internal/store/jetstream/streams.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/wait_for.h"

namespace ssegw::store::jetstream {
namespace {

using testing::NatsCluster;
using testing::NatsServer;
using testing::WaitFor;

// A link whose requests are made and answered on the test's thread.
class Connection final : private nats::LinkListener {
 public:
  explicit Connection(const std::vector<std::string>& servers, const std::string& user = "") {
    loop_.RunDue(base::Now());
    nats::DialOptions options{.servers = servers};
    options.user = user;
    options.password = user;
    link_ = *nats::LibnatsDialer(options).Dial(*this);
    requests_ = std::make_unique<Requests>(loop_, *link_, 1, "_INBOX.test");
  }

  absl::StatusOr<LogStreams> Find(Streams& streams) {
    std::optional<absl::StatusOr<LogStreams>> found;
    streams.Find(*requests_, [&](absl::StatusOr<LogStreams> result) { found = std::move(result); });
    Run([&] { return found.has_value(); });
    return found ? *std::move(found) : absl::InternalError("not called");
  }
  absl::StatusOr<LogStreams> Find(StreamsOptions options = {.name = "n"}) {
    Streams streams(std::move(options));
    return Find(streams);
  }
  std::string Ask(const std::string& subject, const std::string& data = "") {
    std::optional<std::string> answer;
    requests_->Ask(subject, {}, data, std::chrono::seconds(5), [&](Reply reply) {
      answer = reply.ok() ? std::string(reply->data()) : reply.status().ToString();
    });
    Run([&] { return answer.has_value(); });
    return answer.value_or("");
  }

 private:
  void OnMessage(nats::SubscriptionId /*id*/, nats::Message message) override {
    loop_.Post([this, message = std::move(message)]() mutable {
      requests_->OnMessage(std::move(message));
    });
  }
  void OnRefused(std::string_view /*text*/) override {}
  void OnClosed(std::string_view /*reason*/) override {}

  void Run(const std::function<bool()>& done) {
    WaitFor([&] {
      loop_.RunDue(base::Now());
      return done();
    });
  }

  Loop loop_;
  std::unique_ptr<nats::Link> link_;
  std::unique_ptr<Requests> requests_;
};

class JetStreamStreamsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
  }
};

TEST_F(JetStreamStreamsTest, MakesBothStreamsOnceAndTakesThemAsTheyAreFromThenOn) {
  NatsServer server;
  Connection connection({server.address()});
  const auto made = connection.Find({.name = "n", .max_events = 500, .max_keys = 50});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->log_created);
  EXPECT_EQ(made->log.config.max_msgs, 500);
  EXPECT_EQ(made->keys.config.max_msgs, 100);
  EXPECT_EQ(made->keys.config.max_msgs_per_subject, 1);
  EXPECT_EQ(made->log.config.storage, "file");
  connection.Ask("n.e.t.~k", "data");
  const auto found = connection.Find({.name = "n", .max_events = 700});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->log_created);
  EXPECT_EQ(found->log.config.max_msgs, 500);
  EXPECT_EQ(found->log.created, made->log.created);
  EXPECT_EQ(found->log.last_seq, 1U);
}

TEST_F(JetStreamStreamsTest, SeveralMayMakeThemAtOnce) {
  NatsServer server;
  constexpr size_t kGateways = 4;
  std::vector<absl::StatusOr<LogStreams>> found(kGateways, absl::InternalError("not called"));
  std::vector<std::thread> gateways;
  for (size_t i = 0; i < kGateways; ++i) {
    gateways.emplace_back([&, i] {
      Connection connection({server.address()});
      // Each has other limits: one set of them holds.
      found[i] = connection.Find({.name = "n", .max_events = 500 + i});
    });
  }
  for (std::thread& gateway : gateways) gateway.join();
  for (const absl::StatusOr<LogStreams>& streams : found) {
    ASSERT_TRUE(streams.ok()) << streams.status();
    EXPECT_EQ(streams->log.created, found[0]->log.created);
    EXPECT_EQ(streams->keys.created, found[0]->keys.created);
  }
}

TEST_F(JetStreamStreamsTest, ALogThatWasMadeAnewGetsANewMirror) {
  NatsServer server;
  Connection connection({server.address()});
  const auto before = connection.Find();
  ASSERT_TRUE(before.ok()) << before.status();
  connection.Ask("n.e.t.~k", "data");
  connection.Ask(StreamDeleteSubject("n_log"));
  const auto after = connection.Find();
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_TRUE(after->log_created);
  EXPECT_NE(after->log.created, before->log.created);
  EXPECT_GT(after->keys.created_at, after->log.created_at);
  EXPECT_EQ(after->keys.messages, 0U);
}

TEST_F(JetStreamStreamsTest, RefusesAServerWithoutJetStream) {
  NatsServer server("", /*jetstream=*/false);
  Connection connection({server.address()});
  const absl::Status status = connection.Find().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("JetStream"));
}

TEST_F(JetStreamStreamsTest, TellsWhyTheServerRefusesToMakeThem) {
  NatsServer server;
  Connection connection({server.address()});
  const absl::Status status = connection.Find({.name = "n", .replicas = 3}).status();
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
  Connection connection({server.address()}, "gateway");
  ASSERT_TRUE(connection.Find().ok());
  connection.Ask(StreamDeleteSubject("n_log"));
  EXPECT_TRUE(connection.Find().ok());
}

TEST_F(JetStreamStreamsTest, AClusterKeepsThemOnAMajority) {
  NatsCluster cluster;
  Connection connection(cluster.addresses());
  const auto made = connection.Find({.name = "n", .replicas = 3});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->log.config.replicas, 3);
  EXPECT_TRUE(cluster.IndexOf(made->log.leader)) << made->log.leader;
}

}  // namespace
}  // namespace ssegw::store::jetstream
