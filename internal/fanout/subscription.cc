// Implementation notes
//
//            Begin                  caught up
//   (made) ────────► kBehind ◄──────────────────► kLive      with min_interval: kPaced for kLive
//                       │    the sink takes no more  │
//                       └────────► kEnded ◄──────────┘       Finish
//
// From each of them kGone, when the peer is.
//
// kBehind reads slices of the window from the cursor and writes them; what the sink does not take
// is forgotten, and read again when it is writable. kLive is entered only when a read, under the
// window's lock, came to the head: whatever comes after it is in the shard's mailbox or will be,
// and what is in the mailbox and before it is passed over by its seq. So there is no gap and no
// duplicate at the seam.
//
// A frame of which the sink took a part is finished before anything else, and only then does the
// cursor move: nothing may be read from the window while it is pending, as a reset moves the cursor
// back.
#include "internal/fanout/subscription.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "internal/base/text.h"
#include "internal/fanout/shard.h"
#include "internal/sse/event_id.h"

namespace ssegw::fanout {
namespace {

constexpr size_t kReadsPerPump = 4;
// The kernel takes up to 1024 (UIO_MAXIOV); a half-written frame, text, 64 frames, and what is
// last.
constexpr size_t kMaxPieces = Shard::kFramesPerSlice + 3;

iovec Piece(std::string_view bytes) {
  return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
}

}  // namespace

Subscription::Subscription(Shard& shard, ByteSink& sink, const SubscriptionRequest& request,
                           Framing framing, Greeting greeting)
    : shard_(shard),
      sink_(sink),
      heartbeat_(request.heartbeat),
      mode_(request.mode),
      text_(std::move(greeting.head)),
      min_interval_(request.min_interval) {
  // Joins first and reads afterwards: the seam closes by comparing seqs.
  shard_.Join(*this, request.filters, {.framing = framing, .envelope = request.envelope});
  Begin(request, greeting);
}

Subscription::~Subscription() {
  SetState(State::kEnded);
  shard_.Leave(*this);
}

std::string_view ToString(Mode mode) { return mode == Mode::kAll ? "all" : "latest"; }

void Subscription::Begin(const SubscriptionRequest& request, const Greeting& greeting) {
  SetState(State::kBehind);
  const window::Window& window = shard_.window_;
  began_at_ = window.head();
  // Where a reconnect goes on that comes before the first event; empty: it begins anew.
  std::string first_id;
  std::optional<bool> resumed;
  std::optional<sse::ResetReason> reset;
  if (!request.last_event_id.empty()) {
    reset = Resume(request.last_event_id);
    resumed = !reset;
    if (*resumed) first_id = request.last_event_id;
  } else if (request.start == Start::kSnapshot) {
    BeginSnapshot(window.head());
  } else if (request.start == Start::kLive) {
    cursor_ = window.head();
    MarkGroup(cursor_);
    first_id = sse::FormatEventId(window.epoch(), cursor_);
  } else {
    cursor_ = window.earliest_cursor();
    every_ = true;
  }
  std::string first = sse::Cut(request.last_event_id, request.keeps_half_events);
  first += sse::Hello({.connection = greeting.connection_id,
                       .resumed = resumed,
                       .retry = greeting.retry,
                       .id = first_id});
  rendering().AppendText(first, text_);
  if (reset) Reset(*reset, std::nullopt, window.head());
}

std::optional<sse::ResetReason> Subscription::Resume(std::string_view last_event_id) {
  const window::Window& window = shard_.window_;
  const std::optional<sse::EventId> id = sse::ParseEventId(last_event_id);
  std::optional<sse::ResetReason> reason;
  auto outcome = ResumeOutcome::kReset;
  if (id && id->epoch != window.epoch()) {
    reason = sse::ResetReason::kOtherEpoch;
  } else if (!id || id->seq > window.head()) {
    reason = sse::ResetReason::kUnknownId;
  } else {
    switch (window.ResumeFrom(group_->filters, read_mode(), id->seq)) {
      case window::Window::Resume::kNothingMissed:
        outcome = ResumeOutcome::kLive;
        break;
      case window::Window::Resume::kReplay:
        outcome = ResumeOutcome::kReplayed;
        break;
      case window::Window::Resume::kExpired:
        reason = sse::ResetReason::kExpired;
        break;
    }
  }
  shard_.stats_.resumes[outcome].Add();
  if (!reason) cursor_ = id->seq;
  return reason;
}

window::ReadMode Subscription::read_mode() const {
  const bool every = !in_snapshot() && (mode_ == Mode::kAll || every_);
  return every ? window::ReadMode::kEvery : window::ReadMode::kNewest;
}

Next Subscription::Pump(base::TimePoint now) {
  if (state_ == State::kGone) return Next::kGone;
  if (partial_) {
    if (const Next next = Write({}, now); next != Next::kWait) return next;
  }
  for (size_t reads = 0; reads < kReadsPerPump; ++reads) {
    if (state_ != State::kBehind) return has_unsent_bytes() ? Write({}, now) : Next::kWait;
    if (const Next next = ReadAndWrite(now); next != Next::kWait) return next;
  }
  return state_ == State::kBehind || has_unsent_bytes() ? Next::kSoon : Next::kWait;
}

Next Subscription::ReadAndWrite(base::TimePoint now) {
  // With mode=all what is forgotten after the snapshot does not matter: its deletion comes too.
  const uint64_t snapshot_end =
      mode_ == Mode::kAll ? std::numeric_limits<uint64_t>::max() : snapshot_end_;
  window::ReadResult result = shard_.window_.Read(group_->filters, read_mode(), cursor_,
                                                  snapshot_end, Shard::kFramesPerSlice);
  if (result.expired && every_ && mode_ == Mode::kLatest) {
    every_ = false;  // the newest of each key will do
    return Next::kWait;
  }
  if (result.expired) {
    const uint64_t head = shard_.window_.head();
    std::optional<uint64_t> missed;
    if (counted_ && mode_ == Mode::kAll) missed = EventsSinceMark(head);
    Reset(sse::ResetReason::kExpired, missed, head);
    return Next::kWait;
  }
  const bool ends_snapshot = in_snapshot() && mode_ == Mode::kAll;
  if ((ends_snapshot || !said_live_) && result.cursor > caught_up_at()) {
    // What is newer is read again: with mode=all every event of it, and behind gateway.live.
    while (!result.frames.empty() && result.frames.back()->seq() > caught_up_at()) {
      result.frames.pop_back();
    }
    result.cursor = caught_up_at();
    result.caught_up = false;
  }
  std::array<const sse::Frame*, Shard::kFramesPerSlice> frames;
  std::transform(result.frames.begin(), result.frames.end(), frames.begin(),
                 [](const sse::FramePtr& frame) { return frame.get(); });
  const std::string_view live = LiveAt(result.cursor);
  if (!result.frames.empty() || has_unsent_bytes() || !live.empty()) {
    const Next next = Write({frames.data(), result.frames.size()}, now, {}, live);
    if (next != Next::kWait) return next;
  }
  cursor_ = result.cursor;
  if (result.caught_up) CatchUp();
  return Next::kWait;
}

Next Subscription::PumpPaced(base::TimePoint now) {
  if (state_ == State::kPaced) {
    if (group_->last_seq > cursor_) {
      SetState(State::kBehind);
    } else {
      PassOver(shard_.processed_seq_);
    }
  }
  return Pump(now);
}

Next Subscription::Deliver(base::TimePoint now) {
  const auto after_cursor = [this](std::span<const sse::Frame* const> frames) {
    while (!frames.empty() && frames.front()->seq() <= cursor_) frames = frames.subspan(1);
    return frames;
  };
  const auto every = after_cursor(group_->slice);
  if (every.empty()) return Next::kWait;
  if (!shard_.slice_is_late_ || mode_ == Mode::kAll) {
    const bool joins = every.size() > 1 && group_->members.size() > 1;
    const size_t first = group_->slice.size() - every.size();
    return Write(every, now, joins ? shard_.JoinedFrom(*group_, first) : std::string_view());
  }
  const auto newest = after_cursor(group_->newest_of_slice);
  const uint64_t before = frames_delivered_;
  const Next next = newest.empty() ? Next::kWait : Write(newest, now);
  if (next == Next::kGone) return next;
  // If it fell behind the rest is counted when it has caught up.
  if (state_ == State::kLive) PassOver(every.back()->seq());
  const uint64_t taken = frames_delivered_ - before;
  const auto passed = std::count_if(every.begin(), every.end(), [this](const sse::Frame* frame) {
    return frame->seq() <= cursor_;
  });
  shard_.stats_.frames_superseded.Add(static_cast<uint64_t>(passed) - taken);
  return next;
}

Next Subscription::Heartbeat(base::TimePoint now) {
  if (state_ == State::kGone) return Next::kGone;
  if ((state_ != State::kLive && state_ != State::kPaced) || has_unsent_bytes()) return Next::kWait;
  text_ += rendering().Heartbeat(heartbeat_);
  shard_.stats_.heartbeats_sent.Add();
  return Write({}, now);
}

void Subscription::Finish(std::string_view last_words) {
  if (state_ == State::kEnded || state_ == State::kGone) return;
  SetState(State::kEnded);
  rendering().AppendText(last_words, text_);
  text_ += rendering().End();
}

Next Subscription::Write(std::span<const sse::Frame* const> frames, base::TimePoint now,
                         std::string_view joined, std::string_view last) {
  std::array<iovec, kMaxPieces> pieces;
  size_t count = 0;
  size_t offered = 0;
  const auto add = [&](std::string_view bytes) {
    pieces[count++] = Piece(bytes);
    offered += bytes.size();
  };
  if (partial_) add(rendering().Event(*partial_).substr(partial_taken_));
  if (!text_.empty()) add(text_);
  if (!joined.empty()) {
    add(joined);
  } else {
    for (const sse::Frame* frame : frames) add(rendering().Event(*frame));
  }
  if (!last.empty()) add(last);

  const ssize_t written = sink_.Write({pieces.data(), count});
  if (written < 0) {
    SetState(State::kGone);
    partial_ = nullptr;
    base::Release(text_);
    return Next::kGone;
  }
  auto taken = static_cast<size_t>(written);
  const bool blocked = taken < offered;
  if (taken > 0) {
    last_write_ = now;
    shard_.stats_.writes.Add();
    shard_.stats_.bytes_sent.Add(taken);
    bytes_sent_ += taken;
  }
  if (partial_) {
    const size_t rest = rendering().Event(*partial_).size() - partial_taken_;
    partial_taken_ += std::min(taken, rest);
    if (taken >= rest) Took(*std::exchange(partial_, nullptr), now);
    taken -= std::min(taken, rest);
  }
  if (!text_.empty()) {
    const size_t rest = text_.size();
    if (taken >= rest) {
      base::Release(text_);
    } else {
      text_.erase(0, taken);
    }
    taken -= std::min(taken, rest);
  }
  for (const sse::Frame* frame : frames) {
    const size_t size = rendering().Event(*frame).size();
    if (taken < size) {
      if (taken > 0) {
        partial_ = sse::FramePtr::Share(frame);
        partial_taken_ = taken;
      }
      taken = 0;
      break;
    }
    Took(*frame, now);
    taken -= size;
  }
  // What is left is of last.
  if (taken > 0) {
    said_live_ = true;
    text_ = last.substr(taken);
  }
  if (!blocked) return Next::kWait;
  if (state_ == State::kLive || state_ == State::kPaced) FallBehind();
  every_ = false;
  return Next::kWritable;
}

void Subscription::Took(const sse::Frame& frame, base::TimePoint now) {
  cursor_ = frame.seq();
  if (state_ == State::kBehind && cursor_ > snapshot_end_) ++taken_since_mark_;
  shard_.stats_.frames_delivered.Add();
  ++frames_delivered_;
  if (cursor_ <= began_at_) return;
  shard_.stats_.publish_to_write.Observe(
      static_cast<uint64_t>(std::max(now - frame.received_at(), base::Duration(0)).count()));
}

std::string_view Subscription::LiveAt(uint64_t cursor) const {
  if (said_live_ || cursor < caught_up_at()) return {};
  return rendering().Live();
}

void Subscription::FallBehind() {
  const bool was_live = state_ == State::kLive;
  SetState(State::kBehind);
  if (!was_live) return;
  // It was not a delivery that blocked: what it has read from the window may still be on its way.
  if (cursor_ > shard_.processed_seq_) return MarkGroup(cursor_);
  // Of the slice in work, the frames after the cursor have been counted but not taken.
  const std::vector<const sse::Frame*>& slice = group_->slice;
  const auto untaken = std::find_if(
      slice.begin(), slice.end(), [&](const sse::Frame* frame) { return frame->seq() > cursor_; });
  group_mark_ = group_->events - static_cast<uint64_t>(slice.end() - untaken);
  taken_since_mark_ = 0;
  counted_ = true;
  PassOver(untaken == slice.end() ? shard_.processed_seq_ : (*untaken)->seq() - 1);
}

void Subscription::PassOver(uint64_t seq) { cursor_ = std::max(cursor_, seq); }

void Subscription::CatchUp() {
  CountSuperseded();
  every_ = false;
  if (min_interval_ > base::Duration::zero()) {
    SetState(State::kPaced);
    MarkGroup(cursor_);
  } else {
    SetState(State::kLive);
  }
}

void Subscription::CountSuperseded() {
  if (mode_ == Mode::kAll) return;
  shard_.stats_.frames_superseded.Add(EventsSinceMark(cursor_).value_or(0));
}

void Subscription::SetState(State state) {
  const auto lags = [&](State s) {
    return s == State::kBehind && min_interval_ == base::Duration::zero();
  };
  if (lags(state_) != lags(state)) {
    lags(state) ? shard_.stats_.lagging.Add() : shard_.stats_.lagging.Sub();
  }
  if ((state_ == State::kBehind) != (state == State::kBehind)) {
    state == State::kBehind ? shard_.AddBehind(*this) : shard_.RemoveBehind(*this);
  }
  if (state_ == State::kBehind && (state == State::kEnded || state == State::kGone)) {
    ended_behind_ = true;
  }
  state_ = state;
}

Progress Subscription::progress() const {
  switch (state_) {
    case State::kBehind:
      return in_snapshot() ? Progress::kSnapshot : Progress::kBehind;
    case State::kLive:
      return Progress::kLive;
    case State::kPaced:
      return Progress::kPaced;
    case State::kEnded:
    case State::kGone:
      break;
  }
  return Progress::kEnding;
}

Lag Subscription::lag(base::TimePoint now) const {
  if (state_ != State::kBehind && !ended_behind_) return {};
  const window::Distance distance = shard_.window_.DistanceFrom(std::max(cursor_, snapshot_end_));
  if (distance.events == 0) return {};
  return {.events = distance.events,
          .age = std::max(now - distance.oldest_received_at, base::Duration(0))};
}

const window::Filters& Subscription::filters() const { return group_->filters; }

const Rendering& Subscription::rendering() const { return group_->rendering; }

void Subscription::Reset(sse::ResetReason reason, std::optional<uint64_t> missed, uint64_t head) {
  rendering().AppendText(sse::Reset(reason, missed), text_);
  shard_.stats_.resets[reason].Add();
  every_ = false;
  BeginSnapshot(head);
}

void Subscription::BeginSnapshot(uint64_t head) {
  cursor_ = 0;
  snapshot_end_ = head;
  MarkGroup(head);
}

void Subscription::MarkGroup(uint64_t seq) {
  const std::optional<uint64_t> events = shard_.EventsUpTo(*group_, seq);
  counted_ = events.has_value();
  group_mark_ = events.value_or(0);
  taken_since_mark_ = 0;
}

std::optional<uint64_t> Subscription::EventsSinceMark(uint64_t seq) const {
  const std::optional<uint64_t> events = shard_.EventsUpTo(*group_, seq);
  if (!counted_ || !events) return std::nullopt;
  return *events - group_mark_ - taken_since_mark_;
}

}  // namespace ssegw::fanout
