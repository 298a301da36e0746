// Implementation notes
//
// Two views of one sequence. log_ has every event, for mode=all. live_ and tombstones_ have, in seq
// order, only the newest event of each key: reading them from a cursor is at once the snapshot
// (from 0), the resume in mode=latest (from the last id), and the way a slow connection catches up.
// An event that is superseded leaves them at once, so a reader that comes late never sees it.
//
// A reader goes on in slices and the log moves in between. That needs no care: what a slice has not
// reached yet and is superseded meanwhile comes again, further on, as its newer self.
#include "internal/window/window.h"

#include <algorithm>

namespace ssegw::window {

Window::Window(std::string epoch, WindowLimits limits)
    : epoch_(std::move(epoch)), limits_(limits) {}

Window::~Window() = default;

uint64_t Window::Append(base::RefPtr<sse::Frame> frame) {
  base::MutexLock lock(mutex_);
  return AppendLocked(std::move(frame));
}

std::vector<sse::FramePtr> Window::Expired(base::TimePoint now, size_t max) const {
  base::MutexLock lock(mutex_);
  std::vector<sse::FramePtr> frames;
  for (auto it = expirations_.begin();
       it != expirations_.end() && it->first <= now && frames.size() < max; ++it) {
    frames.push_back(live_.at(it->second));
  }
  return frames;
}

uint64_t Window::AppendDeletionOf(uint64_t seq, base::RefPtr<sse::Frame> deletion) {
  base::MutexLock lock(mutex_);
  return live_.contains(seq) ? AppendLocked(std::move(deletion)) : 0;
}

uint64_t Window::AppendLocked(base::RefPtr<sse::Frame> frame) {
  frame->Seal(epoch_, ++head_);
  sse::FramePtr sealed = std::move(frame);
  Supersede(sealed);
  log_bytes_ += sealed->memory_bytes();
  log_.push_back(sealed);
  while (log_.size() > limits_.max_events || (log_bytes_ > limits_.max_bytes && log_.size() > 1)) {
    PopOldestEvent();
  }
  for (AppendListener* listener : listeners_) listener->OnAppend(sealed);
  return sealed->seq();
}

void Window::Supersede(const sse::FramePtr& frame) {
  if (const auto older = newest_.find(frame.get()); older != newest_.end()) RemoveNewest(*older);
  AddNewest(frame);
  while (live_.size() > limits_.snapshot_max_keys ||
         (live_bytes_ > limits_.max_bytes && live_.size() > 1)) {
    ForgetOldest(live_);
  }
  if (tombstones_.size() > limits_.snapshot_max_keys) ForgetOldest(tombstones_);
}

void Window::AddNewest(const sse::FramePtr& frame) {
  newest_.insert(frame.get());
  if (frame->deleted()) {
    tombstones_.emplace_hint(tombstones_.end(), frame->seq(), frame);
    return;
  }
  live_.emplace_hint(live_.end(), frame->seq(), frame);
  live_bytes_ += frame->memory_bytes();
  if (frame->expires_at() != base::TimePoint::max()) {
    expirations_.emplace(frame->expires_at(), frame->seq());
  }
}

void Window::RemoveNewest(const sse::Frame* frame) {
  // Out of the hash set first: it reads the frame, which the map may be the last to hold.
  newest_.erase(frame);
  if (frame->deleted()) {
    tombstones_.erase(frame->seq());
    return;
  }
  live_bytes_ -= frame->memory_bytes();
  expirations_.erase({frame->expires_at(), frame->seq()});
  live_.erase(frame->seq());
}

void Window::ForgetOldest(BySeq& frames) {
  const auto& [seq, frame] = *frames.begin();
  forgotten_ = std::max(forgotten_, seq);
  RemoveNewest(frame.get());
}

void Window::PopOldestEvent() {
  log_bytes_ -= log_.front()->memory_bytes();
  log_.pop_front();
}

void Window::ExpireByAge(base::TimePoint now) {
  base::MutexLock lock(mutex_);
  while (!log_.empty() && now - log_.front()->received_at() > limits_.max_age) PopOldestEvent();
}

uint64_t Window::AddListener(AppendListener* listener) {
  base::MutexLock lock(mutex_);
  listeners_.push_back(listener);
  return head_;
}

void Window::RemoveListener(AppendListener* listener) {
  base::MutexLock lock(mutex_);
  std::erase(listeners_, listener);
}

uint64_t Window::head() const {
  base::MutexLock lock(mutex_);
  return head_;
}

uint64_t Window::earliest_cursor() const {
  base::MutexLock lock(mutex_);
  return head_ - log_.size();
}

bool Window::CanResume(ReadMode mode, uint64_t cursor) const {
  base::MutexLock lock(mutex_);
  return mode == ReadMode::kEvery ? cursor >= head_ - log_.size() : cursor >= forgotten_;
}

ReadResult Window::Read(const Filters& filters, ReadMode mode, uint64_t cursor,
                        uint64_t snapshot_end, size_t max_frames) const {
  base::MutexLock lock(mutex_);
  return mode == ReadMode::kEvery ? ReadEvery(filters, cursor, max_frames)
                                  : ReadNewest(filters, cursor, snapshot_end, max_frames);
}

ReadResult Window::ReadEvery(const Filters& filters, uint64_t cursor, size_t max_frames) const {
  const uint64_t before_first = head_ - log_.size();
  if (cursor < before_first) return {.cursor = cursor, .expired = true};
  ReadResult result{.cursor = cursor};
  const uint64_t last = std::min<uint64_t>(head_, cursor + kScanPerRead);
  while (result.cursor < last && result.frames.size() < max_frames) {
    const sse::FramePtr& frame = log_[static_cast<size_t>(result.cursor - before_first)];
    if (filters.Matches(frame->topic())) result.frames.push_back(frame);
    ++result.cursor;
  }
  result.caught_up = result.cursor == head_;
  return result;
}

ReadResult Window::ReadNewest(const Filters& filters, uint64_t cursor, uint64_t snapshot_end,
                              size_t max_frames) const {
  if (std::max(cursor, snapshot_end) < forgotten_) return {.cursor = cursor, .expired = true};
  ReadResult result{.cursor = cursor};
  auto live = live_.upper_bound(cursor);
  auto tombstone = tombstones_.upper_bound(std::max(cursor, snapshot_end));
  for (size_t scanned = 0; scanned < kScanPerRead && result.frames.size() < max_frames; ++scanned) {
    const bool no_live = live == live_.end();
    const bool no_tombstone = tombstone == tombstones_.end();
    if (no_live && no_tombstone) {
      result.cursor = head_;
      result.caught_up = true;
      return result;
    }
    const bool take_live = no_tombstone || (!no_live && live->first < tombstone->first);
    const sse::FramePtr& frame = take_live ? (live++)->second : (tombstone++)->second;
    if (filters.Matches(frame->topic())) result.frames.push_back(frame);
    result.cursor = frame->seq();
  }
  result.caught_up = result.cursor == head_;
  return result;
}

std::optional<uint64_t> Window::Count(const Filters& filters, uint64_t after,
                                      uint64_t up_to) const {
  base::MutexLock lock(mutex_);
  const uint64_t before_first = head_ - log_.size();
  if (after < before_first) return std::nullopt;
  uint64_t count = 0;
  for (uint64_t seq = after; seq < std::min(up_to, head_); ++seq) {
    if (filters.Matches(log_[static_cast<size_t>(seq - before_first)]->topic())) ++count;
  }
  return count;
}

Distance Window::DistanceFrom(uint64_t cursor) const {
  base::MutexLock lock(mutex_);
  if (cursor >= head_ || log_.empty()) return {};
  const uint64_t before_first = head_ - log_.size();
  const uint64_t index = std::max(cursor, before_first) - before_first;
  return {.events = head_ - cursor,
          .oldest_received_at = log_[static_cast<size_t>(index)]->received_at()};
}

Window::Snapshot Window::TakeSnapshot(const Filters& filters) const {
  base::MutexLock lock(mutex_);
  Snapshot snapshot{.head = head_, .frames = {}};
  for (const auto& [seq, frame] : live_) {
    if (filters.Matches(frame->topic())) snapshot.frames.push_back(frame);
  }
  return snapshot;
}

WindowStats Window::stats() const {
  base::MutexLock lock(mutex_);
  return {.events = log_.size(), .bytes = log_bytes_, .snapshot_keys = live_.size(), .head = head_};
}

}  // namespace ssegw::window
