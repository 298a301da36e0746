#include "internal/window/newest_of_keys.h"

#include <algorithm>
#include <utility>

namespace ssegw::window {
namespace {

// To erase by a key, a tree looks for where the range of its equals begins and ends.
template <typename Map>
void Erase(Map& map, uint64_t seq) {
  if (const auto it = map.find(seq); it != map.end()) map.erase(it);
}

}  // namespace

NewestOfKeys::NewestOfKeys(const WindowLimits& limits, TopicIndex& topics, const Forgotten& counts)
    : limits_(limits), topics_(topics), counts_(counts) {}

void NewestOfKeys::Add(const sse::FramePtr& frame, Topic& topic) {
  const sse::Frame* older = nullptr;
  if (const auto [it, is_new] = newest_.insert(frame.get()); !is_new) {
    // Takes its place: the two are one key, so the hash and the equality that the set keeps stay.
    older = std::exchange(const_cast<const sse::Frame*&>(*it), frame.get());
  }
  Insert(frame, topic);
  // After the newer one, so that a topic's map does not lose its only node to make another.
  if (older != nullptr) Remove(older, topic);
  while (live_.size() > limits_.snapshot_max_keys) {
    ForgetOldest(live_);
    ++counts_.keys;
  }
  while (live_bytes_ > limits_.snapshot_max_bytes && live_.size() > 1) {
    ForgetOldest(live_);
    ++counts_.bytes;
  }
  while (tombstones_.size() > limits_.snapshot_max_keys ||
         (tombstone_bytes_ > limits_.tombstones_max_bytes && tombstones_.size() > 1)) {
    ForgetOldest(tombstones_);
    ++counts_.tombstones;
  }
}

void NewestOfKeys::Insert(const sse::FramePtr& frame, Topic& topic) {
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

void NewestOfKeys::Remove(const sse::Frame* frame, Topic& topic) {
  Erase(topic.newest, frame->seq());
  if (frame->seq() <= log_evicted_) bytes_beyond_log_ -= frame->memory_bytes();
  if (frame->deleted()) {
    tombstone_bytes_ -= frame->memory_bytes();
    Erase(tombstones_, frame->seq());
    return;
  }
  live_bytes_ -= frame->memory_bytes();
  if (frame->expires_at() != base::TimePoint::max()) {
    expirations_.erase({frame->expires_at(), frame->seq()});
  }
  Erase(live_, frame->seq());
}

void NewestOfKeys::ForgetOldest(BySeq& frames) {
  const auto& [seq, frame] = *frames.begin();
  forgotten_ = std::max(forgotten_, seq);
  Topic& topic = *topics_.Find(frame->topic());
  topic.forgotten = std::max(topic.forgotten, seq);
  // Out of the hash set first: it reads the frame, which the map may be the last to hold.
  newest_.erase(frame.get());
  Remove(frame.get(), topic);
  topics_.RemoveIfEmpty(topic);
}

void NewestOfKeys::LeftLog(const sse::Frame& frame, const Topic& topic) {
  log_evicted_ = frame.seq();
  // Mostly something newer has taken its key's place, and the topic's oldest key is newer too.
  const auto oldest = topic.newest.begin();
  if (oldest == topic.newest.end() || frame.seq() < oldest->first) return;
  if (topic.newest.contains(frame.seq())) bytes_beyond_log_ += frame.memory_bytes();
}

std::vector<sse::FramePtr> NewestOfKeys::Expired(base::TimePoint now, size_t max) const {
  std::vector<sse::FramePtr> frames;
  for (auto it = expirations_.begin();
       it != expirations_.end() && it->first <= now && frames.size() < max; ++it) {
    frames.push_back(live_.at(it->second));
  }
  return frames;
}

uint64_t NewestOfKeys::Superseded(std::span<const sse::FramePtr> frames) const {
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

bool NewestOfKeys::CopyAfter(uint64_t cursor, uint64_t tombstones_after, size_t max,
                             std::vector<sse::FramePtr>& frames) const {
  auto live = live_.upper_bound(cursor);
  auto tombstone = tombstones_.upper_bound(std::max(cursor, tombstones_after));
  for (; max > 0 && (live != live_.end() || tombstone != tombstones_.end()); --max) {
    const bool take_live =
        tombstone == tombstones_.end() || (live != live_.end() && live->first < tombstone->first);
    frames.push_back(take_live ? (live++)->second : (tombstone++)->second);
  }
  return live == live_.end() && tombstone == tombstones_.end();
}

}  // namespace ssegw::window
