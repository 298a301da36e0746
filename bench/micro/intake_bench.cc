#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro/json_events.h"
#include "gateway/ingest/event_intake.h"
#include "gateway/ingest/event_validator.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/time.h"
#include "internal/store/memory_store.h"
#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/schemas.h"
#include "internal/window/window.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::bench {
namespace {

// What the gateway has to take events in with, and a window that is full: each event evicts one.
struct Gateway {
  Gateway() {
    for (const ssegateway::v1::Event& event : JsonEvents(64)) {
      bytes.push_back(event.SerializeAsString());
    }
    wires.assign(bytes.begin(), bytes.end());
    for (size_t taken = 0; taken < 20'000; taken += wires.size()) TakeAll();
  }
  void TakeAll() { intake.TakeAll(wires, base::Moment::Now(), {}); }

  std::unique_ptr<transcode::Schemas> schemas = transcode::Schemas::Load({}, {}).value();
  transcode::OnePassTranscoder transcoder{schemas->plans()};
  window::Window window{"k3f9x2", {.max_events = 20'000}};
  store::MemoryStore store{window, {}};
  ingest::IngestStats stats;
  ingest::EventValidator validator{transcoder, 262'144, stats};
  ingest::EventIntake intake{validator, store, stats};
  std::vector<std::string> bytes;
  std::vector<std::string_view> wires;
};

// 64 events of 300 bytes of JSON: all that PublishBatch does but gRPC's part, by so many threads.
void BatchOf64(benchmark::State& state) {
  static Gateway& gateway = *new Gateway;
  for (auto _ : state) gateway.TakeAll();
}
BENCHMARK(BatchOf64)->Name("intake/batch_of_64")->Threads(1)->Threads(2);

}  // namespace
}  // namespace ssegw::bench
