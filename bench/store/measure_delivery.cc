#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/str_join.h"
#include "bench/store/measure.h"
#include "bench/store/nats_writer.h"
#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/store/jetstream/api.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::bench {
namespace {

using testing::GatewayProcess;
using testing::NatsServer;

constexpr base::Duration kBetween = std::chrono::milliseconds(5);
constexpr base::Duration kSteady = std::chrono::milliseconds(20);
// After the harm: whatever comes of it begins within that time.
constexpr base::Duration kWatched = std::chrono::seconds(3);
constexpr base::Duration kPatience = std::chrono::seconds(40);
constexpr char kLog[] = "ssegw_log";

// Publishes numbers at one gateway, one after the other, and reads them from another one.
class NumbersBetween {
 public:
  NumbersBetween(const GatewayProcess& at, const GatewayProcess& from, base::Duration pause)
      : topic_(base::Concat("numbers.", ++numbers_)),
        reader_(from.http(), {.query = base::Concat("topic=", topic_, "&mode=all")}) {
    reader_.AwaitLive();
    publishing_ = std::thread([this, &at, pause] { Publish(at.grpc(), pause); });
    reading_ = std::thread([this] {
      try {
        Read();
      } catch (const std::exception& e) {
        const base::MutexLock lock(mutex_);
        fault_ = e.what();
      }
    });
  }
  ~NumbersBetween() { Stop(); }

  // Until what was published has come.
  void Stop() {
    stop_ = true;
    if (publishing_.joinable()) publishing_.join();
    if (reading_.joinable()) reading_.join();
  }

  struct Passed {
    base::TimePoint sent;
    base::TimePoint came;
  };
  // Failure: one did not come, or not in order.
  std::vector<Passed> passed() const {
    const base::MutexLock lock(mutex_);
    if (!fault_.empty()) throw testing::Failure(fault_);
    return passed_;
  }
  base::TimePoint last_came() const {
    const base::MutexLock lock(mutex_);
    return passed_.empty() ? base::TimePoint::min() : passed_.back().came;
  }

 private:
  void Publish(const std::string& address, base::Duration pause) {
    testing::Publisher publisher(address);
    for (uint32_t number = 1;; ++number) {
      const bool last = stop_;
      {
        const base::MutexLock lock(mutex_);
        sent_.push_back(base::Now());
        if (last) last_number_ = number;
      }
      auto event = testing::NumberedEvent(topic_, "k", number);
      event.set_message_id(base::Concat(topic_, "-", number));
      while (!publisher.Publish(event).ok()) std::this_thread::sleep_for(pause);
      if (last) return;
      std::this_thread::sleep_for(pause);
    }
  }
  void Read() {
    for (uint32_t number = 1;; ++number) {
      testing::SseBlock block = reader_.Event();
      // gateway.stale and gateway.fresh.
      while (!block.id) block = reader_.Event();
      if (testing::NumberOf(block) != number) {
        throw testing::Failure(base::Concat("number ", number, " did not come"));
      }
      const base::TimePoint now = base::Now();
      const base::MutexLock lock(mutex_);
      passed_.push_back({.sent = sent_[number - 1], .came = now});
      if (number == last_number_) return;
    }
  }

  static inline size_t numbers_ = 0;

  const std::string topic_;
  testing::SseReader reader_;
  std::atomic<bool> stop_{false};
  mutable base::Mutex mutex_;
  std::vector<base::TimePoint> sent_ ABSL_GUARDED_BY(mutex_);
  std::vector<Passed> passed_ ABSL_GUARDED_BY(mutex_);
  std::string fault_ ABSL_GUARDED_BY(mutex_);
  uint32_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread publishing_;
  std::thread reading_;
};

double Percentile(std::vector<double> sorted, double share) {
  std::sort(sorted.begin(), sorted.end());
  return sorted.at(static_cast<size_t>(share * static_cast<double>(sorted.size() - 1)));
}

// The longest time after that moment in which nothing came.
double SilenceMs(const std::vector<NumbersBetween::Passed>& passed, base::TimePoint after) {
  base::Duration longest{};
  base::TimePoint last = after;
  for (const auto& each : passed) {
    if (each.came <= after) continue;
    longest = std::max(longest, each.came - last);
    last = each.came;
  }
  return base::ToSeconds(longest) * 1000;
}

Outcome NewOutcome(const std::string& name, const std::string& what) {
  Outcome outcome{.scenario = {.name = name, .what = what}};
  outcome.servers.push_back({.name = "gateway"});
  return outcome;
}

// How long a reader gets nothing after what is done.
Figures Silence(const GatewayProcess& at, const GatewayProcess& from,
                const std::function<void()>& harm) {
  NumbersBetween numbers(at, from, kSteady);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const base::TimePoint began = base::Now();
  harm();
  if (!testing::WaitFor([&] { return numbers.last_came() > began + kWatched; }, kPatience)) {
    throw testing::Failure("nothing comes any more");
  }
  numbers.Stop();
  return {{kSilenceMs, SilenceMs(numbers.passed(), began)}};
}

// Of gateways at servers, as one flag.
std::string StoreFlag(const std::vector<std::string>& addresses) {
  return "--store=nats://" + absl::StrJoin(addresses, ",");
}

size_t SilenceRounds(const StoreOptions& options) {
  return std::min<size_t>(options.measure.rounds, 3);
}

}  // namespace

std::vector<Outcome> MeasureLatency(const StoreOptions& options) {
  const NatsServer server;
  const GatewayProcess a({"--store=" + server.url()});
  const GatewayProcess b({"--store=" + server.url()});
  Outcome outcome = NewOutcome("store_latency", "published at one gateway, read from another");
  for (size_t round = 0; round <= options.measure.rounds; ++round) {
    NumbersBetween numbers(a, b, kBetween);
    std::this_thread::sleep_for(options.measure.round);
    numbers.Stop();
    std::vector<double> us;
    for (const auto& [sent, came] : numbers.passed())
      us.push_back(base::ToSeconds(came - sent) * 1e6);
    if (round == 0) continue;
    outcome.servers[0].rounds.push_back(
        {{kP50, Percentile(us, 0.5)}, {kP99, Percentile(us, 0.99)}});
  }
  return {outcome};
}

std::vector<Outcome> MeasureConsumerLoss(const StoreOptions& options) {
  const NatsServer server;
  const GatewayProcess a({"--store=" + server.url()});
  const GatewayProcess b({"--store=" + server.url()});
  const NatsWriter api(server.address(), NatsWriter::Send::kAtOnce);
  Outcome outcome =
      NewOutcome("store_consumer_deleted", "the consumers of all gateways are deleted");
  for (size_t round = 0; round < SilenceRounds(options); ++round) {
    outcome.servers[0].rounds.push_back(Silence(a, b, [&] {
      // Their names are the only strings in it that begin so.
      const std::string names = api.Ask(base::Concat("$JS.API.CONSUMER.NAMES.", kLog));
      for (size_t at = 0; (at = names.find("\"gateway-", at)) != std::string::npos;) {
        const size_t end = names.find('"', at + 1);
        api.Ask(base::Concat("$JS.API.CONSUMER.DELETE.", kLog, ".",
                             names.substr(at + 1, end - at - 1)));
        at = end;
      }
    }));
  }
  return {outcome};
}

std::vector<Outcome> MeasureLeaderLoss(const StoreOptions& options) {
  testing::NatsCluster cluster;
  const std::vector<std::string> flags = {StoreFlag(cluster.addresses()), "--nats_replicas=3"};
  const GatewayProcess a(flags);
  const GatewayProcess b(flags);
  Outcome outcome = NewOutcome("store_leader_killed", "the server that leads the log is killed");
  for (size_t round = 0; round < SilenceRounds(options); ++round) {
    testing::NatsServer* leader = nullptr;
    if (!testing::WaitFor([&] {
          const NatsWriter api(cluster.server(0).address(), NatsWriter::Send::kAtOnce);
          const auto index = cluster.IndexOf(
              store::jetstream::ParseStreamInfo(api.Ask(store::jetstream::StreamInfoSubject(kLog)))
                  .value.leader);
          if (index) leader = &cluster.server(*index);
          return leader != nullptr;
        })) {
      throw testing::Failure("the log has no leader");
    }
    outcome.servers[0].rounds.push_back(Silence(a, b, [&] { leader->Kill(); }));
    leader->Start();
    // It has to catch up, or the next one that is killed is the second that is away.
    std::this_thread::sleep_for(std::chrono::seconds(5));
  }
  return {outcome};
}

}  // namespace ssegw::bench
