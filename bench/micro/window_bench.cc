#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/ref_ptr.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"
#include "internal/window/window.h"

namespace ssegw::bench {
namespace {

// Appends to so many topics in turn, each event superseding its topic's last one. Making the frame
// is part of it. The window is full: each append evicts as well.
void Append(benchmark::State& state) {
  const auto topic_count = static_cast<size_t>(state.range(0));
  std::vector<std::string> topics;
  for (size_t i = 0; i < topic_count; ++i) topics.push_back(base::Concat("dashboards.eu.", i));
  const std::string json(200, 'x');
  window::Window window("k3f9x2", {.max_events = 20'000});
  size_t next = 0;
  const auto append = [&] {
    window.Append(sse::Frame::Create({.topic = topics[next], .json = json}));
    next = next + 1 == topic_count ? 0 : next + 1;
  };
  for (int i = 0; i < 20'000; ++i) append();
  for (auto _ : state) append();
}
BENCHMARK(Append)->Name("window/append_to_topics")->Arg(1)->Arg(10'000);

// Whether one of so many filters matches a topic; none does, and they share tokens with it.
void Matches(benchmark::State& state, std::string_view before, std::string_view behind) {
  std::vector<window::Filter> list;
  for (int64_t i = 0; i < state.range(0); ++i) {
    list.push_back(*window::Filter::Parse(base::Concat(before, i, behind)));
  }
  const window::Filters filters(std::move(list));
  size_t next = 0;
  std::vector<std::string> topics;
  for (int i = 0; i < 64; ++i) topics.push_back(base::Concat("dashboards.eu.", i * 31, ".cpu"));
  for (auto _ : state) benchmark::DoNotOptimize(filters.Matches(topics[next++ % 64]));
}
BENCHMARK_CAPTURE(Matches, exact, "dashboards.eu.", ".memory")
    ->Name("window/matches_exact")
    ->Arg(16)
    ->Arg(1'000);
BENCHMARK_CAPTURE(Matches, wild, "dashboards.*.", ".memory.>")
    ->Name("window/matches_wildcards")
    ->Arg(16)
    ->Arg(1'000);

}  // namespace
}  // namespace ssegw::bench
