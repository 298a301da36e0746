#ifndef SSEGW_INTERNAL_WINDOW_SNAPSHOT_READER_H_
#define SSEGW_INTERNAL_WINDOW_SNAPSHOT_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "internal/sse/frame.h"
#include "internal/window/filter_tree.h"
#include "internal/window/window.h"

namespace ssegw::window {

// Takes the snapshot of what filters match in many small steps, so that however many keys and
// filters there are, neither the window's lock nor the caller's thread is held for long.
//
// The snapshot is that of one moment, the one at which the reading came to the head. What a step
// has read may be superseded or deleted before that; but then its newer event lies further on, has
// been read too, and takes the older one's place. So the frames are the newest of every key up to
// head(), no more and no less, except that a key which the window forgot meanwhile for want of room
// may still be there. If a new epoch begins meanwhile, the reading begins again.
//
// Thread:   one at a time.
// Lifetime: the window outlives it.
// Cost:     eight bytes and a reference for each frame that matches.
class SnapshotReader {
 public:
  // Entries looked at in one step, and copied under the window's lock.
  static constexpr size_t kPerStep = 256;

  SnapshotReader(const Window& window, Filters filters);

  // Reads on. Returns whether there is more to be done.
  bool Step();

  // When all is done: the head, its epoch, and the frames in the order of their seqs.
  uint64_t head() const { return cursor_; }
  const std::string& epoch() const { return begun_at_.epoch; }
  const std::vector<sse::FramePtr>& frames() const { return frames_; }
  std::vector<sse::FramePtr> TakeFrames() { return std::move(frames_); }

  // How many entries it looked at.
  size_t looked_at() const { return looked_at_; }

 private:
  enum class Phase { kReading, kDropping, kDone };
  using Key = std::pair<std::string_view, std::string_view>;

  bool Matches(const sse::Frame& frame);
  void Read();
  void BeginAgain();
  void BeginDropping();
  void Drop();

  const Window& window_;
  const FilterTree tree_;
  Phase phase_ = Phase::kReading;
  Position begun_at_;
  uint64_t cursor_ = 0;
  size_t per_step_ = kPerStep;
  size_t looked_at_ = 0;
  Window::Entries entries_;
  std::vector<sse::FramePtr> frames_;
  // The topic that was looked at last: events of one often come together.
  sse::FramePtr last_;
  bool last_matched_ = false;
  // By key, the newest of those that came after it began; frames_ holds them.
  absl::flat_hash_map<Key, const sse::Frame*> late_;
  // Of frames_: those up to next_ have been looked at, and the first kept_ of them stay.
  size_t next_ = 0;
  size_t kept_ = 0;
};

// The whole snapshot of what matches, in seq order, and the head that it belongs to: as many steps
// of a SnapshotReader as it takes, one after the other.
struct Snapshot {
  uint64_t head = 0;
  std::vector<sse::FramePtr> frames = {};
};
Snapshot TakeSnapshot(const Window& window, const Filters& filters);

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_SNAPSHOT_READER_H_
