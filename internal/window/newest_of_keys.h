#ifndef SSEGW_INTERNAL_WINDOW_NEWEST_OF_KEYS_H_
#define SSEGW_INTERNAL_WINDOW_NEWEST_OF_KEYS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "internal/base/time.h"
#include "internal/sse/frame.h"
#include "internal/window/topic_index.h"
#include "internal/window/window_limits.h"

namespace ssegw::window {

// What the snapshot has dropped for want of room, by the bound that was reached. A new page does
// not get such a key, though nobody deleted it; a reader that knew a deletion which is gone is
// reset instead.
struct Forgotten {
  uint64_t keys = 0;   // live ones, over snapshot_max_keys
  uint64_t bytes = 0;  // live ones, over snapshot_max_bytes
  uint64_t tombstones = 0;
};

// The newest event of each (topic, key), in two parts: what is alive, which is the snapshot, and
// deletions (tombstones). Both are in seq order and bounded.
//
// Owns:     a reference to each frame. Notes in each topic what is its part.
// Thread:   one (the window's lock).
// Lifetime: the index of topics outlives it.
// Cost:     Add: two hash look-ups and some tree operations, whatever there is.
class NewestOfKeys {
 public:
  // counts: what was forgotten before.
  NewestOfKeys(const WindowLimits& limits, TopicIndex& topics, const Forgotten& counts);

  // The frame is the newest of its key from now on. Drops the one that was, and what is over the
  // limits.
  void Add(const sse::FramePtr& frame, Topic& topic);
  // The log has evicted that frame, and all before it.
  void LeftLog(const sse::Frame& frame, const Topic& topic);
  // A reader whose cursor is below that seq may have missed any key.
  void Forget(uint64_t seq) { forgotten_ = std::max(forgotten_, seq); }

  bool IsLive(uint64_t seq) const { return live_.contains(seq); }
  // What has reached its expires_at, at most max of it.
  std::vector<sse::FramePtr> Expired(base::TimePoint now, size_t max) const;
  // Which of the frames a newer event of the same key has superseded: bit i for frames[i].
  uint64_t Superseded(std::span<const sse::FramePtr> frames) const;
  // Adds the events after cursor to frames, at most max, tombstones up to tombstones_after left
  // out. Returns whether these are all.
  bool CopyAfter(uint64_t cursor, uint64_t tombstones_after, size_t max,
                 std::vector<sse::FramePtr>& frames) const;

  // The highest seq that was forgotten: a reader whose cursor is below it may still show a key that
  // nobody knows any more.
  uint64_t forgotten() const { return forgotten_; }
  const Forgotten& forgotten_counts() const { return counts_; }
  size_t live() const { return live_.size(); }
  size_t live_bytes() const { return live_bytes_; }
  size_t tombstones() const { return tombstones_.size(); }
  size_t tombstone_bytes() const { return tombstone_bytes_; }
  // Of the frames that the log no longer holds.
  size_t bytes_beyond_log() const { return bytes_beyond_log_; }

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

  void Insert(const sse::FramePtr& frame, Topic& topic);
  void Remove(const sse::Frame* frame, Topic& topic);
  // Drops the oldest of live_ or tombstones_, for good.
  void ForgetOldest(BySeq& frames);

  const WindowLimits limits_;
  TopicIndex& topics_;
  BySeq live_;
  BySeq tombstones_;
  // Those of live_ that expire.
  absl::btree_set<std::pair<base::TimePoint, uint64_t>> expirations_;
  absl::flat_hash_set<const sse::Frame*, ByTopicAndKey, ByTopicAndKey> newest_;
  size_t live_bytes_ = 0;
  size_t tombstone_bytes_ = 0;
  size_t bytes_beyond_log_ = 0;
  // Up to here the log has evicted its events.
  uint64_t log_evicted_ = 0;
  uint64_t forgotten_ = 0;
  Forgotten counts_;
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_NEWEST_OF_KEYS_H_
