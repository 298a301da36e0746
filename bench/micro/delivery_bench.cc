// What a shard does for each event and connection, the socket aside.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "internal/base/time.h"
#include "internal/fanout/byte_sink.h"
#include "internal/fanout/shard.h"
#include "internal/fanout/subscription.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"

namespace ssegw::bench {
namespace {

// A socket that takes everything.
class Discard final : public fanout::ByteSink {
 public:
  ssize_t Write(std::span<const iovec> pieces) override {
    size_t bytes = 0;
    for (const iovec& piece : pieces) bytes += piece.iov_len;
    return static_cast<ssize_t>(bytes);
  }
  void OnNext(fanout::Next) override {}
};

// So many events of 290 bytes at once, for 1,000 connections with the same filters.
void Deliver(benchmark::State& state) {
  const auto events = static_cast<size_t>(state.range(0));
  const bool envelope = state.range(1) != 0;
  const std::string json(250, 'x');
  window::Window window("k3f9x2ab", {.max_events = 1'000});
  fanout::Shard shard(window, [] {});
  Discard sink;
  std::vector<std::unique_ptr<fanout::Subscription>> subscriptions;
  for (int i = 0; i < 1'000; ++i) {
    fanout::SubscriptionRequest request;
    request.envelope = envelope;
    subscriptions.push_back(std::make_unique<fanout::Subscription>(
        shard, sink, request, fanout::Framing::kChunked,
        fanout::Subscription::Greeting{.connection_id = "c", .retry = std::chrono::seconds(2)}));
    if (subscriptions.back()->Pump(base::Now()) != fanout::Next::kWait) {
      return state.SkipWithError("it is not live");
    }
  }
  for (auto _ : state) {
    for (size_t i = 0; i < events; ++i) {
      window.Append(sse::Frame::Create({.topic = "dashboards.eu.host-1",
                                        .key = "host-1",
                                        .json = json,
                                        .received_at = base::Now()}));
    }
    while (shard.Turn(base::Now()) == fanout::Work::kMore) {
    }
  }
  if (shard.stats().frames_delivered.value() !=
      1'000 * events * static_cast<size_t>(state.iterations())) {
    return state.SkipWithError("something was not delivered");
  }
  state.SetItemsProcessed(state.iterations() * 1'000);
}
BENCHMARK(Deliver)
    ->Name("shard/deliver_events_to_1000")
    ->ArgNames({"events", "envelope"})
    ->Args({1, 0})
    ->Args({32, 0})
    ->Args({32, 1});

}  // namespace
}  // namespace ssegw::bench
