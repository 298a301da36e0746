// Implementation notes
//
// Two views of one sequence. log_ has every event, for mode=all. live_ and tombstones_ have, in seq
// order, only the newest event of each key: reading them from a cursor is at once the snapshot
// (from 0), the resume in mode=latest (from the last id), and the way a slow connection catches up.
// An event that is superseded leaves them at once, so a reader that comes late never sees it.
//
// Both views are there a second time for each topic (topics_). A reader whose filters match a few
// topics merges theirs; for the others what is not theirs is passed over one by one. Those entries
// are copied some at a time, and matched when the lock is free again: to match 100,000 keys against
// 64 filters takes a third of a second, for which no publisher can wait.
//
// A reader goes on in slices and the log moves in between. That needs no care: what a slice has not
// reached yet and is superseded meanwhile comes again, further on, as its newer self.
#include "internal/window/window.h"

#include <algorithm>
#include <iterator>

#include "internal/window/snapshot_reader.h"

namespace ssegw::window {
namespace {

constexpr size_t kEvictionsPerSlice = 1024;
// A Read of what a few topics have looks at no more than these.
constexpr size_t kVisitsPerRead = 2048;
// Copied under the lock at a time: a few microseconds.
constexpr size_t kCopiesAtOnce = 256;
// How many Reads MayHaveChanged does before it says that it may.
constexpr size_t kReadsForChange = 4;

// Visits the elements of ascending sequences in the order of their seqs, until visit returns false.
// False: it did.
template <typename Iterator, typename SeqOf, typename Visit>
bool VisitMerged(std::vector<std::pair<Iterator, Iterator>>& ranges, SeqOf seq_of, Visit visit) {
  std::erase_if(ranges, [](const auto& range) { return range.first == range.second; });
  const auto later = [&](const auto& a, const auto& b) {
    return seq_of(a.first) > seq_of(b.first);
  };
  std::make_heap(ranges.begin(), ranges.end(), later);
  while (!ranges.empty()) {
    std::pop_heap(ranges.begin(), ranges.end(), later);
    auto& [next, end] = ranges.back();
    if (!visit(next)) return false;
    if (++next == end) {
      ranges.pop_back();
    } else {
      std::push_heap(ranges.begin(), ranges.end(), later);
    }
  }
  return true;
}

}  // namespace

Window::Window(std::string epoch, WindowLimits limits)
    : epoch_(std::move(epoch)), limits_(limits), log_max_bytes_(limits.max_bytes) {}

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
  Topic& topic = topics_.Get(sealed->topic());
  topic.log.PushBack(head_);
  log_.push_back({.frame = sealed, .topic = &topic});
  log_bytes_ += sealed->memory_bytes();
  frame_bytes_ += sealed->memory_bytes();
  Supersede(sealed, topic);
  EvictOverLimits();
  for (AppendListener* listener : listeners_) listener->OnAppend(sealed);
  return sealed->seq();
}

void Window::EvictOverLimits() {
  while (log_.size() > limits_.max_events || (log_bytes_ > log_max_bytes_ && log_.size() > 1)) {
    PopOldestEvent();
  }
}

void Window::Supersede(const sse::FramePtr& frame, Topic& topic) {
  const sse::Frame* older = nullptr;
  if (const auto it = newest_.find(frame.get()); it != newest_.end()) {
    older = *it;
    newest_.erase(it);
  }
  AddNewest(frame, topic);
  // After the newer one, so that a topic's map does not lose its only node to make another.
  if (older != nullptr) RemoveFromViews(older, topic);
  while (live_.size() > limits_.snapshot_max_keys) {
    ForgetOldest(live_);
    ++forgotten_counts_.keys;
  }
  while (live_bytes_ > limits_.snapshot_max_bytes && live_.size() > 1) {
    ForgetOldest(live_);
    ++forgotten_counts_.bytes;
  }
  while (tombstones_.size() > limits_.snapshot_max_keys ||
         (tombstone_bytes_ > limits_.tombstones_max_bytes && tombstones_.size() > 1)) {
    ForgetOldest(tombstones_);
    ++forgotten_counts_.tombstones;
  }
}

void Window::AddNewest(const sse::FramePtr& frame, Topic& topic) {
  newest_.insert(frame.get());
  topic.newest.emplace_hint(topic.newest.end(), frame->seq(), frame.get());
  if (frame->deleted()) {
    tombstones_.emplace_hint(tombstones_.end(), frame->seq(), frame);
    tombstone_bytes_ += frame->memory_bytes();
    return;
  }
  live_.emplace_hint(live_.end(), frame->seq(), frame);
  live_bytes_ += frame->memory_bytes();
  if (frame->expires_at() != base::TimePoint::max()) {
    expirations_.emplace(frame->expires_at(), frame->seq());
  }
}

void Window::RemoveFromViews(const sse::Frame* frame, Topic& topic) {
  topic.newest.erase(frame->seq());
  if (frame->seq() <= before_log()) frame_bytes_ -= frame->memory_bytes();
  if (frame->deleted()) {
    tombstone_bytes_ -= frame->memory_bytes();
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
  Topic& topic = *topics_.Find(frame->topic());
  topic.forgotten = std::max(topic.forgotten, seq);
  // Out of the hash set first: it reads the frame, which the map may be the last to hold.
  newest_.erase(frame.get());
  RemoveFromViews(frame.get(), topic);
  topics_.RemoveIfEmpty(topic);
}

void Window::PopOldestEvent() {
  const LogEntry& oldest = log_.front();
  Topic& topic = *oldest.topic;
  topic.evicted = oldest.frame->seq();
  topic.log.PopFront();
  log_bytes_ -= oldest.frame->memory_bytes();
  if (!topic.newest.contains(topic.evicted)) frame_bytes_ -= oldest.frame->memory_bytes();
  log_.pop_front();
  topics_.RemoveIfEmpty(topic);
}

template <typename Over>
void Window::EvictInSlices(Over over) {
  for (size_t popped = kEvictionsPerSlice; popped == kEvictionsPerSlice;) {
    base::MutexLock lock(mutex_);
    for (popped = 0; popped < kEvictionsPerSlice && over(); ++popped) PopOldestEvent();
  }
}

void Window::SetLogMaxBytes(size_t bytes) {
  EvictInSlices([&] { return log_bytes_ > bytes && log_.size() > 1; });
  base::MutexLock lock(mutex_);
  log_max_bytes_ = bytes;
  EvictOverLimits();
}

void Window::ExpireByAge(base::TimePoint now) {
  EvictInSlices(
      [&] { return !log_.empty() && now - log_.front().frame->received_at() > limits_.max_age; });
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
  return before_log();
}

Window::Resume Window::ResumeFrom(const Filters& filters, ReadMode mode, uint64_t cursor) const {
  base::MutexLock lock(mutex_);
  if (cursor == head_) return Resume::kNothingMissed;
  TopicIndex::Found found;
  const bool indexed = topics_.Find(filters, found);
  const bool every = mode == ReadMode::kEvery;
  const uint64_t lost =
      indexed ? (every ? found.evicted : found.forgotten) : (every ? before_log() : forgotten_);
  if (cursor < lost) return Resume::kExpired;
  const bool missed_something =
      !indexed || std::any_of(found.topics.begin(), found.topics.end(), [&](const Topic* topic) {
        return every ? topic->log.After(cursor) != topic->log.end()
                     : topic->newest.upper_bound(cursor) != topic->newest.end();
      });
  return missed_something ? Resume::kReplay : Resume::kNothingMissed;
}

ReadResult Window::Read(const Filters& filters, ReadMode mode, uint64_t cursor,
                        uint64_t snapshot_end, size_t max_frames) const {
  {
    base::MutexLock lock(mutex_);
    if (TopicIndex::Found found; topics_.Find(filters, found)) {
      if (mode == ReadMode::kEvery) return ReadEveryOf(found, cursor, max_frames);
      if (std::max(cursor, snapshot_end) < found.forgotten) {
        return {.cursor = cursor, .expired = true};
      }
      return ReadNewestOf(found, cursor, snapshot_end, max_frames);
    }
  }
  return Scan(filters, mode, cursor, snapshot_end, max_frames);
}

ReadResult Window::Scan(const Filters& filters, ReadMode mode, uint64_t cursor,
                        uint64_t snapshot_end, size_t max_frames) const {
  ReadResult result{.cursor = cursor};
  Entries entries;
  // Most filters that no index helps with match most of what there is.
  size_t at_once = max_frames;
  for (size_t scanned = 0; scanned < kScanPerRead && result.frames.size() < max_frames;
       at_once = kCopiesAtOnce) {
    const size_t max = std::min({at_once, kCopiesAtOnce, kScanPerRead - scanned});
    {
      base::MutexLock lock(mutex_);
      const bool expired = mode == ReadMode::kEvery
                               ? result.cursor < before_log()
                               : std::max(result.cursor, snapshot_end) < forgotten_;
      if (expired) {
        // What has been read is good, and the next Read finds out.
        result.expired = scanned == 0;
        return result;
      }
      if (mode == ReadMode::kEvery) {
        CopyEveryLocked(result.cursor, max, entries);
      } else {
        CopyNewestLocked(result.cursor, snapshot_end, max, entries);
      }
    }
    scanned += std::max<size_t>(entries.frames.size(), 1);
    for (sse::FramePtr& frame : entries.frames) {
      if (result.frames.size() == max_frames) return result;
      result.cursor = frame->seq();
      if (filters.Matches(frame->topic())) result.frames.push_back(std::move(frame));
    }
    if (!entries.caught_up) continue;
    result.cursor = entries.cursor;
    result.caught_up = true;
    return result;
  }
  return result;
}

void Window::CopyEveryLocked(uint64_t cursor, size_t max, Entries& entries) const {
  entries.frames.clear();
  entries.cursor = cursor;
  const uint64_t last = std::min<uint64_t>(head_, cursor + max);
  while (entries.cursor < last) entries.frames.push_back(LogAt(++entries.cursor));
  entries.caught_up = entries.cursor >= head_;
}

void Window::CopyNewestLocked(uint64_t cursor, uint64_t tombstones_after, size_t max,
                              Entries& entries) const {
  entries.frames.clear();
  entries.cursor = cursor;
  auto live = live_.upper_bound(cursor);
  auto tombstone = tombstones_.upper_bound(std::max(cursor, tombstones_after));
  while (entries.frames.size() < max && (live != live_.end() || tombstone != tombstones_.end())) {
    const bool take_live =
        tombstone == tombstones_.end() || (live != live_.end() && live->first < tombstone->first);
    entries.frames.push_back(take_live ? (live++)->second : (tombstone++)->second);
    entries.cursor = entries.frames.back()->seq();
  }
  entries.caught_up = live == live_.end() && tombstone == tombstones_.end();
  if (entries.caught_up) entries.cursor = head_;
}

void Window::CopyNewest(const Filters& filters, uint64_t cursor, uint64_t tombstones_after,
                        size_t max, Entries& entries) const {
  base::MutexLock lock(mutex_);
  TopicIndex::Found found;
  entries.matched = !entries.unindexed && topics_.Find(filters, found);
  if (!entries.matched) {
    entries.unindexed = true;
    return CopyNewestLocked(cursor, tombstones_after, max, entries);
  }
  ReadResult read = ReadNewestOf(found, cursor, tombstones_after, max);
  entries.frames = std::move(read.frames);
  entries.cursor = read.cursor;
  entries.caught_up = read.caught_up;
}

bool Window::MayHaveChanged(const Filters& filters, uint64_t cursor) const {
  for (size_t reads = 0; reads < kReadsForChange; ++reads) {
    const ReadResult read = Read(filters, ReadMode::kNewest, cursor, 0, 1);
    if (read.expired || !read.frames.empty()) return true;
    if (read.caught_up) return false;
    cursor = read.cursor;
  }
  return true;
}

ReadResult Window::ReadEveryOf(const TopicIndex::Found& found, uint64_t cursor,
                               size_t max_frames) const {
  if (cursor < found.evicted) return {.cursor = cursor, .expired = true};
  ReadResult result{.cursor = cursor};
  std::vector<std::pair<const uint64_t*, const uint64_t*>> ranges;
  for (const Topic* topic : found.topics) {
    ranges.emplace_back(topic->log.After(cursor), topic->log.end());
  }
  const auto seq_of = [](const uint64_t* seq) { return *seq; };
  const bool all = VisitMerged(ranges, seq_of, [&](const uint64_t* seq) {
    if (result.frames.size() == max_frames) return false;
    result.frames.push_back(LogAt(*seq));
    result.cursor = *seq;
    return true;
  });
  if (all) result.cursor = head_;
  result.caught_up = result.cursor == head_;
  return result;
}

ReadResult Window::ReadNewestOf(const TopicIndex::Found& found, uint64_t cursor,
                                uint64_t snapshot_end, size_t max_frames) const {
  ReadResult result{.cursor = cursor};
  using Iterator = absl::btree_map<uint64_t, const sse::Frame*>::const_iterator;
  std::vector<std::pair<Iterator, Iterator>> ranges;
  for (const Topic* topic : found.topics) {
    ranges.emplace_back(topic->newest.upper_bound(cursor), topic->newest.end());
  }
  size_t visited = 0;
  const auto seq_of = [](const Iterator& it) { return it->first; };
  const bool all = VisitMerged(ranges, seq_of, [&](const Iterator& it) {
    if (result.frames.size() == max_frames || ++visited > kVisitsPerRead) return false;
    const auto& [seq, frame] = *it;
    result.cursor = seq;
    if (!frame->deleted() || seq > snapshot_end) {
      result.frames.push_back(sse::FramePtr::Share(frame));
    }
    return true;
  });
  if (all) result.cursor = head_;
  result.caught_up = result.cursor == head_;
  return result;
}

std::optional<uint64_t> Window::Count(const Filters& filters, uint64_t after,
                                      uint64_t up_to) const {
  if (after >= up_to) return 0;
  uint64_t count = 0;
  {
    base::MutexLock lock(mutex_);
    if (TopicIndex::Found found; topics_.Find(filters, found)) {
      if (after < found.evicted) return std::nullopt;
      for (const Topic* topic : found.topics) {
        count += static_cast<uint64_t>(topic->log.After(up_to) - topic->log.After(after));
      }
      return count;
    }
  }
  for (Entries entries{.cursor = after}; !entries.caught_up && entries.cursor < up_to;) {
    {
      base::MutexLock lock(mutex_);
      if (entries.cursor < before_log()) return std::nullopt;
      CopyEveryLocked(entries.cursor, kCopiesAtOnce, entries);
    }
    for (const sse::FramePtr& frame : entries.frames) {
      if (frame->seq() <= up_to && filters.Matches(frame->topic())) ++count;
    }
  }
  return count;
}

uint64_t Window::Superseded(std::span<const sse::FramePtr> frames) const {
  base::MutexLock lock(mutex_);
  uint64_t superseded = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    // Where the snapshot has forgotten the key, nothing newer is known.
    const auto newest = newest_.find(frames[i].get());
    if (newest != newest_.end() && (*newest)->seq() > frames[i]->seq()) {
      superseded |= uint64_t{1} << i;
    }
  }
  return superseded;
}

Distance Window::DistanceFrom(uint64_t cursor) const {
  base::MutexLock lock(mutex_);
  if (cursor >= head_ || log_.empty()) return {};
  return {.events = head_ - cursor,
          .oldest_received_at = LogAt(std::max(cursor, before_log()) + 1)->received_at()};
}

Window::Snapshot Window::TakeSnapshot(const Filters& filters) const {
  SnapshotReader reader(*this, filters);
  while (reader.Step()) continue;
  return {.head = reader.head(), .frames = reader.TakeFrames()};
}

WindowStats Window::stats() const {
  base::MutexLock lock(mutex_);
  return {.events = log_.size(),
          .bytes = log_bytes_,
          .max_bytes = log_max_bytes_,
          .snapshot_keys = live_.size(),
          .tombstones = tombstones_.size(),
          .forgotten = forgotten_counts_,
          .log_memory_bytes =
              frame_bytes_ - live_bytes_ - tombstone_bytes_ + log_.size() * kBytesPerEvent,
          .live_memory_bytes = live_bytes_ + live_.size() * kBytesPerKey +
                               topics_.size() * TopicIndex::kBytesPerTopic,
          .tombstone_memory_bytes = tombstone_bytes_ + tombstones_.size() * kBytesPerKey,
          .frame_bytes = frame_bytes_,
          .head = head_};
}

}  // namespace ssegw::window
