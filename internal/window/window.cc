// Implementation notes
//
// The window has two views of one sequence. The log (EventLog) has every event, for mode=all.
// NewestOfKeys has, in seq order, only the newest event of each key: reading it from a cursor is at
// once the snapshot (from 0), the resume in mode=latest (from the last id), and the way a slow
// connection catches up. An event that is superseded leaves it at once, so a reader that comes late
// never sees it.
//
// Both views exist a second time for each topic (TopicIndex). A reader whose filters match a few
// topics merges theirs; a reader of many passes over the events of others one by one. Those entries
// are copied some at a time and matched without the lock: to match 100,000 keys against 64 filters
// takes a third of a second, for which no publisher can wait.
//
// A reader goes on in slices, and the log moves in between. That needs no care: if an event that no
// slice has reached yet is superseded, it comes again, further on, as its newer self.
//
// Seqs may have holes. Where a hole may hide events, Lose marks everything before its end as
// evicted and forgotten. A log that is loaded begins with the newest of each key from before its
// first event: LogBeginsAt marks what is before as evicted, and as known. Until then nobody
// resumes. A new epoch is a new set of contents: readers tell by its number.
#include "internal/window/window.h"

#include <algorithm>
#include <utility>

#include "internal/window/merged_topics.h"

namespace ssegw::window {
namespace {

constexpr size_t kEvictionsPerSlice = 1024;
// Copied under the lock at a time: a few microseconds.
constexpr size_t kCopiesAtOnce = 256;
// How many Reads MayHaveChanged does before it says that it may.
constexpr size_t kReadsForChange = 4;

}  // namespace

Window::Window(std::string epoch, WindowLimits limits)
    : limits_(limits),
      epoch_(std::move(epoch)),
      log_max_bytes_(limits.max_bytes),
      contents_(std::make_unique<Contents>(limits, Forgotten(), Load::kNothing)) {}

Window::~Window() = default;

uint64_t Window::Append(base::RefPtr<sse::Frame> frame) {
  base::MutexLock lock(mutex_);
  AppendLocked(contents_->head + 1, std::move(frame));
  return contents_->head;
}

void Window::AppendAll(std::span<base::RefPtr<sse::Frame>> frames) {
  std::vector<sse::FramePtr> sealed;
  sealed.reserve(frames.size());
  base::MutexLock lock(mutex_);
  for (base::RefPtr<sse::Frame>& frame : frames) {
    sealed.push_back(Add(contents_->head + 1, std::move(frame)));
  }
  Tell(sealed);
}

void Window::AppendAt(uint64_t seq, base::RefPtr<sse::Frame> frame) {
  base::MutexLock lock(mutex_);
  AppendLocked(seq, std::move(frame));
}

std::vector<sse::FramePtr> Window::Expired(base::TimePoint now, size_t max) const {
  base::MutexLock lock(mutex_);
  return contents_->newest.Expired(now, max);
}

uint64_t Window::AppendDeletionOf(uint64_t seq, base::RefPtr<sse::Frame> deletion) {
  base::MutexLock lock(mutex_);
  if (!contents_->newest.IsLive(seq)) return 0;
  AppendLocked(contents_->head + 1, std::move(deletion));
  return contents_->head;
}

void Window::AppendLocked(uint64_t seq, base::RefPtr<sse::Frame> frame) {
  const sse::FramePtr sealed = Add(seq, std::move(frame));
  Tell({&sealed, 1});
}

sse::FramePtr Window::Add(uint64_t seq, base::RefPtr<sse::Frame> frame) {
  frame->Seal(epoch_, seq);
  contents_->head = seq;
  sse::FramePtr sealed = std::move(frame);
  Topic& topic = contents_->topics.Get(sealed->topic());
  contents_->log.Append(sealed, topic);
  contents_->newest.Add(sealed, topic);
  EvictOverLimits();
  return sealed;
}

void Window::Tell(std::span<const sse::FramePtr> frames) {
  for (LogListener* listener : listeners_) listener->OnAppend(frames);
}

void Window::Lose(uint64_t seq) {
  base::MutexLock lock(mutex_);
  while (!contents_->log.empty()) PopOldestEvent();
  contents_->head = seq;
  contents_->log.PassOver(seq);
  contents_->newest.Forget(seq);
  contents_->topics.Lose(seq);
  for (LogListener* listener : listeners_) listener->OnBreak();
}

void Window::LogBeginsAt(uint64_t seq, uint64_t forgotten) {
  EvictInSlices([&] { return !contents_->log.empty(); });
  base::MutexLock lock(mutex_);
  contents_->head = seq - 1;
  contents_->log.PassOver(seq - 1);
  contents_->newest.Forget(forgotten);
  contents_->topics.LogBeginsAt(seq, forgotten);
  if (contents_->load == Load::kSnapshot) contents_->load = Load::kLog;
}

void Window::EndLoad() {
  base::MutexLock lock(mutex_);
  contents_->load = Load::kNothing;
}

bool Window::loading() const {
  base::MutexLock lock(mutex_);
  return contents_->load != Load::kNothing;
}

void Window::Restart(std::string epoch, Load load) {
  // To take a large one down takes long, and needs no lock.
  std::unique_ptr<Contents> before;
  base::MutexLock lock(mutex_);
  auto empty = std::make_unique<Contents>(limits_, contents_->newest.forgotten_counts(), load);
  before = std::exchange(contents_, std::move(empty));
  epoch_ = std::move(epoch);
  ++epoch_number_;
  for (LogListener* listener : listeners_) listener->OnBreak();
}

void Window::EvictOverLimits() {
  const EventLog& log = contents_->log;
  while (log.size() > limits_.max_events || (log.bytes() > log_max_bytes_ && log.size() > 1)) {
    PopOldestEvent();
  }
}

void Window::PopOldestEvent() {
  const EventLog::Entry oldest = contents_->log.PopOldest();
  contents_->newest.LeftLog(*oldest.frame, *oldest.topic);
  contents_->topics.RemoveIfEmpty(*oldest.topic);
}

template <typename Over>
void Window::EvictInSlices(Over over) {
  for (size_t popped = kEvictionsPerSlice; popped == kEvictionsPerSlice;) {
    base::MutexLock lock(mutex_);
    for (popped = 0; popped < kEvictionsPerSlice && over(); ++popped) PopOldestEvent();
  }
}

void Window::SetLogMaxBytes(size_t bytes) {
  EvictInSlices([&] { return contents_->log.bytes() > bytes && contents_->log.size() > 1; });
  base::MutexLock lock(mutex_);
  log_max_bytes_ = bytes;
  EvictOverLimits();
}

void Window::ExpireByAge(base::TimePoint now) {
  EvictInSlices([&] {
    const EventLog& log = contents_->log;
    return !log.empty() && now - log.oldest().received_at() > limits_.max_age;
  });
}

Position Window::AddListener(LogListener& listener) {
  base::MutexLock lock(mutex_);
  listeners_.push_back(&listener);
  return PositionLocked();
}

void Window::RemoveListener(LogListener& listener) {
  base::MutexLock lock(mutex_);
  std::erase(listeners_, &listener);
}

uint64_t Window::head() const {
  base::MutexLock lock(mutex_);
  return contents_->head;
}

Position Window::position() const {
  base::MutexLock lock(mutex_);
  return PositionLocked();
}

Position Window::PositionLocked() const {
  return {.epoch = epoch_, .epoch_number = epoch_number_, .seq = contents_->head};
}

uint64_t Window::earliest_cursor() const {
  base::MutexLock lock(mutex_);
  return contents_->log.evicted();
}

Window::Resume Window::ResumeFrom(const Filters& filters, ReadMode mode, uint64_t cursor) const {
  base::MutexLock lock(mutex_);
  if (contents_->load == Load::kSnapshot) return Resume::kExpired;
  if (cursor == contents_->head) return Resume::kNothingMissed;
  const std::optional<TopicIndex::Found> found = contents_->topics.FindAll(filters);
  const bool every = mode == ReadMode::kEvery;
  const uint64_t lost = every ? (found ? found->evicted : contents_->log.evicted())
                              : (found ? found->forgotten : contents_->newest.forgotten());
  if (cursor < lost) return Resume::kExpired;
  const auto missed = [&](const Topic* topic) {
    return every ? topic->log.After(cursor) != topic->log.end()
                 : topic->newest.upper_bound(cursor) != topic->newest.end();
  };
  return !found || std::any_of(found->topics.begin(), found->topics.end(), missed)
             ? Resume::kReplay
             : Resume::kNothingMissed;
}

ReadResult Window::Read(const Filters& filters, ReadMode mode, uint64_t cursor,
                        uint64_t snapshot_end, size_t max_frames) const {
  {
    base::MutexLock lock(mutex_);
    if (const auto found = contents_->topics.FindAll(filters)) {
      return ReadOf(*found, mode, cursor, snapshot_end, max_frames);
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
      if (scanned == 0) result.epoch_number = epoch_number_;
      const bool expired = mode == ReadMode::kEvery ? result.cursor < contents_->log.evicted()
                                                    : std::max(result.cursor, snapshot_end) <
                                                          contents_->newest.forgotten();
      if (expired || result.epoch_number != epoch_number_) {
        // What has been read is good, and the next Read finds out.
        result.expired = expired && scanned == 0;
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

void Window::EndCopy(bool all, uint64_t cursor, Entries& entries) const {
  entries.cursor = all ? std::max(cursor, contents_->head) : cursor;
  entries.caught_up = all;
  entries.epoch_number = epoch_number_;
}

void Window::CopyEveryLocked(uint64_t cursor, size_t max, Entries& entries) const {
  entries.frames.clear();
  const bool all = contents_->log.CopyAfter(cursor, max, entries.frames);
  EndCopy(all, entries.frames.empty() ? cursor : entries.frames.back()->seq(), entries);
}

void Window::CopyNewestLocked(uint64_t cursor, uint64_t tombstones_after, size_t max,
                              Entries& entries) const {
  entries.frames.clear();
  const bool all = contents_->newest.CopyAfter(cursor, tombstones_after, max, entries.frames);
  EndCopy(all, entries.frames.empty() ? cursor : entries.frames.back()->seq(), entries);
}

void Window::CopyNewest(const Filters& filters, uint64_t cursor, uint64_t tombstones_after,
                        size_t max, Entries& entries) const {
  base::MutexLock lock(mutex_);
  std::optional<TopicIndex::Found> found;
  if (!entries.unindexed) found = contents_->topics.FindAll(filters);
  entries.matched = found.has_value();
  if (!found) {
    entries.unindexed = true;
    return CopyNewestLocked(cursor, tombstones_after, max, entries);
  }
  MergedEvents merged = MergeNewest(found->topics, cursor, tombstones_after, max);
  entries.frames = std::move(merged.frames);
  EndCopy(merged.all, merged.cursor, entries);
}

bool Window::MayHaveChanged(const Filters& filters, std::string_view epoch, uint64_t cursor) const {
  const Position now = position();
  if (epoch != now.epoch) return true;
  for (size_t reads = 0; reads < kReadsForChange; ++reads) {
    const ReadResult read = Read(filters, ReadMode::kNewest, cursor, 0, 1);
    if (read.expired || !read.frames.empty() || read.epoch_number != now.epoch_number) return true;
    if (read.caught_up) return false;
    cursor = read.cursor;
  }
  return true;
}

ReadResult Window::ReadOf(const TopicIndex::Found& found, ReadMode mode, uint64_t cursor,
                          uint64_t snapshot_end, size_t max_frames) const {
  ReadResult result{.cursor = cursor, .epoch_number = epoch_number_};
  const bool every = mode == ReadMode::kEvery;
  result.expired =
      every ? cursor < found.evicted : std::max(cursor, snapshot_end) < found.forgotten;
  if (result.expired) return result;
  MergedEvents merged = every ? MergeEvery(found.topics, contents_->log, cursor, max_frames)
                              : MergeNewest(found.topics, cursor, snapshot_end, max_frames);
  result.frames = std::move(merged.frames);
  result.cursor = merged.all ? contents_->head : merged.cursor;
  result.caught_up = result.cursor == contents_->head;
  return result;
}

std::optional<uint64_t> Window::Count(const Filters& filters, uint64_t after,
                                      uint64_t up_to) const {
  if (after >= up_to) return 0;
  uint64_t count = 0;
  uint64_t epoch_number = 0;
  {
    base::MutexLock lock(mutex_);
    epoch_number = epoch_number_;
    if (const auto found = contents_->topics.FindAll(filters)) {
      if (after < found->evicted) return std::nullopt;
      for (const Topic* topic : found->topics) {
        count += static_cast<uint64_t>(topic->log.After(up_to) - topic->log.After(after));
      }
      return count;
    }
  }
  for (Entries entries{.cursor = after}; !entries.caught_up && entries.cursor < up_to;) {
    {
      base::MutexLock lock(mutex_);
      if (entries.cursor < contents_->log.evicted() || epoch_number != epoch_number_) {
        return std::nullopt;
      }
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
  return contents_->newest.Superseded(frames);
}

Distance Window::DistanceFrom(uint64_t cursor) const {
  base::MutexLock lock(mutex_);
  const EventLog& log = contents_->log;
  const size_t next = log.IndexAfter(cursor);
  if (next == log.size()) return {};
  const uint64_t evicted = log.evicted() - std::min(cursor, log.evicted());
  return {.events = evicted + (log.size() - next), .oldest_received_at = log[next]->received_at()};
}

WindowStats Window::stats() const {
  base::MutexLock lock(mutex_);
  const auto& [head, load, topics, log, newest] = *contents_;
  const size_t frame_bytes = log.bytes() + newest.bytes_beyond_log();
  return {.events = log.size(),
          .bytes = log.bytes(),
          .max_bytes = log_max_bytes_,
          .snapshot_keys = newest.live(),
          .tombstones = newest.tombstones(),
          .forgotten = newest.forgotten_counts(),
          .log_memory_bytes = frame_bytes - newest.live_bytes() - newest.tombstone_bytes() +
                              log.size() * kBytesPerEvent,
          .live_memory_bytes = newest.live_bytes() + newest.live() * kBytesPerKey +
                               topics.size() * TopicIndex::kBytesPerTopic,
          .tombstone_memory_bytes = newest.tombstone_bytes() + newest.tombstones() * kBytesPerKey,
          .frame_bytes = frame_bytes,
          .head = head};
}

}  // namespace ssegw::window
