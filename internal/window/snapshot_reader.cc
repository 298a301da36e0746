#include "internal/window/snapshot_reader.h"

#include <algorithm>
#include <cstddef>

namespace ssegw::window {
namespace {

// Of what has come since it began, a step takes twice as much as the one before, so that it comes
// to the head however fast that moves.
constexpr size_t kMaxPerStep = 64 * SnapshotReader::kPerStep;
// Dropping one costs less than reading it.
constexpr size_t kDropsPerStep = 4 * SnapshotReader::kPerStep;

}  // namespace

SnapshotReader::SnapshotReader(const Window& window, Filters filters)
    : window_(window), tree_(std::move(filters)), begun_at_(window.position()) {}

bool SnapshotReader::Step() {
  if (phase_ == Phase::kReading) {
    Read();
  } else if (phase_ == Phase::kDropping) {
    Drop();
  }
  return phase_ != Phase::kDone;
}

bool SnapshotReader::Matches(const sse::Frame& frame) {
  if (!last_ || last_->topic() != frame.topic()) {
    last_ = sse::FramePtr::Share(&frame);
    last_matched_ = tree_.Matches(frame.topic());
  }
  return last_matched_;
}

void SnapshotReader::Read() {
  if (cursor_ >= begun_at_.seq) per_step_ = std::min(2 * per_step_, kMaxPerStep);
  window_.CopyNewest(tree_.filters(), cursor_, begun_at_.seq, per_step_, entries_);
  looked_at_ += entries_.frames.size();
  if (entries_.epoch_number != begun_at_.epoch_number) return BeginAgain();
  for (sse::FramePtr& frame : entries_.frames) {
    if (entries_.matched || Matches(*frame)) frames_.push_back(std::move(frame));
  }
  cursor_ = entries_.cursor;
  if (!entries_.caught_up) return;
  entries_ = {};
  last_ = nullptr;
  BeginDropping();
}

void SnapshotReader::BeginAgain() {
  begun_at_ = window_.position();
  cursor_ = 0;
  per_step_ = kPerStep;
  entries_ = {};
  frames_.clear();
  last_ = nullptr;
}

void SnapshotReader::BeginDropping() {
  phase_ = Phase::kDone;
  for (size_t i = frames_.size(); i-- > 0 && frames_[i]->seq() > begun_at_.seq;) {
    const sse::Frame* const frame = frames_[i].get();
    late_.try_emplace(Key(frame->topic(), frame->key()), frame);
    phase_ = Phase::kDropping;
  }
}

void SnapshotReader::Drop() {
  const size_t end = std::min(frames_.size(), next_ + kDropsPerStep);
  for (; next_ < end; ++next_) {
    const sse::Frame& frame = *frames_[next_];
    const auto late = late_.find(Key(frame.topic(), frame.key()));
    if (late != late_.end() && (late->second != &frame || frame.deleted())) continue;
    // Not over one that late_ still has a view of: what is dropped is let go of at the end.
    if (kept_ != next_) std::swap(frames_[kept_], frames_[next_]);
    ++kept_;
  }
  if (next_ < frames_.size()) return;
  late_.clear();
  frames_.erase(frames_.begin() + static_cast<std::ptrdiff_t>(kept_), frames_.end());
  phase_ = Phase::kDone;
}

Snapshot TakeSnapshot(const Window& window, const Filters& filters) {
  SnapshotReader reader(window, filters);
  while (reader.Step()) continue;
  return {.head = reader.head(), .frames = reader.TakeFrames()};
}

}  // namespace ssegw::window
