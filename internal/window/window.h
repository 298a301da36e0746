#ifndef SSEGW_INTERNAL_WINDOW_WINDOW_H_
#define SSEGW_INTERNAL_WINDOW_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/sse/frame.h"
#include "internal/window/event_log.h"
#include "internal/window/filter.h"
#include "internal/window/newest_of_keys.h"
#include "internal/window/topic_index.h"
#include "internal/window/window_limits.h"

namespace ssegw::window {

// Told of every frame, in seq order.
//
// Thread: the appender's, with the window's lock held: must be short and must not call the window.
class LogListener {
 public:
  // One frame, or several that were appended together.
  virtual void OnAppend(std::span<const sse::FramePtr> frames) = 0;
  // What comes next does not follow what came before: something was lost, or a new epoch began. A
  // Read from where the listener is tells which.
  virtual void OnBreak() = 0;

 protected:
  ~LogListener() = default;
};

// A place in the log. Seqs of different epochs cannot be compared.
struct Position {
  std::string epoch = {};
  // Counts the epochs of this window.
  uint64_t epoch_number = 0;
  uint64_t seq = 0;
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
  // Which epoch the frames are of. If it is not the one that the given cursor is of, nothing here
  // is of use, and the reader begins again.
  uint64_t epoch_number = 0;
};

struct Distance {
  // Of what the log has evicted, each seq counts.
  uint64_t events = 0;
  // Of the first event after the cursor that is still in the window; only where events > 0.
  base::TimePoint oldest_received_at = {};
};

struct WindowStats {
  size_t events = 0;
  size_t bytes = 0;
  size_t max_bytes = 0;
  size_t snapshot_keys = 0;  // live ones
  size_t tombstones = 0;
  Forgotten forgotten = {};
  // What the window takes of memory, containers included: the log without what the snapshot holds
  // as well; the snapshot's live part and the topics; its tombstones.
  size_t log_memory_bytes = 0;
  size_t live_memory_bytes = 0;
  size_t tombstone_memory_bytes = 0;
  // Frames of any of these, each once.
  size_t frame_bytes = 0;
  uint64_t head = 0;
};

// The log of frames in memory, bounded by events, bytes and age, and the snapshot: the newest event
// of each (topic, key). The store gives the order, and Append or AppendAt the id; the order of ids
// is the order in every listener.
//
// Owns:     a reference to each frame in the window or the snapshot.
// Thread:   any; one lock. A reader holds it for a bounded time: it matches a bounded number of
//           topics' names (topic_index.h), or copies some entries and matches them without it.
// Lifetime: outlives every listener that was not removed, and every reader.
// Cost:     Append: three hash look-ups and some tree operations, whatever the window holds. A read
//           of what a few topics have looks at these events only (topic_index.h).
class Window {
 public:
  // How many entries a Read looks at where no index tells which they are.
  static constexpr size_t kScanPerRead = 512;
  // How many frames Superseded takes.
  static constexpr size_t kMaxSuperseded = 64;
  // What an event takes besides its frame, about: an entry of the log and one of its topic. And a
  // key of the snapshot: shares of three tree nodes and a hash slot.
  static constexpr size_t kBytesPerEvent = 24;
  static constexpr size_t kBytesPerKey = 80;

  // epoch: as sse::Frame::Seal takes it.
  Window(std::string epoch, WindowLimits limits);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  std::string epoch() const { return position().epoch; }

  // Seals the frame with the next seq, supersedes the older event of its topic and key, tells the
  // listeners, and evicts what is over the limits. Returns the seq.
  uint64_t Append(base::RefPtr<sse::Frame> frame);

  // The same for several, one after another, with nothing of others in between: listeners are told
  // of them at once.
  void AppendAll(std::span<base::RefPtr<sse::Frame>> frames);

  // The same, with a seq that the store gives. It is above the head; between them there may be a
  // hole, in which there was nothing.
  void AppendAt(uint64_t seq, base::RefPtr<sse::Frame> frame);

  // Between the head and that seq, the seq included, there may have been events that nobody here
  // will see. All up to there counts as evicted, and as forgotten: readers whose cursor is below it
  // expire. The snapshot stays as far as it is known. seq: the head or above.
  void Lose(uint64_t seq);

  // A new log begins: empty, with seqs that begin again. epoch: as sse::Frame::Seal takes it; if it
  // is the one that was, the same log is loaded again.
  void Restart(std::string epoch) { Restart(std::move(epoch), Load::kNothing); }

  // The same for a log that is loaded: first the newest of each key from before its first event,
  // then LogBeginsAt, then what it has, then EndLoad. Until LogBeginsAt readers cannot resume: what
  // they have missed is not known.
  void BeginLoad(std::string epoch) { Restart(std::move(epoch), Load::kSnapshot); }
  // The events that the log has begin at that seq, which is above the head, and all before it
  // counts as evicted. The newest of each key below it is known, but for those whose seq is up to
  // forgotten. Listeners are not told: they have had what was appended.
  void LogBeginsAt(uint64_t seq, uint64_t forgotten);
  void EndLoad();
  // Whether the snapshot lacks keys that are still to come.
  bool loading() const;

  // What has reached its expires_at and is still the newest of its key, at most max events.
  std::vector<sse::FramePtr> Expired(base::TimePoint now, size_t max) const;

  // Appends the deletion of a key if the event of that seq is still its newest; otherwise does
  // nothing and returns 0.
  uint64_t AppendDeletionOf(uint64_t seq, base::RefPtr<sse::Frame> deletion);

  // The bound of the log in bytes from now on; the snapshot keeps its own. What is over it is
  // evicted before this returns, some at a time, so that nobody waits long for the lock.
  void SetLogMaxBytes(size_t bytes);

  // Evicts what is older than max_age at now, some at a time too. Call about once a second.
  void ExpireByAge(base::TimePoint now);

  // listener gets every frame after the position that is returned.
  Position AddListener(LogListener& listener);
  void RemoveListener(LogListener& listener);

  uint64_t head() const;
  // The head, and the epoch that it is of.
  Position position() const;

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

  // How many events match filters, from after the one seq up to the other; nullopt if the window no
  // longer has them all.
  std::optional<uint64_t> Count(const Filters& filters, uint64_t after, uint64_t up_to) const;

  // Which of the frames a newer event of the same key has superseded: bit i for frames[i]. At most
  // kMaxSuperseded frames.
  uint64_t Superseded(std::span<const sse::FramePtr> frames) const;

  // How far a cursor is behind the head.
  Distance DistanceFrom(uint64_t cursor) const;

  // Some of the newest events of all keys, in seq order.
  struct Entries {
    std::vector<sse::FramePtr> frames = {};
    // Everything up to this seq is in frames, was passed over, or lies further on as its newer
    // self.
    uint64_t cursor = 0;
    bool caught_up = false;
    // These are the ones that match; otherwise the caller has to match them.
    bool matched = false;
    // The index had nothing to say of the filters, and is not asked again.
    bool unindexed = false;
    uint64_t epoch_number = 0;
  };
  // Replaces entries by those after cursor, at most max. Tombstones up to tombstones_after are left
  // out.
  void CopyNewest(const Filters& filters, uint64_t cursor, uint64_t tombstones_after, size_t max,
                  Entries& entries) const;

  // Whether something that matches has come after cursor, a seq of that epoch, or has been
  // forgotten; true too if that would take long to tell, or if the epoch is another one now.
  bool MayHaveChanged(const Filters& filters, std::string_view epoch, uint64_t cursor) const;

  WindowStats stats() const;

 private:
  // What is still to be loaded.
  enum class Load : uint8_t { kNothing, kSnapshot, kLog };

  // What an epoch has.
  struct Contents {
    Contents(const WindowLimits& limits, const Forgotten& counts, Load begins_with)
        : load(begins_with), newest(limits, topics, counts) {}

    uint64_t head = 0;
    Load load;
    TopicIndex topics;
    EventLog log;
    NewestOfKeys newest;
  };

  void AppendLocked(uint64_t seq, base::RefPtr<sse::Frame> frame)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Does all that Append does but telling the listeners.
  sse::FramePtr Add(uint64_t seq, base::RefPtr<sse::Frame> frame)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Restart(std::string epoch, Load load);
  void Tell(std::span<const sse::FramePtr> frames) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PopOldestEvent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EvictOverLimits() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Pops the oldest events for as long as over() says so.
  template <typename Over>
  void EvictInSlices(Over over);
  Position PositionLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // By the topics of an index.
  ReadResult ReadOf(const TopicIndex::Found& found, ReadMode mode, uint64_t cursor,
                    uint64_t snapshot_end, size_t max_frames) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Entry by entry.
  ReadResult Scan(const Filters& filters, ReadMode mode, uint64_t cursor, uint64_t snapshot_end,
                  size_t max_frames) const;
  // cursor: what is up to there is in entries or was passed over. all: so is what is later.
  void EndCopy(bool all, uint64_t cursor, Entries& entries) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CopyEveryLocked(uint64_t cursor, size_t max, Entries& entries) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CopyNewestLocked(uint64_t cursor, uint64_t tombstones_after, size_t max,
                        Entries& entries) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const WindowLimits limits_;

  mutable base::Mutex mutex_;
  std::string epoch_ ABSL_GUARDED_BY(mutex_);
  uint64_t epoch_number_ ABSL_GUARDED_BY(mutex_) = 1;
  size_t log_max_bytes_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Contents> contents_ ABSL_PT_GUARDED_BY(mutex_) ABSL_GUARDED_BY(mutex_);
  std::vector<LogListener*> listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_WINDOW_H_
