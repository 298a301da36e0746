#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/ref_ptr.h"
#include "internal/sse/frame.h"
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

}  // namespace
}  // namespace ssegw::bench
