#include "internal/window/event_log.h"

#include <algorithm>
#include <utility>

namespace ssegw::window {

void EventLog::Append(const sse::FramePtr& frame, Topic& topic) {
  topic.log.PushBack(frame->seq());
  entries_.push_back({.frame = frame, .topic = &topic});
  bytes_ += frame->memory_bytes();
}

EventLog::Entry EventLog::PopOldest() {
  // The oldest frames have long left the processor's caches; the ones that go next are fetched.
  constexpr size_t kAhead = 8;
  if (entries_.size() > kAhead) __builtin_prefetch(entries_[kAhead].frame.get(), 1);
  Entry oldest = std::move(entries_.front());
  entries_.pop_front();
  bytes_ -= oldest.frame->memory_bytes();
  evicted_ = oldest.frame->seq();
  oldest.topic->evicted = evicted_;
  oldest.topic->log.PopFront();
  return oldest;
}

size_t EventLog::IndexAfter(uint64_t cursor) const {
  if (entries_.empty() || cursor >= entries_.back().frame->seq()) return entries_.size();
  const uint64_t first = entries_.front().frame->seq();
  if (cursor < first) return 0;
  // Without holes it stands as far from the first entry, and from the last, as the seqs say. With
  // holes it stands between these two places.
  const size_t last = entries_.size() - 1;
  const auto from_first = static_cast<size_t>(cursor - first) + 1;
  const auto from_last = static_cast<size_t>(entries_.back().frame->seq() - cursor) - 1;
  const size_t high = std::min(from_first, last);
  const size_t low = from_last < last ? last - from_last : 0;
  if (low == high) return low;
  const auto begin = entries_.begin();
  const auto found = std::upper_bound(
      begin + static_cast<std::ptrdiff_t>(low), begin + static_cast<std::ptrdiff_t>(high), cursor,
      [](uint64_t seq, const Entry& entry) { return seq < entry.frame->seq(); });
  return static_cast<size_t>(found - begin);
}

bool EventLog::CopyAfter(uint64_t cursor, size_t max, std::vector<sse::FramePtr>& frames) const {
  const size_t begin = IndexAfter(cursor);
  const size_t end = std::min(size(), begin + max);
  for (size_t i = begin; i < end; ++i) frames.push_back((*this)[i]);
  return end == size();
}

}  // namespace ssegw::window
