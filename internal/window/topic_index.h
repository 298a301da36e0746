#ifndef SSEGW_INTERNAL_WINDOW_TOPIC_INDEX_H_
#define SSEGW_INTERNAL_WINDOW_TOPIC_INDEX_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "internal/base/string_map.h"
#include "internal/sse/frame.h"
#include "internal/window/filter.h"

namespace ssegw::window {

// Increasing numbers: added at the end, taken from the front, searched.
//
// Cost: eight bytes a number, and at most as much again for numbers that were taken from the front.
class SeqQueue {
 public:
  void PushBack(uint64_t seq) { seqs_.push_back(seq); }
  void PopFront();

  bool empty() const { return front_ == seqs_.size(); }
  uint64_t back() const { return seqs_.back(); }
  // Iterators of those after cursor.
  const uint64_t* After(uint64_t cursor) const;
  const uint64_t* end() const { return seqs_.data() + seqs_.size(); }

 private:
  // Taken from the front, but not worth moving the others for.
  static constexpr size_t kSlack = 8;

  std::vector<uint64_t> seqs_;
  size_t front_ = 0;
};

// What the window holds of one topic.
struct Topic {
  std::string name;
  // Its events in the log.
  SeqQueue log;
  // Its part of the snapshot, tombstones included; the window holds the frames.
  absl::btree_map<uint64_t, const sse::Frame*> newest;
  // The seq of the last of its events that the log has evicted. A reader that has seen that one has
  // lost nothing of the topic, however far behind the log it is.
  uint64_t evicted = 0;
  // The same for keys that the snapshot has forgotten: an older reader may hold one of them.
  uint64_t forgotten = 0;
};

// Finds the topics that filters match, so that a reader of a few quiet topics does not look at the
// events of all the others.
//
// Owns:     a Topic for each name that the log or the snapshot has a frame of.
// Thread:   one (the window's lock).
// Cost:     Get: a hash look-up. Find: one for a filter without wildcards; else the topics that
//           begin as the filter does, at most kMaxVisited of them. Some 250 bytes a topic.
class TopicIndex {
 public:
  // Beyond these it is cheaper to look at the events themselves.
  static constexpr size_t kAlwaysMatches = 4;
  static constexpr size_t kMaxMatches = 128;
  static constexpr size_t kMaxVisited = 256;
  // What one takes of memory, about.
  static constexpr size_t kBytesPerTopic = 250;

  using Topics = absl::InlinedVector<const Topic*, 4>;
  struct Found {
    Topics topics = {};
    // The highest of any topic that the filters match, topics that are no longer held included.
    uint64_t evicted = 0;
    uint64_t forgotten = 0;
  };

  // The topic of that name, which is made if there is none.
  Topic& Get(std::string_view name);
  // nullptr if there is none.
  Topic* Find(std::string_view name) const;
  // Removes the topic if nothing of it is held any more.
  void RemoveIfEmpty(Topic& topic);
  // Up to that seq, events of any topic may have been lost.
  void Lose(uint64_t seq) { lost_of_log_ = lost_of_newest_ = seq; }
  // The log has nothing of any topic before that seq; up to forgotten, keys may have been lost.
  void LogBeginsAt(uint64_t seq, uint64_t forgotten) {
    lost_of_log_ = seq - 1;
    lost_of_newest_ = std::max(lost_of_newest_, forgotten);
  }

  // nullopt if the filters match too many topics, or if it would take long to tell which.
  std::optional<Found> FindAll(const Filters& filters) const;

  size_t size() const { return by_name_.size(); }

 private:
  static std::string_view NameOf(std::string_view name) { return name; }
  static std::string_view NameOf(const std::unique_ptr<Topic>& topic) { return topic->name; }
  static std::string_view NameOf(const Topic* topic) { return topic->name; }
  struct Hash {
    using is_transparent = void;
    size_t operator()(const auto& t) const { return base::StringViewHash()(NameOf(t)); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return NameOf(a) == NameOf(b); }
  };
  struct Less {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return NameOf(a) < NameOf(b); }
  };

  absl::flat_hash_set<std::unique_ptr<Topic>, Hash, Equal> by_name_;
  absl::btree_set<Topic*, Less> in_order_;
  uint64_t lost_of_log_ = 0;
  uint64_t lost_of_newest_ = 0;
  // The highest of the topics that have been removed.
  uint64_t evicted_of_removed_ = 0;
  uint64_t forgotten_of_removed_ = 0;
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_TOPIC_INDEX_H_
