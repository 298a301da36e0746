// What a shard does for an event before it writes.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/time.h"
#include "internal/fanout/filter_index.h"
#include "internal/fanout/mailbox.h"
#include "internal/fanout/timer_wheel.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"

namespace ssegw::bench {
namespace {

// A topic that one exact filter, one with a wildcard and ">" match, among so many exact filters.
void Match(benchmark::State& state) {
  fanout::FilterIndex<int> index;
  int value = 0;
  const auto add = [&](const std::string& text) {
    index.Add(*window::Filter::Parse(text), &value);
  };
  for (int64_t i = 0; i < state.range(0); ++i) add(base::Concat("dashboards.eu.", i));
  add("dashboards.*.0");
  add(">");
  std::vector<int*> matches;
  for (auto _ : state) {
    matches.clear();
    index.Match("dashboards.eu.0", matches);
    benchmark::DoNotOptimize(matches.data());
  }
  if (matches.size() != 3) state.SkipWithError("three filters match");
}
BENCHMARK(Match)->Name("filter_index/match_of_filters")->Arg(1)->Arg(10'000);

// A burst of frames pushed by one thread and taken by the same: no contention.
void PushAndTake(benchmark::State& state) {
  const sse::FramePtr frame = sse::Frame::Create({.topic = "a", .json = "{}"});
  fanout::Mailbox mailbox;
  std::vector<sse::FramePtr> taken;
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(0); ++i) mailbox.Push({&frame, 1});
    if (mailbox.Take(taken) == fanout::Taken::kOverflowed)
      return state.SkipWithError("it overflowed");
    taken.clear();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(PushAndTake)->Name("mailbox/push_and_take_burst")->Arg(1)->Arg(64);

class Heartbeat final : public fanout::WheelEntry {
 public:
  Heartbeat(fanout::TimerWheel& wheel, base::TimePoint first) : wheel_(wheel) {
    wheel_.Schedule(*this, first);
  }

 private:
  void OnDeadline(base::TimePoint now) override {
    wheel_.Schedule(*this, now + std::chrono::seconds(15));
  }
  fanout::TimerWheel& wheel_;
};

// One tick of a shard with so many connections, each with a heartbeat every 15 s.
void Tick(benchmark::State& state) {
  base::TimePoint now{};
  fanout::TimerWheel wheel(now);
  std::vector<std::unique_ptr<Heartbeat>> heartbeats;
  for (int64_t i = 0; i < state.range(0); ++i) {
    heartbeats.push_back(std::make_unique<Heartbeat>(
        wheel, now + std::chrono::microseconds(i * 15'000'000 / state.range(0))));
  }
  for (auto _ : state) {
    now += fanout::TimerWheel::kTick;
    wheel.Advance(now);
  }
}
BENCHMARK(Tick)->Name("timer_wheel/tick_of_connections")->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace ssegw::bench
