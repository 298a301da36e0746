// Implementation notes
//
// A turn works on a slice: up to kFramesPerSlice frames, matched into their groups. Then each group
// has a pass, in which one member after the other writes what it has not got. Frames that come
// meanwhile join the slice as long as there is room. So of a burst of events that reaches the shard
// one by one, a few members get the first event alone, and all others get everything at once. A
// group that gets a frame during or after its pass is queued for another pass, which brings only
// the later frames and skips members that have them.
//
// A slice can take many turns, and between two of them connections come, go and catch up. Three
// things make that safe. Members are served from the last to the first, and a member that leaves is
// replaced by the last one, so no member moves to a place that will not be served. A member
// compares seqs, so it may be served twice, or may have read the slice from the window already. A
// group whose last member leaves stays until its passes are done.
//
// The mailbox is bounded. A shard that finds it overflowed reads what was lost from the window,
// through the same slices. Only if the window has lost it too do the subscriptions notice.
#include "internal/fanout/shard.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>

#include "internal/base/string_map.h"
#include "internal/fanout/subscription.h"

namespace ssegw::fanout {

Shard::Shard(window::Window& window, std::function<void()> wake)
    : SubscriptionHost(window), wake_(std::move(wake)) {
  window::Position now = window.position();
  set_epoch(std::move(now.epoch), now.epoch_number);
}

Shard::~Shard() { window().RemoveListener(*this); }

void Shard::OnAppend(std::span<const sse::FramePtr> frames) {
  if (mailbox_.Push(frames) == MustWake::kYes) wake_();
}

void Shard::OnBreak() {
  if (mailbox_.Overflow() == MustWake::kYes) wake_();
}

Work Shard::Turn(base::TimePoint now) {
  size_t budget = kWritesPerTurn;
  while (budget > 0) {
    if (slice_groups_.empty()) {
      --budget;  // a slice that matches nobody counts too
      if (inbox_next_ == inbox_.size()) Refill();
      if (inbox_.empty()) return Work::kDone;
      BeginSlice(now);
    }
    if (WriteSlice(budget) == Work::kMore) return Work::kMore;
    slice_groups_.clear();
    slice_group_ = 0;
  }
  return Work::kMore;
}

void Shard::Refill() {
  static const window::Filters everything = window::Filters::Everything();
  inbox_.clear();
  inbox_next_ = 0;
  while (inbox_.empty()) {
    if (!reading_window_) {
      // Once the window has been read to its end the mailbox may have filled meanwhile, and nobody
      // else will look.
      if (mailbox_.Take(inbox_) == Taken::kAll) return;
      inbox_.clear();
    }
    window::ReadResult result =
        window().Read(everything, window::ReadMode::kEvery, processed_seq(), 0, kFramesPerSlice);
    reading_window_ = !result.caught_up;
    if (result.epoch_number != epoch_number()) {
      BeginEpoch();
    } else if (result.expired) {
      LoseTrack();
    } else {
      inbox_ = std::move(result.frames);
    }
  }
}

void Shard::LoseTrack() {
  for (const std::unique_ptr<SubscriptionGroup>& group : groups_) {
    for (size_t i = group->members.size(); i-- > 0;) group->members[i]->LoseTrack();
  }
  // Only now, since the members have got everything up to what was processed before.
  set_processed_seq(window().earliest_cursor());
}

void Shard::BeginEpoch() {
  const window::Position now = window().position();
  const auto reason =
      now.epoch == epoch() ? sse::ResetReason::kExpired : sse::ResetReason::kOtherEpoch;
  set_epoch(now.epoch, now.epoch_number);
  // The members read for themselves what there is up to here.
  set_processed_seq(now.seq);
  for (const std::unique_ptr<SubscriptionGroup>& group : groups_) {
    group->last_seq = 0;
    for (size_t i = group->members.size(); i-- > 0;) {
      group->members[i]->BeginEpoch(reason, now.seq);
    }
  }
}

void Shard::BeginSlice(base::TimePoint now) {
  slice_begin_ = inbox_next_;
  const size_t end = std::min(inbox_.size(), slice_begin_ + kFramesPerSlice);
  set_late(now - inbox_[slice_begin_]->received_at() > kLateAfter);
  const auto slice = std::span(inbox_).subspan(slice_begin_, end - slice_begin_);
  AddToSlice(end, late() ? window().Superseded(slice) : 0);
}

void Shard::WidenSlice() {
  // What is read from the window comes first. A late slice is searched for superseded frames once.
  if (reading_window_ || late()) return;
  const size_t room = slice_begin_ + kFramesPerSlice;
  if (inbox_.size() < room) {
    mail_.clear();
    reading_window_ = mailbox_.Take(mail_) == Taken::kOverflowed;
    if (reading_window_) return;
    std::move(mail_.begin(), mail_.end(), std::back_inserter(inbox_));
  }
  AddToSlice(std::min(inbox_.size(), room), 0);
}

void Shard::AddToSlice(size_t end, uint64_t superseded) {
  for (; inbox_next_ < end; ++inbox_next_, superseded >>= 1) {
    const sse::Frame& frame = *inbox_[inbox_next_];
    // Already read from the window, after an overflow.
    if (frame.seq() <= processed_seq()) continue;
    set_processed_seq(frame.seq());
    matches_.clear();
    index_.Match(frame.topic(), matches_);
    for (SubscriptionGroup* group : matches_) {
      // Two filters of one group may match the same frame.
      if (group->last_seq == frame.seq()) continue;
      group->last_seq = frame.seq();
      ++group->events;
      if (!std::exchange(group->queued, true)) slice_groups_.push_back(group);
      group->slice.push_back(&frame);
      if (late() && (superseded & 1) == 0) group->newest_of_slice.push_back(&frame);
    }
  }
}

Work Shard::WriteSlice(size_t& budget) {
  while (slice_group_ < slice_groups_.size()) {
    if (!in_pass_) BeginPass();
    SubscriptionGroup& group = *slice_groups_[slice_group_];
    for (;;) {
      // Members that left meanwhile made the group shorter.
      slice_members_left_ = std::min(slice_members_left_, group.members.size());
      if (slice_members_left_ == 0) break;
      if (budget == 0) return Work::kMore;
      if (mailbox_.has_mail()) WidenSlice();
      Subscription& member = *group.members[--slice_members_left_];
      if (!member.live()) continue;
      --budget;
      member.Deliver(joined_, base::Now());
    }
    EndPass();
  }
  return Work::kDone;
}

void Shard::BeginPass() {
  SubscriptionGroup& group = *slice_groups_[slice_group_];
  in_pass_ = true;
  slice_members_left_ = group.members.size();
  group.queued = false;
  group.slice.erase(group.slice.begin(),
                    group.slice.begin() + static_cast<ptrdiff_t>(group.slice_of_pass));
  group.slice_of_pass = group.slice.size();
  joined_.Clear();
}

void Shard::EndPass() {
  SubscriptionGroup& group = *slice_groups_[slice_group_++];
  in_pass_ = false;
  stats().joined_bytes.Set(joined_.memory_bytes());
  if (group.queued) return;
  group.slice.clear();
  group.newest_of_slice.clear();
  group.slice_of_pass = 0;
  if (group.members.empty()) RemoveGroup(group);
}

void Shard::Listen() {
  const window::Position now = window().AddListener(*this);
  // Frames in the inbox or the mailbox from before have lower seqs and are passed over.
  set_processed_seq(now.seq);
  if (now.epoch_number == epoch_number()) return;
  // These are of another epoch, and their seqs say nothing.
  set_epoch(now.epoch, now.epoch_number);
  inbox_.resize(inbox_next_);
  OnBreak();
}

SubscriptionGroup& Shard::Join(Subscription& subscription, const window::Filters& filters,
                               Rendering rendering) {
  if (subscriptions_ == 0) Listen();
  SubscriptionGroup& group = GroupOf(filters, rendering);
  subscription.place().in_group = static_cast<uint32_t>(group.members.size());
  group.members.push_back(&subscription);
  ++subscriptions_;
  return group;
}

SubscriptionGroup& Shard::GroupOf(const window::Filters& filters, Rendering rendering) {
  const auto it = groups_.find(GroupKey{.filters = filters.canonical(), .rendering = rendering});
  if (it != groups_.end()) return **it;
  auto made = std::make_unique<SubscriptionGroup>(*this, filters, rendering);
  SubscriptionGroup& group = *made;
  groups_.insert(std::move(made));
  for (const window::FilterView& filter : filters.all()) index_.Add(filter, &group);
  filter_bytes_ += filters.memory_bytes();
  stats().filter_bytes.Set(filter_bytes_ + index_.memory_bytes());
  return group;
}

void Shard::Leave(Subscription& subscription) {
  SubscriptionGroup& group = subscription.group();
  Subscription* const last = group.members.back();
  group.members[subscription.place().in_group] = last;
  last->place().in_group = subscription.place().in_group;
  group.members.pop_back();
  if (--subscriptions_ == 0) window().RemoveListener(*this);
  if (group.members.empty() && group.slice.empty()) RemoveGroup(group);
}

void Shard::RemoveGroup(SubscriptionGroup& group) {
  for (const window::FilterView& filter : group.filters.all()) index_.Remove(filter, &group);
  filter_bytes_ -= group.filters.memory_bytes();
  groups_.erase(
      groups_.find(GroupKey{.filters = group.filters.canonical(), .rendering = group.rendering}));
  base::ShrinkIfSparse(groups_);
  stats().filter_bytes.Set(filter_bytes_ + index_.memory_bytes());
}

std::optional<uint64_t> Shard::EventsUpTo(const SubscriptionGroup& group, uint64_t seq) const {
  if (seq <= processed_seq()) return group.events;
  std::optional<uint64_t> waiting;
  if (!reading_window_) waiting = mailbox_.Count(group.filters, processed_seq(), seq);
  if (!waiting) {
    waiting = window().Count(group.filters, processed_seq(), seq);
    return waiting ? std::optional(group.events + *waiting) : std::nullopt;
  }
  for (size_t i = inbox_next_; i < inbox_.size(); ++i) {
    const sse::Frame& frame = *inbox_[i];
    if (frame.seq() > processed_seq() && frame.seq() <= seq &&
        group.filters.Matches(frame.topic())) {
      ++*waiting;
    }
  }
  return group.events + *waiting;
}

void Shard::AddBehind(Subscription& subscription) {
  subscription.place().in_behind = static_cast<uint32_t>(behind_.size());
  behind_.push_back(&subscription);
}

void Shard::RemoveBehind(Subscription& subscription) {
  const auto move = [this](size_t from, size_t to) {
    behind_[to] = behind_[from];
    behind_[to]->place().in_behind = static_cast<uint32_t>(to);
  };
  size_t hole = subscription.place().in_behind;
  // CountLag has already counted the last one: it must not go where CountLag has yet to come.
  if (hole < lags_left_) {
    move(--lags_left_, hole);
    hole = lags_left_;
  }
  move(behind_.size() - 1, hole);
  behind_.pop_back();
}

void Shard::BeginLag() {
  counted_lag_ = {};
  lags_left_ = behind_.size();
}

Work Shard::CountLag(base::TimePoint now) {
  for (size_t budget = kLagsPerTurn; lags_left_ > 0 && budget > 0; --budget) {
    const Lag lag = behind_[--lags_left_]->lag(now);
    if (lag.events > 0) counted_lag_.Add(lag);
  }
  if (lags_left_ > 0) return Work::kMore;
  lag_ = counted_lag_;
  return Work::kDone;
}

}  // namespace ssegw::fanout
