#include "internal/store/store.h"

#include <cstdint>
#include <string_view>

#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {
namespace {

Sample Forgotten(std::string_view bound, uint64_t count) {
  return {.labels = {{"bound", bound}}, .value = static_cast<double>(count)};
}

}  // namespace

void AddStore(const window::Window& window, const store::Store& store, Families& families) {
  const window::Forgotten forgotten = window.stats().forgotten;
  const store::StoreStats stats = store.stats();
  const store::MessageIds& message_ids = stats.message_ids;
  families.Counter("forgotten_total",
                   "What was forgotten for lack of room, by the bound: keys and bytes of the "
                   "snapshot, tombstones, message_ids.",
                   {Forgotten("keys", forgotten.keys), Forgotten("bytes", forgotten.bytes),
                    Forgotten("tombstones", forgotten.tombstones),
                    Forgotten("message_ids", message_ids.forgotten)});
  families.Gauge("store_up", "1 if the store takes events; with --store=memory always.",
                 uint64_t{store.health().state == store::StoreState::kUp ? 1U : 0U});
  families.Gauge("store_message_ids", "Message ids remembered for --dedup_window, to tell repeats.",
                 message_ids.remembered);
  families.Counter("store_appended_total",
                   "Events appended to the log; subtract events_received_total{result=\"ok\"} for "
                   "the deletions by ttl.",
                   stats.appended);
}

}  // namespace ssegw::app
