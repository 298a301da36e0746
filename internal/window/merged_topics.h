#ifndef SSEGW_INTERNAL_WINDOW_MERGED_TOPICS_H_
#define SSEGW_INTERNAL_WINDOW_MERGED_TOPICS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "internal/sse/frame.h"
#include "internal/window/event_log.h"
#include "internal/window/topic_index.h"

namespace ssegw::window {

// What a few topics have after a cursor, in seq order.
struct MergedEvents {
  std::vector<sse::FramePtr> frames = {};
  // Everything of the topics up to this seq is in frames or was passed over.
  uint64_t cursor = 0;
  // There is no more of it.
  bool all = false;
};

// Their events in the log, at most max_frames.
MergedEvents MergeEvery(const TopicIndex::Topics& topics, const EventLog& log, uint64_t cursor,
                        size_t max_frames);

// The newest event of each of their keys, tombstones up to tombstones_after passed over, at most
// max_frames. Looks at a bounded number of them.
MergedEvents MergeNewest(const TopicIndex::Topics& topics, uint64_t cursor,
                         uint64_t tombstones_after, size_t max_frames);

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_MERGED_TOPICS_H_
