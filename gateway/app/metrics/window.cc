#include "internal/window/window.h"

#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {

void AddWindow(const window::Window& window, Families& families) {
  const window::WindowStats stats = window.stats();
  families.Gauge("window_events",
                 "Events in the window; at --window_max_events this bound decides how far back a "
                 "resume reaches.",
                 stats.events);
  families.Gauge("window_bytes",
                 "Bytes that the frames in the window take in memory; at window_max_bytes this "
                 "bound decides how far back a resume reaches.",
                 stats.bytes);
  families.Gauge("window_max_bytes",
                 "Bytes that the frames in the window may take now; less than in quiet times means "
                 "that the window gives way to the limit of memory.",
                 stats.max_bytes);
  families.Gauge("snapshot_keys",
                 "Live keys in the snapshot; if it grows without end, keys are never deleted and "
                 "have no ttl.",
                 stats.snapshot_keys);
  families.Gauge("snapshot_tombstones",
                 "Deletions that the snapshot remembers for browsers that were away; at most "
                 "--snapshot_max_keys of them.",
                 stats.tombstones);
}

}  // namespace ssegw::app
