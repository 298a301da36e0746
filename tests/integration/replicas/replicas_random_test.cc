// Gateways with one log, while publishers publish, readers hop from gateway to gateway, and
// gateways and servers of NATS are killed, frozen and ended in an order drawn at random: the real
// binary and real servers.
//
//   SSEGW_MODEL_SEED        the first seed (1)
//   SSEGW_MODEL_SCHEDULES   how many schedules (1)
//   SSEGW_MODEL_SECONDS     instead: for so long, from a seed that nobody has tried

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "tests/integration/replicas/backend.h"
#include "tests/integration/replicas/hopping_reader.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/json.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kGateways = 3;

// What it takes until events flow again, with time to spare: servers elect leaders for up to 10 s.
constexpr auto kRecovery = seconds(90);

struct Coverage {
  size_t acknowledged = 0;
  size_t deletions = 0;
  size_t hops = 0;
};

// One log: a server, or three that are a cluster.
class Servers {
 public:
  explicit Servers(bool is_cluster) {
    if (is_cluster) {
      cluster_ = std::make_unique<NatsCluster>();
    } else {
      single_ = std::make_unique<NatsServer>();
    }
  }
  size_t size() const { return cluster_ ? NatsCluster::kServers : 1; }
  NatsServer& at(size_t index) { return cluster_ ? cluster_->server(index) : *single_; }
  std::string StoreFlag() {
    std::string addresses;
    for (size_t i = 0; i < size(); ++i) {
      addresses += base::Concat(i == 0 ? "" : ",", at(i).address());
    }
    return "--store=nats://" + addresses;
  }

 private:
  std::unique_ptr<NatsServer> single_;
  std::unique_ptr<NatsCluster> cluster_;
};

class Schedule {
 public:
  // Every third has a cluster, where the copies of its servers stay the same.
  Schedule(uint64_t seed, Coverage& coverage)
      : random_(seed), coverage_(coverage), servers_(seed % 3 == 0 && CopiesStayTheSame()) {
    for (auto& gateway : gateways_) gateway = NewGateway();
  }

  void Run() {
    const auto addresses = [this] { return Addresses(&GatewayProcess::http); };
    for (uint32_t i = 0; i < 4; ++i) {
      backends_.push_back(std::make_unique<Backend>(
          [this] { return Addresses(&GatewayProcess::grpc); }, base::Concat("b", i),
          1 + i * 1'000'000, /*has_message_ids=*/i > 0));
    }
    for (const char* const query :
         {"mode=all&start=earliest", "mode=all&start=earliest", "mode=latest"}) {
      readers_.push_back(std::make_unique<HoppingReader>(addresses, query, Draw(1 << 30)));
    }
    AwaitMore();
    std::vector<std::function<void()>> actions = {
        [this] { Replace(SIGKILL); }, [this] { Replace(SIGTERM); }, [this] { FreezeGateway(); },
        [this] { KillServers(1); },   [this] { EndServer(); },      [this] { FreezeServer(); }};
    if (servers_.size() > 1) actions.push_back([this] { KillServers(servers_.size()); });
    std::shuffle(actions.begin(), actions.end(), random_);
    for (const auto& action : actions) {
      action();
      AwaitMore();
    }
    for (const auto& backend : backends_) {
      backend->Stop();
      ASSERT_EQ(backend->fault(), "");
    }
    AwaitDeletions();
    Check();
    if (::testing::Test::HasFailure()) PrintLogs();
  }

 private:
  // Not of 2.9, once a server was killed: docs/operations/replicas.md.
  static bool CopiesStayTheSame() {
    return NatsServer::Version().find("v2.9.") == std::string::npos;
  }

  size_t Draw(size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random_); }

  std::unique_ptr<GatewayProcess> NewGateway() {
    return std::make_unique<GatewayProcess>(std::vector<std::string>{
        servers_.StoreFlag(), base::Concat("--nats_replicas=", servers_.size()),
        "--heartbeat_interval=200ms", "--drain_delay=0s", "--drain_window=300ms"});
  }
  std::vector<std::string> Addresses(const std::string& (GatewayProcess::*of)() const) {
    const base::MutexLock lock(mutex_);
    std::vector<std::string> addresses;
    for (const auto& gateway : gateways_) addresses.push_back((gateway.get()->*of)());
    return addresses;
  }
  // Until each of them has published more.
  void AwaitMore() {
    for (const auto& backend : backends_) {
      const size_t enough = backend->count() + 50;
      ASSERT_TRUE(WaitFor([&] { return backend->count() >= enough || !backend->fault().empty(); },
                          kRecovery))
          << backend->topic() << " goes no further";
    }
  }
  void Pause(size_t below_ms) { std::this_thread::sleep_for(milliseconds(Draw(below_ms))); }

  void Replace(int signal) {
    const size_t index = Draw(kGateways);
    gateways_[index]->Signal(signal);
    EXPECT_EQ(gateways_[index]->WaitExit(), signal == SIGTERM ? 0 : 128 + signal);
    Pause(500);
    auto gateway = NewGateway();
    const base::MutexLock lock(mutex_);
    gateways_[index] = std::move(gateway);
  }
  void FreezeGateway() {
    const auto& gateway = gateways_[Draw(kGateways)];
    gateway->Signal(SIGSTOP);
    Pause(3000);
    gateway->Signal(SIGCONT);
  }
  void KillServers(size_t count) {
    const size_t first = Draw(servers_.size());
    const auto server = [&](size_t i) -> NatsServer& {
      return servers_.at((first + i) % servers_.size());
    };
    for (size_t i = 0; i < count; ++i) server(i).Kill();
    Pause(1500);
    for (size_t i = 0; i < count; ++i) server(i).Start(/*wait=*/false);
    for (size_t i = 0; i < count; ++i) server(i).WaitForLog("Server is ready");
  }
  void EndServer() {
    NatsServer& server = servers_.at(Draw(servers_.size()));
    server.Terminate();
    Pause(1500);
    server.Start();
  }
  void FreezeServer() {
    NatsServer& server = servers_.at(Draw(servers_.size()));
    server.Signal(SIGSTOP);
    Pause(4000);
    server.Signal(SIGCONT);
  }

  // Each event with a ttl that was acknowledged is deleted, and a second deletion would have come
  // by now.
  void AwaitDeletions() {
    std::set<std::string> keys;
    for (const auto& backend : backends_) {
      keys.insert(backend->mortal_keys().begin(), backend->mortal_keys().end());
    }
    SseReader reader(gateways_[0]->http(), {.query = "mode=all&start=earliest"});
    while (!keys.empty()) {
      const SseBlock event = reader.Event();
      if (event.event == "gateway.deleted") {
        keys.erase(StringAt(ParseJson(event.data.value()), "key"));
      }
    }
    std::this_thread::sleep_for(seconds(2));
  }

  void Check() {
    const std::string last =
        Publisher(gateways_[0]->grpc()).MustPublish(NumberedEvent("end", "end", 999'999'999));
    const std::vector<SseBlock> log = LogOf(*gateways_[0], last);
    for (const auto& gateway : gateways_) {
      EXPECT_EQ(Texts(LogOf(*gateway, last)), Texts(log));
      EXPECT_EQ(HttpGet(gateway->http(), "/v1/snapshot").body,
                HttpGet(gateways_[0]->http(), "/v1/snapshot").body);
    }
    CheckLog(log);
    for (const auto& reader : readers_) {
      ASSERT_TRUE(reader->ReadThrough(last)) << reader->fault();
      coverage_.hops += reader->hops();
    }
    EXPECT_EQ(Texts(readers_[0]->events()), Texts(log));
    EXPECT_EQ(Texts(readers_[1]->events()), Texts(log));
    EXPECT_EQ(StateOf(readers_[2]->events()), StateOf(log));
  }
  void CheckLog(const std::vector<SseBlock>& log) {
    std::map<uint32_t, std::string> stored;
    std::set<std::string> ids;
    std::map<std::string, size_t> deletions;
    for (const SseBlock& event : log) {
      ids.insert(event.id.value());
      if (event.event == "gateway.deleted") {
        ++deletions[StringAt(ParseJson(event.data.value()), "key")];
      } else {
        EXPECT_TRUE(stored.emplace(NumberOf(event), event.id.value()).second)
            << event.text << "twice";
      }
    }
    for (const auto& backend : backends_) {
      uint64_t seq = 0;
      for (const auto& [number, id] : backend->acknowledged()) {
        EXPECT_TRUE(ids.contains(id)) << number << " is lost";
        if (const auto at = stored.find(number); at != stored.end()) {
          EXPECT_EQ(at->second, id) << number;
        }
        const uint64_t next = std::stoull(id.substr(id.find('-') + 1));
        EXPECT_GT(next, seq) << number << " is out of order";
        seq = next;
      }
      for (const uint32_t number : backend->not_stored()) EXPECT_FALSE(stored.contains(number));
      for (const std::string& key : backend->mortal_keys()) EXPECT_EQ(deletions[key], 1U) << key;
      coverage_.acknowledged += backend->acknowledged().size();
      coverage_.deletions += backend->mortal_keys().size();
    }
  }

  // What the gateways and servers that are there now have said.
  void PrintLogs() {
    for (const auto& gateway : gateways_) std::printf("gateway:\n%s\n", gateway->Log().c_str());
    for (size_t i = 0; i < servers_.size(); ++i) {
      std::printf("server:\n%s\n", servers_.at(i).Log().c_str());
    }
  }

  static std::vector<SseBlock> LogOf(const GatewayProcess& gateway, const std::string& last) {
    return SseReader(gateway.http(), {.query = "mode=all&start=earliest"}).EventsThrough(last);
  }
  static std::vector<std::string> Texts(const std::vector<SseBlock>& events) {
    std::vector<std::string> texts;
    for (const SseBlock& event : events) texts.push_back(event.text);
    return texts;
  }
  // The newest of each key.
  static std::map<std::string, std::string> StateOf(const std::vector<SseBlock>& events) {
    std::map<std::string, std::string> state;
    for (const SseBlock& event : events) {
      if (event.event == "gateway.deleted") {
        const auto deleted = ParseJson(event.data.value());
        state.erase(base::Concat(StringAt(deleted, "topic"), " ", StringAt(deleted, "key")));
      } else {
        const uint32_t backend = NumberOf(event) / 1'000'000;
        const std::string topic = KeyOf(event) == "end" ? "end" : base::Concat("b", backend);
        state[base::Concat(topic, " ", KeyOf(event))] = event.text;
      }
    }
    return state;
  }

  std::mt19937_64 random_;
  Coverage& coverage_;
  Servers servers_;
  base::Mutex mutex_;
  std::unique_ptr<GatewayProcess> gateways_[kGateways];
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<std::unique_ptr<HoppingReader>> readers_;
};

std::optional<uint64_t> FromEnvironment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional(std::strtoull(value, nullptr, 10));
}

TEST(ReplicasRandomTest, NothingAcknowledgedIsLostOrTwiceAndAllHaveOneOrder) {
  if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
  const std::optional<uint64_t> run_for = FromEnvironment("SSEGW_MODEL_SECONDS");
  const uint64_t first =
      FromEnvironment("SSEGW_MODEL_SEED").value_or(run_for ? std::random_device()() : 1);
  const uint64_t count = run_for ? std::numeric_limits<uint64_t>::max() - first
                                 : FromEnvironment("SSEGW_MODEL_SCHEDULES").value_or(1);
  const base::TimePoint begin = base::Now();
  Coverage coverage;
  uint64_t seed = first;
  for (; seed < first + count && !HasFailure(); ++seed) {
    if (run_for && base::Now() - begin > seconds(*run_for)) break;
    SCOPED_TRACE(base::Concat("to run it alone: SSEGW_MODEL_SEED=", seed, " replicas_random_test"));
    if (run_for) std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    Schedule(seed, coverage).Run();
  }
  std::printf(
      "%llu schedules from seed %llu: %zu acknowledged, %zu deleted by their ttl, %zu hops\n",
      static_cast<unsigned long long>(seed - first), static_cast<unsigned long long>(first),
      coverage.acknowledged, coverage.deletions, coverage.hops);
}

}  // namespace
}  // namespace ssegw::testing
