#ifndef SSEGW_INTERNAL_WINDOW_WINDOW_H_
#define SSEGW_INTERNAL_WINDOW_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"
#include "internal/window/topic_index.h"

namespace ssegw::window {

struct WindowLimits {
  size_t max_events = 100'000;
  size_t max_bytes = 64 * 1024 * 1024;
  base::Duration max_age = std::chrono::minutes(5);
  // Live keys in the snapshot; tombstones have as much room again.
  size_t snapshot_max_keys = 100'000;
  // Of the live ones' frames, and of the tombstones'.
  size_t snapshot_max_bytes = 64 * 1024 * 1024;
  size_t tombstones_max_bytes = 32 * 1024 * 1024;
};

// Told of every frame, in seq order.
class AppendListener {
 public:
  // Thread: the appender's, with the window's lock held: must be short and must not call the
  // window.
  virtual void OnAppend(const sse::FramePtr& frame) = 0;

 protected:
  ~AppendListener() = default;
};

// Which events a reader is after.
enum class ReadMode {
  kEvery,   // each event that is still in the window
  kNewest,  // the newest of each key, deletions included, as far back as the snapshot knows
};

struct ReadResult {
  // At most the asked-for number, in seq order.
  std::vector<sse::FramePtr> frames = {};
  // Everything up to this seq is in frames or was passed over; the cursor to go on from.
  uint64_t cursor = 0;
  // cursor is the head: whatever comes next reaches the listeners.
  bool caught_up = false;
  // Something after the given cursor is no longer known: nothing was read.
  bool expired = false;
};

struct Distance {
  uint64_t events = 0;
  // Of the first event after the cursor that is still in the window; only where events > 0.
  base::TimePoint oldest_received_at = {};
};

// What the snapshot has dropped for want of room, by the bound that was reached. A new page does
// not get such a key, though nobody deleted it; who knew a deletion that is gone is reset instead.
struct Forgotten {
  uint64_t keys = 0;   // live ones, over snapshot_max_keys
  uint64_t bytes = 0;  // live ones, over snapshot_max_bytes
  uint64_t tombstones = 0;
};

struct WindowStats {
  size_t events = 0;
  size_t bytes = 0;
  size_t max_bytes = 0;
  size_t snapshot_keys = 0;  // live ones
  size_t tombstones = 0;
  Forgotten forgotten = {};
  // What it takes of memory, containers too: the log without what the snapshot holds as well; the
  // snapshot's live part, and topics; its tombstones.
  size_t log_memory_bytes = 0;
  size_t live_memory_bytes = 0;
  size_t tombstone_memory_bytes = 0;
  // Frames of any of these, each once.
  size_t frame_bytes = 0;
  uint64_t head = 0;
};

// The log of frames in memory, bounded by events, bytes and age, and the snapshot: the newest event
// of each (topic, key). Append gives the seq; the order of ids is the order in every listener.
//
// Owns:     a reference to each frame in the window or the snapshot.
// Thread:   any; one lock. Nothing is matched against filters while it is held but names of topics,
//           and of those a bounded number (topic_index.h): a reader that has to look at what it
//           passes over copies some entries at a time, and looks at them without the lock.
// Lifetime: outlives every listener that was not removed, and every reader.
// Cost:     Append: three hash look-ups and some tree operations, whatever the window holds.
// Reading
//           what a few topics have: those events, whatever the others have (topic_index.h).
class Window {
 public:
  // How many entries a Read looks at where no index tells which they are.
  static constexpr size_t kScanPerRead = 512;
  // What an event takes besides its frame, about: an entry of the log and of its topic's. And a key
  // of the snapshot: three tree nodes' shares and a hash slot.
  static constexpr size_t kBytesPerEvent = 24;
  static constexpr size_t kBytesPerKey = 80;

  // epoch: as sse::Frame::Seal takes it.
  Window(std::string epoch, WindowLimits limits);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  const std::string& epoch() const { return epoch_; }

  // Seals the frame with the next seq, supersedes the older event of its topic and key, tells the
  // listeners, and evicts what is over the limits. Returns the seq.
  uint64_t Append(base::RefPtr<sse::Frame> frame);

  // What has reached its expires_at and is still the newest of its key, at most max of it.
  std::vector<sse::FramePtr> Expired(base::TimePoint now, size_t max) const;

  // Appends the deletion of a key if the event of that seq is still its newest; otherwise does
  // nothing and returns 0.
  uint64_t AppendDeletionOf(uint64_t seq, base::RefPtr<sse::Frame> deletion);

  // The bound of the log in bytes from now on; the snapshot keeps its own. What is over it is
  // evicted before this returns, some at a time, so that nobody waits long for the lock.
  void SetLogMaxBytes(size_t bytes);

  // Evicts what is older than max_age at now, likewise. Call about once a second.
  void ExpireByAge(base::TimePoint now);

  // listener gets every frame after the seq that is returned.
  uint64_t AddListener(AppendListener* listener);
  void RemoveListener(AppendListener* listener);

  uint64_t head() const;

  // Reads on from cursor (the seq of the last event seen; 0: none) what matches filters, at most
  // max_frames. snapshot_end: the head when a reader began with a snapshot, 0 for one that did not;
  // with kNewest, deletions up to there are passed over and evictions up to there do not matter,
  // since such a reader had nothing that they could concern.
  ReadResult Read(const Filters& filters, ReadMode mode, uint64_t cursor, uint64_t snapshot_end,
                  size_t max_frames) const;

  // What can be done for a reader that was away since cursor.
  enum class Resume {
    kNothingMissed,
    kReplay,   // Read gives it all that it missed, or finds that it was nothing
    kExpired,  // something of that is no longer known
  };
  Resume ResumeFrom(const Filters& filters, ReadMode mode, uint64_t cursor) const;
  // The seq before the first event in the window: where a reader of "earliest" begins.
  uint64_t earliest_cursor() const;

  // How many events match filters, from after the one seq up to the other; nullopt: the window no
  // longer has them all.
  std::optional<uint64_t> Count(const Filters& filters, uint64_t after, uint64_t up_to) const;

  // Which of the frames a newer event of the same key has superseded: bit i for frames[i]. At most
  // 64 frames.
  uint64_t Superseded(std::span<const sse::FramePtr> frames) const;

  // How far a cursor is behind the head.
  Distance DistanceFrom(uint64_t cursor) const;

  // The whole snapshot of what matches, in seq order, and the head it belongs to. As many steps of
  // a SnapshotReader as it takes, one after the other.
  struct Snapshot {
    uint64_t head = 0;
    std::vector<sse::FramePtr> frames;
  };
  Snapshot TakeSnapshot(const Filters& filters) const;

  // Some of the newest events of all keys, in seq order.
  struct Entries {
    std::vector<sse::FramePtr> frames = {};
    // Everything up to this seq is in frames, was passed over, or lies further on as its newer
    // self.
    uint64_t cursor = 0;
    bool caught_up = false;
    // These are the ones that match; otherwise it is the caller's to look.
    bool matched = false;
    // The index had nothing to say of the filters, and is not asked again.
    bool unindexed = false;
  };
  // Replaces entries by those after cursor: at most max, tombstones up to tombstones_after left
  // out.
  void CopyNewest(const Filters& filters, uint64_t cursor, uint64_t tombstones_after, size_t max,
                  Entries& entries) const;

  // Whether something that matches has come after cursor, or has been forgotten; also where that
  // would take long to tell.
  bool MayHaveChanged(const Filters& filters, uint64_t cursor) const;

  WindowStats stats() const;

 private:
  // Frames by topic and key, which live in the frames themselves.
  struct TopicAndKey {
    std::string_view topic;
    std::string_view key;
    friend bool operator==(const TopicAndKey&, const TopicAndKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const TopicAndKey& k) {
      return H::combine(std::move(h), k.topic, k.key);
    }
  };
  struct ByTopicAndKey {
    using is_transparent = void;
    static TopicAndKey Of(const sse::Frame* frame) { return {frame->topic(), frame->key()}; }
    static const TopicAndKey& Of(const TopicAndKey& k) { return k; }
    size_t operator()(const auto& k) const { return absl::Hash<TopicAndKey>{}(Of(k)); }
    bool operator()(const auto& a, const auto& b) const { return Of(a) == Of(b); }
  };
  using BySeq = absl::btree_map<uint64_t, sse::FramePtr>;

  struct LogEntry {
    sse::FramePtr frame;
    Topic* topic;
  };

  uint64_t AppendLocked(base::RefPtr<sse::Frame> frame) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Supersede(const sse::FramePtr& frame, Topic& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Drops the oldest of live_ or tombstones_, for good.
  void ForgetOldest(BySeq& frames) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddNewest(const sse::FramePtr& frame, Topic& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveFromViews(const sse::Frame* frame, Topic& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PopOldestEvent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EvictOverLimits() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Pops the oldest events for as long as over() says so.
  template <typename Over>
  void EvictInSlices(Over over);
  uint64_t before_log() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return head_ - log_.size(); }
  const sse::FramePtr& LogAt(uint64_t seq) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return log_[static_cast<size_t>(seq - before_log() - 1)].frame;
  }
  // By the topics of an index.
  ReadResult ReadEveryOf(const TopicIndex::Found& found, uint64_t cursor, size_t max_frames) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ReadResult ReadNewestOf(const TopicIndex::Found& found, uint64_t cursor, uint64_t snapshot_end,
                          size_t max_frames) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Entry by entry.
  ReadResult Scan(const Filters& filters, ReadMode mode, uint64_t cursor, uint64_t snapshot_end,
                  size_t max_frames) const;
  void CopyEveryLocked(uint64_t cursor, size_t max, Entries& entries) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CopyNewestLocked(uint64_t cursor, uint64_t tombstones_after, size_t max,
                        Entries& entries) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string epoch_;
  const WindowLimits limits_;

  mutable base::Mutex mutex_;
  uint64_t head_ ABSL_GUARDED_BY(mutex_) = 0;
  // The log: contiguous seqs that end at head_.
  std::deque<LogEntry> log_ ABSL_GUARDED_BY(mutex_);
  size_t log_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t log_max_bytes_ ABSL_GUARDED_BY(mutex_);
  // The newest event of each key, in two: what is alive, and deletions (tombstones).
  BySeq live_ ABSL_GUARDED_BY(mutex_);
  BySeq tombstones_ ABSL_GUARDED_BY(mutex_);
  // Those of live_ that expire.
  absl::btree_set<std::pair<base::TimePoint, uint64_t>> expirations_ ABSL_GUARDED_BY(mutex_);
  size_t live_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t tombstone_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // Frames of the log, live_ and tombstones_, each once.
  size_t frame_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_set<const sse::Frame*, ByTopicAndKey, ByTopicAndKey> newest_
      ABSL_GUARDED_BY(mutex_);
  TopicIndex topics_ ABSL_GUARDED_BY(mutex_);
  // The highest seq that live_ or tombstones_ had to drop: who was away since before it may hold a
  // key that nobody knows of any more.
  uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
  Forgotten forgotten_counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<AppendListener*> listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_WINDOW_H_
