// Several gateways with one log: the real binary, and a real nats-server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/listening_socket.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ReplicasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
    nats_ = std::make_unique<NatsServer>();
  }

  std::unique_ptr<GatewayProcess> Gateway(std::vector<std::string> flags = {}) const {
    flags.push_back("--store=" + nats_->url());
    return std::make_unique<GatewayProcess>(flags);
  }
  static std::vector<std::string> TextsOf(const std::vector<SseBlock>& blocks) {
    std::vector<std::string> texts;
    for (const SseBlock& block : blocks) texts.push_back(block.text);
    return texts;
  }

  std::unique_ptr<NatsServer> nats_;
};

TEST_F(ReplicasTest, WhatIsPublishedAtOneComesOutOfAllWithTheSameIdsAndBytes) {
  const auto a = Gateway();
  const auto b = Gateway();
  EXPECT_EQ(a->epoch(), b->epoch());
  SseReader at_a(a->http(), {.query = "mode=all"});
  SseReader at_b(b->http(), {.query = "mode=all"});
  at_a.AwaitLive();
  at_b.AwaitLive();
  Publisher to_a(a->grpc());
  Publisher to_b(b->grpc());
  std::vector<std::string> ids;
  for (uint32_t i = 1; i <= 20; ++i) {
    ids.push_back((i % 2 == 1 ? to_a : to_b).MustPublish(NumberedEvent("t", "k", i)));
  }
  to_b.MustPublish(Deletion("t", "k"));
  const std::vector<SseBlock> blocks = at_b.Events(ids.size() + 1);
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(blocks[i].id, ids[i]);
  EXPECT_EQ(TextsOf(at_a.Events(ids.size() + 1)), TextsOf(blocks));
  // One that starts now has the same log, and the same snapshot.
  to_a.MustPublish(NumberedEvent("t", "k", 21));
  const auto c = Gateway();
  SseReader at_c(c->http(), {.query = "mode=all&start=earliest"});
  EXPECT_EQ(TextsOf(at_c.Events(ids.size() + 1)), TextsOf(blocks));
  const HttpResponse snapshot = HttpGet(c->http(), "/v1/snapshot");
  at_a.Event();
  EXPECT_EQ(HttpGet(a->http(), "/v1/snapshot").body, snapshot.body);
  EXPECT_EQ(HttpGet(a->http(), "/v1/snapshot").Get("ETag"), snapshot.Get("ETag"));
}

TEST_F(ReplicasTest, ABrowserGoesOnAtAnotherReplicaWhenItsOwnIsKilled) {
  const auto a = Gateway();
  const auto b = Gateway();
  Publisher publisher(b->grpc());
  publisher.MustPublish(NumberedEvent("t", "k", 1));
  SseReader at_a(a->http(), {.query = "mode=all&start=earliest"});
  const SseBlock first = at_a.Event();
  a->Kill();
  for (uint32_t i = 2; i <= 5; ++i) publisher.MustPublish(NumberedEvent("t", "k", i));
  SseReader at_b(b->http(), {.query = "mode=all&lastEventId=" + *first.id});
  EXPECT_EQ(at_b.Hello().resumed, true);
  EXPECT_THAT(NumbersOf(at_b.Events(4)), ElementsAre(2, 3, 4, 5));
}

TEST_F(ReplicasTest, AnIdThatTheReplicaDoesNotHaveYetIsWaitedForWhileTheLogIsFrozen) {
  const auto gateway = Gateway();
  Publisher publisher(gateway->grpc());
  const std::string id = publisher.MustPublish(NumberedEvent("t", "k", 1));
  // The next id, as of another replica that is ahead of this one.
  const size_t seq = id.find('-') + 1;
  const std::string next = base::Concat(id.substr(0, seq), std::stoull(id.substr(seq)) + 1);
  nats_->Signal(SIGSTOP);
  auto published = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(1300ms);
    nats_->Signal(SIGCONT);
    return publisher.MustPublish(NumberedEvent("t", "k", 2));
  });
  SseReader reader(gateway->http(), {.query = "mode=all&lastEventId=" + next});
  EXPECT_EQ(published.get(), next);
  EXPECT_EQ(reader.Hello().resumed, true);
  publisher.MustPublish(NumberedEvent("t", "k", 3));
  EXPECT_EQ(NumberOf(reader.Event()), 3U);
}

TEST_F(ReplicasTest, AnIdThatNoReplicaHasIsUnknownWithinSeconds) {
  const auto gateway = Gateway();
  const base::TimePoint begin = base::Now();
  SseReader reader(gateway->http(), {.query = "lastEventId=" + gateway->epoch() + "-7"});
  EXPECT_EQ(reader.Hello().resumed, false);
  EXPECT_LE(base::Now() - begin, 4s) << "1 s, and much less than while the log does not answer";
}

TEST_F(ReplicasTest, ARepeatIsKnownAtEveryReplicaAndAfterARestart) {
  auto event = NumberedEvent("t", "k", 1);
  event.set_message_id("once");
  std::string id;
  {
    const auto a = Gateway();
    id = Publisher(a->grpc()).MustPublish(event);
  }
  const auto b = Gateway();
  const PublishResult repeat = Publisher(b->grpc()).Publish(event);
  EXPECT_EQ(repeat.id, id) << repeat.message;
  EXPECT_TRUE(repeat.duplicate);
}

TEST_F(ReplicasTest, PagesAndPublishersAreToldOfALogThatIsAwayAndGoOnWhenItIsBack) {
  const auto gateway = Gateway({"--store_publish_timeout=1s", "--store_ready_grace=1s"});
  Publisher publisher(gateway->grpc());
  publisher.MustPublish(NumberedEvent("t", "k", 1));
  SseReader reader(gateway->http());
  reader.Event();
  reader.AwaitLive();
  nats_->Kill();
  const PublishResult refused = publisher.Publish(NumberedEvent("t", "k", 2));
  EXPECT_EQ(refused.code, kUnavailable);
  EXPECT_THAT(refused.message,
              ::testing::AnyOf(StartsWith("not stored:"), StartsWith("outcome unknown:")));
  EXPECT_TRUE(WaitFor([&] { return publisher.Health() == "NOT_SERVING"; }));
  EXPECT_TRUE(WaitFor([&] { return HttpGet(gateway->admin(), "/readyz").status == 503; }));
  EXPECT_THAT(HttpGet(gateway->admin(), "/readyz").body, HasSubstr("store"));
  EXPECT_EQ(reader.Event().event, "gateway.stale");
  // The thread of this connection may be told a moment later than the other's.
  EXPECT_TRUE(WaitFor([&] { return SseReader(gateway->http()).Event().event == "gateway.stale"; }));
  const std::vector<SseBlock> meanwhile = SseReader(gateway->http()).Events(2);
  EXPECT_EQ(meanwhile[0].event, "gateway.stale");
  EXPECT_EQ(NumberOf(meanwhile[1]), 1U) << "the snapshot is served";
  nats_->Start();
  EXPECT_EQ(reader.Event().event, "gateway.fresh");
  EXPECT_TRUE(WaitFor([&] { return HttpGet(gateway->admin(), "/readyz").status == 200; }));
  const std::string id = publisher.MustPublish(NumberedEvent("t", "k", 3));
  EXPECT_EQ(reader.EventsThrough(id).back().id, id);
}

TEST_F(ReplicasTest, WhatWaitsForTheLogIsAnsweredByTheEndOfTheDrainWindow) {
  const auto gateway = Gateway({"--drain_delay=0s", "--drain_window=1s"});
  Publisher publisher(gateway->grpc());
  publisher.MustPublish(NumberedEvent("t", "k", 1));
  nats_->Signal(SIGSTOP);
  std::future<PublishResult> waits =
      std::async(std::launch::async, [&] { return publisher.Publish(NumberedEvent("t", "k", 2)); });
  ASSERT_TRUE(gateway->WaitForMetric("store_inflight_events", 1));
  gateway->Terminate();
  const PublishResult result = waits.get();
  EXPECT_EQ(result.code, kUnavailable);
  EXPECT_THAT(result.message, StartsWith("outcome unknown:"));
  EXPECT_EQ(gateway->WaitExit(), 0);
}

TEST_F(ReplicasTest, WhileNoServerAnswersItIsNotReadyAndLeavesAtOnce) {
  // They take connections, and say nothing.
  const auto silent = base::ListeningSocket::Open({.host = "127.0.0.1"});
  const auto another = base::ListeningSocket::Open({.host = "127.0.0.1"});
  ASSERT_TRUE(silent.ok() && another.ok());
  Process gateway(GatewayBinary(), {"--http_listen=127.0.0.1:0", "--grpc_listen=127.0.0.1:0",
                                    "--admin_listen=127.0.0.1:0",
                                    base::Concat("--store=nats://", silent->bound().ToString(), ",",
                                                 another->bound().ToString())});
  ASSERT_TRUE(WaitFor([&] { return gateway.Stderr().find("msg=loading") != std::string::npos; }))
      << gateway.Stderr();
  const std::string log = gateway.Stderr();
  const size_t begin = log.find("admin=") + 6;
  const std::string admin = log.substr(begin, log.find_first_of(" \n", begin) - begin);
  EXPECT_EQ(HttpGet(admin, "/healthz").status, 200);
  EXPECT_THAT(HttpGet(admin, "/readyz").body, HasSubstr("loading"));
  EXPECT_THAT(gateway.Stderr(), Not(HasSubstr("msg=listening")));
  gateway.Signal(SIGTERM);
  EXPECT_EQ(gateway.WaitExit(1s), 0);
}

TEST_F(ReplicasTest, WhatCanNeverWorkEndsItWithOneLineThatHasNoPassword) {
  const NatsServer without_jetstream("", /*jetstream=*/false);
  const NatsServer with_users("authorization { users = [{user: u, password: right}] }");
  for (const std::string& store :
       {without_jetstream.url(), "nats://u:wrong@" + with_users.address()}) {
    const RunResult result =
        RunGateway({"--http_listen=127.0.0.1:0", "--grpc_listen=127.0.0.1:0",
                    "--admin_listen=127.0.0.1:0", "--log_level=error", "--store=" + store});
    EXPECT_EQ(result.exit_code, 2) << store;
    // After what the log says of it.
    const size_t fault = result.err.find("sse-gateway: ");
    ASSERT_NE(fault, std::string::npos) << result.err;
    EXPECT_EQ(result.err.find('\n', fault), result.err.size() - 1) << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("wrong")));
  }
}

TEST_F(ReplicasTest, CheckConfigDialsNothing) {
  nats_->Kill();
  const RunResult result = RunGateway({"--check_config", "--store=" + nats_->url()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace ssegw::testing
