#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "bench/fanout/load.h"
#include "bench/fanout/measure.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using base::Concat;
using std::chrono::milliseconds;
using testing::Failure;

constexpr size_t kMiB = 1024 * 1024;
constexpr size_t kSlowBytesPerSecond = 10'000;
// What has grown by this much will not stop by itself, and the machine has others to serve.
constexpr size_t kMostGrowth = 1024 * kMiB;
constexpr base::Duration kSettle = milliseconds(500);
// From one look at the memory to the next: each holds the server up for a millisecond.
constexpr base::Duration kLookEvery = milliseconds(500);
// What connections follow, and what nobody does.
constexpr uint32_t kTopic = 0;
constexpr uint32_t kOtherTopic = 1;
// So few that a request with all of them is not larger than servers take.
constexpr size_t kFillBurst = 8;

// What was seen of a server, with slow readers or without.
struct Part {
  double growth = 0;  // bytes
  double seconds = 0;
  LoadReport healthy = {};
  LoadReport slow = {};  // those that read slowly, and those that never do

  double p99_us() const { return base::ToSeconds(healthy.latency.Quantile(0.99)) * 1e6; }
};

// So that a window has as much in it before as after.
void Fill(Server& server, const Scenario& scenario) {
  const size_t count = scenario.fill_bytes / scenario.data_bytes;
  for (uint64_t number = 0; number < count;) {
    std::vector<NumberedEvent> events(kFillBurst);
    for (NumberedEvent& event : events) {
      event = {.topic = kOtherTopic, .number = ++number, .data_bytes = scenario.data_bytes};
    }
    server.Publish(events);
  }
}

// Publishes for this long; returns how much larger than before the process was at its largest.
// Failure: not everything comes to the healthy, or it becomes too large.
double PublishTo(Server& server, Load& healthy, const Scenario& scenario, base::Duration length,
                 base::Duration patience) {
  const auto before = static_cast<double>(server.PssBytes());
  double growth = -before;
  const auto look = [&] {
    growth = std::max(growth, static_cast<double>(server.PssBytes()) - before);
  };
  const base::TimePoint began = base::Now();
  base::TimePoint due = began;
  base::TimePoint next_look = began;
  for (uint64_t number = 1; base::Now() - began < length; ++number) {
    server.Publish({{.topic = kTopic, .number = number, .data_bytes = scenario.data_bytes}});
    const uint64_t expected = number * healthy.ReadersOf(kTopic);
    if (!healthy.WaitForEvents(expected, patience)) {
      throw Failure(Concat(expected - healthy.Events(), " of ", expected,
                           " deliveries are lost: ", healthy.Report().FaultText()));
    }
    // Nothing is on its way to the healthy now, whose latency would have the look in it.
    if (base::Now() >= next_look) {
      look();
      if (growth > static_cast<double>(kMostGrowth)) {
        throw Failure(Concat("given up after ",
                             static_cast<int>(base::ToSeconds(base::Now() - began)),
                             " s: it grew by more than ", kMostGrowth / kMiB, " MiB"));
      }
      next_look = base::Now() + kLookEvery;
    }
    due = std::max(due + scenario.interval, base::Now());
    std::this_thread::sleep_until(due);
  }
  look();
  return growth;
}

Part RunPart(const Scenario& scenario, const Candidate& candidate, base::Duration length,
             base::Duration patience, bool with_slow_ones) {
  const std::unique_ptr<Server> server = candidate.start();
  const Target target = server->target();
  // What has no window would have garbage instead, which hides what it grows by later.
  if (target.is_gateway) Fill(*server, scenario);
  // Each is a process of its own: what a slow one reads is not in the way of the others.
  std::vector<std::unique_ptr<Load>> loads;
  const auto connect = [&](const LoadOptions& options) {
    if (options.connections > 0) loads.push_back(std::make_unique<Load>(target, options));
  };
  connect({.connections = scenario.connections});
  if (with_slow_ones) {
    connect({.connections = scenario.slow, .bytes_per_second = kSlowBytesPerSecond});
    connect({.connections = scenario.never_reading, .never_reading_percent = 100});
  }
  for (const auto& load : loads) load->WaitUntilOpen(kConnectPatience);
  std::this_thread::sleep_for(kSettle);
  Part part;
  const base::TimePoint began = base::Now();
  part.growth = PublishTo(*server, *loads.front(), scenario, length, patience);
  part.seconds = base::ToSeconds(base::Now() - began);
  part.healthy = loads.front()->Report();
  for (size_t i = 1; i < loads.size(); ++i) part.slow.Add(loads[i]->Report());
  if (part.healthy.faults() > 0) throw Failure(part.healthy.FaultText());
  // That they fall behind is no fault, nor that they are told so or closed. What they do get is
  // held to the gateway's promises: in order, and nothing missing but what they are told of.
  const LoadReport& slow = part.slow;
  if (target.is_gateway && slow.lost + slow.out_of_order + slow.strange > 0) {
    throw Failure(Concat("slow ones: ", slow.FaultText()));
  }
  return part;
}

void RunRound(const Scenario& scenario, const Candidate& candidate, base::Duration length,
              base::Duration patience, bool slow_ones_first, ServerOutcome& outcome) {
  Part alone;
  Part with;
  for (const bool with_slow_ones : {slow_ones_first, !slow_ones_first}) {
    try {
      (with_slow_ones ? with : alone) =
          RunPart(scenario, candidate, length, patience, with_slow_ones);
    } catch (const Failure& failure) {
      throw Failure(
          Concat(with_slow_ones ? "with slow readers: " : "healthy alone: ", failure.what()));
    }
  }
  outcome.rounds.push_back(
      {{kGrowth, with.growth},
       {kGrowthAlone, alone.growth},
       {kGrowthMore, with.growth - alone.growth},
       {kP99, with.p99_us()},
       {kP99Alone, alone.p99_us()},
       {kP99Times, with.p99_us() / alone.p99_us()},
       {kDeliveries, static_cast<double>(with.healthy.events) / with.seconds},
       {kSlowResets, static_cast<double>(with.slow.resets)},
       {kSlowEnded, static_cast<double>(with.slow.ended + with.slow.never_reading_ended)},
       {kSlowLost, static_cast<double>(with.slow.lost)}});
}

}  // namespace

Outcome MeasureSlowReaders(const Scenario& scenario, const std::vector<Candidate>& candidates,
                           const MeasureOptions& options) {
  Outcome outcome{.scenario = scenario};
  for (const Candidate& candidate : candidates) outcome.servers.push_back({.name = candidate.name});
  const base::Duration length =
      scenario.round > base::Duration::zero() ? scenario.round : options.round;
  for (size_t round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      OrFault(outcome.servers[i], [&] {
        RunRound(scenario, candidates[i], length, options.patience, round % 2 == 1,
                 outcome.servers[i]);
      });
    }
  }
  return outcome;
}

}  // namespace ssegw::bench
