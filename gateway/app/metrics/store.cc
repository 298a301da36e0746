#include <cstdint>
#include <string_view>

#include "gateway/app/metrics/subjects.h"
#include "internal/store/memory_store.h"

namespace ssegw::app {
namespace {

Sample Forgotten(std::string_view bound, uint64_t count) {
  return {.labels = {{"bound", bound}}, .value = static_cast<double>(count)};
}

}  // namespace

void AddStore(const window::Window& window, const store::MemoryStore& store, Families& families) {
  const window::WindowStats stats = window.stats();
  const store::MemoryStore::MessageIds message_ids = store.message_ids();
  families.Counter(
      "forgotten_total",
      "What was forgotten for lack of room, by the bound: keys and bytes of the "
      "snapshot, tombstones, message_ids.",
      {Forgotten("keys", stats.forgotten.keys), Forgotten("bytes", stats.forgotten.bytes),
       Forgotten("tombstones", stats.forgotten.tombstones),
       Forgotten("message_ids", message_ids.forgotten)});
  families.Gauge("store_up", "1 if the store takes events; with --store=memory always.",
                 uint64_t{1});
  families.Gauge("store_message_ids", "Message ids remembered for --dedup_window, to tell repeats.",
                 message_ids.remembered);
  families.Counter("store_appended_total",
                   "Events appended to the log; subtract events_received_total{result=\"ok\"} for "
                   "the deletions by ttl.",
                   stats.head);
}

}  // namespace ssegw::app
