// What docs/operations/replicas.md says of three servers of which some are away: the real binary,
// and a real cluster, of servers that are newer than 2.9.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "tests/integration/replicas/stream_backup.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ReplicasClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
    if (NatsServer::Version().find("v2.9.") != std::string::npos) {
      GTEST_SKIP() << "a cluster needs a newer nats-server";
    }
    cluster_ = std::make_unique<NatsCluster>("lame_duck_grace_period: 5s\nlame_duck_duration: 30s");
  }

  std::unique_ptr<GatewayProcess> Gateway(std::vector<std::string> flags = {}) const {
    std::string store;
    for (const std::string& address : cluster_->addresses()) {
      store += base::Concat(store.empty() ? "--store=nats://" : ",", address);
    }
    flags.push_back(store);
    flags.push_back("--nats_replicas=3");
    return std::make_unique<GatewayProcess>(flags);
  }
  size_t LeaderOfTheLog() const {
    StreamTool tool(nats::DialOptions{.servers = cluster_->addresses()});
    const std::optional<size_t> leader = cluster_->IndexOf(tool.LeaderOf("ssegw_log"));
    if (!leader) throw Failure("the log has no leader");
    return *leader;
  }
  // The server that the gateway is connected to now, or was last.
  size_t ServerOf(const GatewayProcess& gateway) const {
    const std::string log = gateway.Log();
    const std::string said = "msg=\"store connected\" server=";
    const std::vector<std::string> addresses = cluster_->addresses();
    for (size_t i = 0; i < addresses.size(); ++i) {
      if (log.find(addresses[i], log.rfind(said)) == log.rfind(said) + said.size()) return i;
    }
    throw Failure("no server in:\n" + log);
  }
  static std::vector<SseBlock> LogOf(const GatewayProcess& gateway, const std::string& last) {
    return SseReader(gateway.http(), {.query = "mode=all&start=earliest"}).EventsThrough(last);
  }

  std::unique_ptr<NatsCluster> cluster_;
};

// Publishes one event after the other, until it is stopped.
class SteadyPublisher {
 public:
  explicit SteadyPublisher(const std::string& address)
      : publisher_(address), thread_([this] { Run(); }) {}
  ~SteadyPublisher() { Stop(); }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  size_t count() const { return count_; }
  // After Stop: of all events, in order.
  const std::vector<std::string>& ids() const { return ids_; }
  const std::string& fault() const { return fault_; }

 private:
  void Run() {
    while (!stop_) {
      const PublishResult result =
          publisher_.Publish(NumberedEvent("t", "k", static_cast<uint32_t>(ids_.size()) + 1));
      if (!result.ok()) {
        fault_ = result.message;
        return;
      }
      ids_.push_back(result.id);
      ++count_;
    }
  }

  Publisher publisher_;
  std::vector<std::string> ids_;
  std::string fault_;
  std::atomic<size_t> count_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// survivor: the one server of three that is left.
void ExpectToOutlastTwo(NatsCluster& cluster, size_t survivor, const GatewayProcess& gateway,
                        const std::vector<std::string>& ids, SseReader& reader) {
  Publisher publisher(gateway.grpc());
  for (size_t i = 0; i < NatsCluster::kServers; ++i) {
    if (i != survivor) cluster.server(i).Kill();
  }
  const base::TimePoint away = base::Now();
  const PublishResult refused =
      publisher.Publish(NumberedEvent("t", "k", static_cast<uint32_t>(ids.size()) + 1));
  EXPECT_LE(base::Now() - away, 3s) << "--store_publish_timeout, and a moment";
  EXPECT_EQ(refused.code, kUnavailable);
  EXPECT_THAT(refused.message, AnyOf(StartsWith("not stored:"), StartsWith("outcome unknown:")));
  EXPECT_EQ(HttpGet(gateway.admin(), "/readyz").status, 200) << "within --store_ready_grace";
  EXPECT_EQ(reader.Event().event, "gateway.stale");
  EXPECT_LE(base::Now() - away, 5s);
  // Resume and snapshot are served from memory.
  const size_t seen = ids.size() / 2;
  SseReader resumed(gateway.http(), {.query = "mode=all&lastEventId=" + ids[seen - 1]});
  EXPECT_EQ(resumed.Hello().resumed, true);
  const std::vector<SseBlock> events = resumed.EventsThrough(ids.back());
  EXPECT_GE(events.size(), ids.size() - seen) << "and perhaps gateway.stale";
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot").status, 200);
  EXPECT_TRUE(WaitFor([&] { return HttpGet(gateway.admin(), "/readyz").status == 503; }));
  EXPECT_LE(base::Now() - away, 8s);
  EXPECT_THAT(HttpGet(gateway.admin(), "/readyz").body, HasSubstr("store"));
  EXPECT_EQ(publisher.Health(), "NOT_SERVING");
}

void StartAllBut(NatsCluster& cluster, size_t survivor) {
  for (const bool wait : {false, true}) {
    for (size_t i = 0; i < NatsCluster::kServers; ++i) {
      if (i == survivor) continue;
      if (wait) {
        cluster.server(i).WaitForLog("Server is ready");
      } else {
        cluster.server(i).Start(/*wait=*/false);
      }
    }
  }
}

class TwoOfThreeServersTest : public ReplicasClusterTest,
                              public ::testing::WithParamInterface<bool> {};

TEST_P(TwoOfThreeServersTest, MayBeAwayAndNothingIsLost) {
  const auto gateway = Gateway({"--store_publish_timeout=2s", "--store_ready_grace=5s"});
  SseReader reader(gateway->http(), {.query = "mode=all"});
  reader.AwaitLive();
  std::vector<std::string> ids;
  Publisher publisher(gateway->grpc());
  for (uint32_t n = 1; n <= 20; ++n) {
    ids.push_back(publisher.MustPublish(NumberedEvent("t", "k", n)));
  }
  EXPECT_EQ(IdsOf(reader.Events(ids.size())), ids);
  const size_t leader = LeaderOfTheLog();
  const size_t survivor = GetParam() ? leader : (leader + 1) % NatsCluster::kServers;
  ExpectToOutlastTwo(*cluster_, survivor, *gateway, ids, reader);

  StartAllBut(*cluster_, survivor);
  // What was refused may be there, and may come before it is said that all is well.
  SseBlock block = reader.Event();
  if (block.id) block = reader.Event();
  EXPECT_EQ(block.event, "gateway.fresh");
  EXPECT_TRUE(WaitFor([&] { return HttpGet(gateway->admin(), "/readyz").status == 200; }));
  EXPECT_TRUE(WaitFor([&] { return publisher.Health() == "SERVING"; }));
  const std::string last = publisher.MustPublish(NumberedEvent("t", "k", 22));
  const std::vector<SseBlock> log = LogOf(*gateway, last);
  const std::vector<std::string> stored = IdsOf(log);
  EXPECT_THAT(stored.size(), AnyOf(ids.size() + 1, ids.size() + 2));
  EXPECT_EQ(std::vector(stored.begin(), stored.begin() + static_cast<ptrdiff_t>(ids.size())), ids);
  EXPECT_EQ(reader.EventsThrough(last).back().id, last);
  // One that has nothing in memory reads the same.
  const auto other = Gateway();
  EXPECT_EQ(NumbersOf(LogOf(*other, last)), NumbersOf(log));
  EXPECT_EQ(IdsOf(LogOf(*other, last)), stored);
}

INSTANTIATE_TEST_SUITE_P(Survivor, TwoOfThreeServersTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Leader" : "Follower"; });

TEST_F(ReplicasClusterTest, WhenTheLeaderStopsAnsweringEventsGoOnWithinNineSeconds) {
  const auto gateway = Gateway({"--store_publish_timeout=20s"});
  SseReader reader(gateway->http(), {.query = "mode=all"});
  reader.AwaitLive();
  Publisher publisher(gateway->grpc());
  const std::string first = publisher.MustPublish(NumberedEvent("t", "k", 1));
  const size_t frozen = LeaderOfTheLog();
  cluster_->server(frozen).Signal(SIGSTOP);
  const base::TimePoint begin = base::Now();
  const std::string second = publisher.MustPublish(NumberedEvent("t", "k", 2));
  reader.EventsThrough(second);
  EXPECT_LE(base::Now() - begin, 9s);
  EXPECT_NE(LeaderOfTheLog(), frozen);
  cluster_->server(frozen).Signal(SIGCONT);
  const std::string third = publisher.MustPublish(NumberedEvent("t", "k", 3));
  EXPECT_EQ(IdsOf(LogOf(*Gateway(), third)), (std::vector{first, second, third}));
}

TEST_F(ReplicasClusterTest, AGatewayWhoseServerIsToldToGoMovesWithoutALossOrARepeat) {
  const auto gateway = Gateway();
  SseReader reader(gateway->http(), {.query = "mode=all"});
  reader.AwaitLive();
  SteadyPublisher publisher(gateway->grpc());
  const auto await_more = [&] {
    const size_t enough = publisher.count() + 100;
    return WaitFor([&] { return publisher.count() >= enough || !publisher.fault().empty(); });
  };
  ASSERT_TRUE(await_more());
  const size_t before = ServerOf(*gateway);
  cluster_->server(before).Signal(SIGUSR2);
  // Long before the server itself ends the connection.
  EXPECT_TRUE(WaitFor([&] { return gateway->Scrape()["store_reconnects_total"] == 1; }, 4s));
  ASSERT_TRUE(await_more());
  publisher.Stop();
  EXPECT_EQ(publisher.fault(), "");
  EXPECT_NE(ServerOf(*gateway), before);
  EXPECT_EQ(IdsOf(reader.EventsThrough(publisher.ids().back())), publisher.ids());
  EXPECT_EQ(gateway->Scrape()["store_gaps_total"], 0);
}

}  // namespace
}  // namespace ssegw::testing
