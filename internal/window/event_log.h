#ifndef SSEGW_INTERNAL_WINDOW_EVENT_LOG_H_
#define SSEGW_INTERNAL_WINDOW_EVENT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "internal/sse/frame.h"
#include "internal/window/topic_index.h"

namespace ssegw::window {

// Every event that the window holds, in the order of the seqs. Between them there may be holes:
// seqs that no event has.
//
// Owns:   a reference to each frame; the topics are the index's.
// Thread: one (the window's lock).
// Cost:   to find a seq: its index where there are no holes, else a binary search among the entries
//         that the holes leave in question.
class EventLog {
 public:
  struct Entry {
    sse::FramePtr frame;
    Topic* topic;
  };

  // The frame's seq is higher than that of any before it.
  void Append(const sse::FramePtr& frame, Topic& topic);
  // Evicts the oldest event; what its topic lost is noted there.
  Entry PopOldest();
  // Nothing up to that seq is here any more, or ever was: the log is empty, and its next event is
  // later.
  void PassOver(uint64_t seq) { evicted_ = seq; }

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  // What the frames take.
  size_t bytes() const { return bytes_; }
  const sse::Frame& oldest() const { return *entries_.front().frame; }
  // A reader that has seen this seq has lost nothing of the log.
  uint64_t evicted() const { return evicted_; }

  // The index of the first event after cursor; size() if there is none.
  size_t IndexAfter(uint64_t cursor) const;
  const sse::FramePtr& operator[](size_t index) const { return entries_[index].frame; }
  // The event of that seq, which the log has.
  const sse::FramePtr& At(uint64_t seq) const { return entries_[IndexAfter(seq - 1)].frame; }
  // Adds the events after cursor to frames, at most max. Returns whether these are all.
  bool CopyAfter(uint64_t cursor, size_t max, std::vector<sse::FramePtr>& frames) const;

 private:
  std::deque<Entry> entries_;
  size_t bytes_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_EVENT_LOG_H_
