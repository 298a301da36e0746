#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>

#include "internal/base/ref_ptr.h"
#include "internal/sse/frame.h"

namespace ssegw::bench {
namespace {

// One frame around JSON of so many bytes, made, sealed and freed.
void CreateFrame(benchmark::State& state) {
  const std::string json(static_cast<size_t>(state.range(0)), 'x');
  uint64_t seq = 0;
  for (auto _ : state) {
    const base::RefPtr<sse::Frame> frame = sse::Frame::Create(
        {.topic = "dashboards.eu.host-1", .key = "host-1", .type = "alert", .json = json});
    frame->Seal("k3f9x2", ++seq);
    benchmark::DoNotOptimize(frame->chunked().data());
  }
}
BENCHMARK(CreateFrame)->Name("frame/create")->Arg(800)->Arg(16'384);

}  // namespace
}  // namespace ssegw::bench
