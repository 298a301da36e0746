// Implementation notes
//
//            Begin                  caught up
//   (made) ────────► kBehind ◄──────────────────► kLive      with min_interval: kPaced for kLive
//                       │    the sink takes no more  │
//                       └────────► kEnded ◄──────────┘       Finish
//
// Each of them goes to kGone when the peer is gone.
//
// kBehind reads slices of the window from the cursor and writes them. What the sink does not take
// is forgotten, and read again when the sink is writable. kLive is entered only when a read, under
// the window's lock, came to the head: later frames are in the shard's mailbox, or will be, and
// earlier ones in the mailbox are passed over by their seq. So there is no gap and no duplicate at
// the seam.
//
// A frame that the sink took in part is finished before anything else, and only then does the
// cursor move. Nothing may be read from the window before that: a reset would move it back.
#include "internal/fanout/subscription.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "internal/base/text.h"
#include "internal/sse/event_id.h"

namespace ssegw::fanout {
namespace {

constexpr size_t kReadsPerPump = 4;

}  // namespace

Subscription::Subscription(SubscriptionHost& host, ByteSink& sink,
                           const SubscriptionRequest& request, Framing framing, Greeting greeting)
    : sink_(sink),
      group_(host.Join(*this, request.filters, {.framing = framing, .envelope = request.envelope})),
      heartbeat_(request.heartbeat),
      mode_(request.mode),
      min_interval_(request.min_interval) {
  Begin(request, greeting);
}

Subscription::~Subscription() {
  SetState(State::kEnded);
  DropUnsent();
  host().Leave(*this);
}

std::string_view ToString(Mode mode) { return mode == Mode::kAll ? "all" : "latest"; }

window::ReadMode Subscription::read_mode() const {
  const bool every = !in_snapshot() && (mode_ == Mode::kAll || reads_every_);
  return every ? window::ReadMode::kEvery : window::ReadMode::kNewest;
}

Next Subscription::Pump(base::TimePoint now) {
  if (state_ == State::kGone) return Next::kGone;
  if (unsent_.frame() != nullptr) {
    if (const Next next = Write({}, now); next != Next::kWait) return next;
  }
  for (size_t reads = 0; reads < kReadsPerPump; ++reads) {
    if (state_ != State::kBehind) return unsent_.empty() ? Next::kWait : Write({}, now);
    if (const Next next = ReadAndWrite(now); next != Next::kWait) return next;
  }
  return state_ == State::kBehind || !unsent_.empty() ? Next::kSoon : Next::kWait;
}

window::ReadResult Subscription::Read() const {
  // With mode=all it does not matter what is forgotten after the snapshot: its deletion comes too.
  const uint64_t snapshot_end =
      mode_ == Mode::kAll ? std::numeric_limits<uint64_t>::max() : snapshot_end_;
  return host().window().Read(group_.filters, read_mode(), cursor_, snapshot_end, kFramesPerSlice);
}

Next Subscription::ReadAndWrite(base::TimePoint now) {
  window::ReadResult result = Read();
  // The shard resets the subscription soon; until then nothing that is read follows the cursor.
  if (result.epoch_number != host().epoch_number()) return Next::kWait;
  AddFreshness();
  if (result.expired && reads_every_ && mode_ == Mode::kLatest) {
    reads_every_ = false;  // from now on the newest of each key will do
    return Next::kWait;
  }
  if (result.expired) {
    const uint64_t head = host().window().head();
    std::optional<uint64_t> missed;
    if (count_is_exact_ && mode_ == Mode::kAll) missed = EventsSinceMark(head);
    Reset(sse::ResetReason::kExpired, missed, head);
    return Next::kWait;
  }
  const bool ends_snapshot = in_snapshot() && mode_ == Mode::kAll;
  if ((ends_snapshot || !said_live_) && result.cursor > caught_up_at()) {
    // Newer events are read again: gateway.live comes before them, and mode=all gets each of them.
    while (!result.frames.empty() && result.frames.back()->seq() > caught_up_at()) {
      result.frames.pop_back();
    }
    result.cursor = caught_up_at();
    result.caught_up = false;
  }
  std::array<const sse::Frame*, kFramesPerSlice> frames;
  std::transform(result.frames.begin(), result.frames.end(), frames.begin(),
                 [](const sse::FramePtr& frame) { return frame.get(); });
  const std::string_view live = LiveAt(result.cursor);
  if (!result.frames.empty() || !unsent_.empty() || !live.empty()) {
    const Next next = Write({.frames = {frames.data(), result.frames.size()}, .last = live}, now);
    if (next != Next::kWait) return next;
  }
  cursor_ = result.cursor;
  if (result.caught_up) CatchUp();
  return Next::kWait;
}

Next Subscription::PumpPaced(base::TimePoint now) {
  if (state_ == State::kPaced) {
    if (group_.last_seq > cursor_) {
      SetState(State::kBehind);
    } else {
      PassOver(host().processed_seq());
    }
  }
  return Pump(now);
}

void Subscription::Deliver(JoinedSlice& joined, base::TimePoint now) {
  const auto every = AfterCursor(group_.slice);
  if (every.empty()) return;
  const Next next = host().late() && mode_ == Mode::kLatest ? DeliverNewest(every, now)
                                                            : DeliverEvery(every, joined, now);
  if (next != Next::kWait) sink_.OnNext(next);
}

Next Subscription::DeliverEvery(std::span<const sse::Frame* const> every, JoinedSlice& joined,
                                base::TimePoint now) {
  Batch batch{.frames = every};
  // A copy for one member, or of one frame, saves nothing.
  if (every.size() > 1 && group_.members.size() > 1) {
    batch.joined = joined.From(group_, group_.slice.size() - every.size());
  }
  return Write(batch, now);
}

Next Subscription::DeliverNewest(std::span<const sse::Frame* const> every, base::TimePoint now) {
  const auto newest = AfterCursor(group_.newest_of_slice);
  const uint64_t before = frames_delivered_;
  const Next next = newest.empty() ? Next::kWait : Write({.frames = newest}, now);
  if (next == Next::kGone) return next;
  // If it fell behind, the rest is counted when it has caught up.
  if (state_ == State::kLive) PassOver(every.back()->seq());
  const uint64_t taken = frames_delivered_ - before;
  const uint64_t passed = every.size() - AfterCursor(every).size();
  stats().frames_superseded.Add(passed - taken);
  return next;
}

std::span<const sse::Frame* const> Subscription::AfterCursor(
    std::span<const sse::Frame* const> frames) const {
  while (!frames.empty() && frames.front()->seq() <= cursor_) frames = frames.subspan(1);
  return frames;
}

void Subscription::LoseTrack() {
  const bool was_live = state_ == State::kLive;
  if (was_live || state_ == State::kPaced) FallBehind();
  count_is_exact_ = false;
  // A paced one goes on when its time comes; a live one must be told that there is more.
  if (was_live) sink_.OnNext(Next::kSoon);
}

void Subscription::BeginEpoch(sse::ResetReason reason, uint64_t head) {
  if (state_ == State::kEnded || state_ == State::kGone) return;
  const bool was_live = state_ == State::kLive;
  // Its end must not move the cursor: it is of the epoch before.
  unsent_.TurnFrameIntoText(group_.rendering);
  SetState(State::kBehind);
  began_at_ = head;
  Reset(reason, std::nullopt, head);
  if (was_live) sink_.OnNext(Next::kSoon);
}

Next Subscription::Heartbeat(base::TimePoint now) {
  if (state_ == State::kGone) return Next::kGone;
  if ((state_ != State::kLive && state_ != State::kPaced) || !unsent_.empty()) return Next::kWait;
  unsent_.Add(group_.rendering.Heartbeat(heartbeat_));
  stats().heartbeats_sent.Add();
  return Write({}, now);
}

bool Subscription::Queue(Message& message, size_t max_bytes) {
  const size_t waits = unsent_.message_bytes();
  const size_t more = message.text.size() + WaitingPieces::kBytesPerMessage;
  if (waits > 0 && waits + more > max_bytes) return false;
  unsent_.Add(std::move(message), group_.rendering);
  stats().send_queue_bytes.Add(unsent_.message_bytes() - waits);
  return true;
}

Next Subscription::Flush(base::TimePoint now) {
  if (state_ == State::kGone) return Next::kGone;
  return unsent_.empty() ? Next::kWait : Write({}, now);
}

void Subscription::ExpireMessages(base::TimePoint now) {
  const size_t waited = unsent_.message_bytes();
  stats().messages[MessageFate::kExpired].Add(unsent_.ExpireMessages(now));
  stats().send_queue_bytes.Sub(waited - unsent_.message_bytes());
}

void Subscription::DropUnsent() {
  stats().messages[MessageFate::kGone].Add(unsent_.messages());
  stats().send_queue_bytes.Sub(unsent_.message_bytes());
  unsent_.Clear();
}

Next Subscription::SayFreshness(base::TimePoint now) {
  if (state_ == State::kGone) return Next::kGone;
  if (state_ != State::kLive && state_ != State::kPaced) return Next::kWait;
  AddFreshness();
  return unsent_.empty() ? Next::kWait : Write({}, now);
}

void Subscription::Finish(std::string_view last_words) {
  if (state_ == State::kEnded || state_ == State::kGone) return;
  SetState(State::kEnded);
  AddText(last_words);
  unsent_.Add(group_.rendering.End());
}

Next Subscription::Write(const Batch& batch, base::TimePoint now) {
  if (unsent_.next_deadline() <= now) {
    ExpireMessages(now);
    if (unsent_.empty() && batch.frames.empty() && batch.last.empty()) return Next::kWait;
  }
  const size_t waited = unsent_.message_bytes();
  const Unsent::Result result = unsent_.Write(batch, group_.rendering, sink_);
  if (waited > 0) {
    stats().send_queue_bytes.Sub(waited - unsent_.message_bytes());
    stats().messages[MessageFate::kDelivered].Add(result.messages);
  }
  if (result.sink == Unsent::Result::Sink::kGone) {
    SetState(State::kGone);
    DropUnsent();
    return Next::kGone;
  }
  if (result.bytes > 0) {
    last_write_ = now;
    stats().writes.Add();
    stats().bytes_sent.Add(result.bytes);
    bytes_sent_ += result.bytes;
  }
  if (result.finished) Took(*result.finished, now);
  for (const sse::Frame* frame : batch.frames.first(result.frames)) Took(*frame, now);
  if (result.began_last) said_live_ = true;
  if (result.sink == Unsent::Result::Sink::kTookAll) return Next::kWait;
  if (state_ == State::kLive || state_ == State::kPaced) FallBehind();
  reads_every_ = false;
  return Next::kWritable;
}

void Subscription::Took(const sse::Frame& frame, base::TimePoint now) {
  cursor_ = frame.seq();
  if (state_ == State::kBehind && cursor_ > snapshot_end_) ++accounted_events_;
  stats().frames_delivered.Add();
  ++frames_delivered_;
  if (cursor_ <= began_at_) return;
  stats().publish_to_write.Observe(
      static_cast<uint64_t>(std::max(now - frame.received_at(), base::Duration(0)).count()));
}

std::string_view Subscription::LiveAt(uint64_t cursor) const {
  if (said_live_ || cursor < caught_up_at()) return {};
  return group_.rendering.Live();
}

void Subscription::AddText(std::string_view text) {
  std::string rendered;
  group_.rendering.AppendText(text, rendered);
  unsent_.Add(rendered);
}

void Subscription::AddFreshness() {
  const std::string_view stale = host().stale();
  if (said_stale_ == !stale.empty()) return;
  said_stale_ = !stale.empty();
  AddText(said_stale_ ? stale : sse::kFresh);
}

void Subscription::FallBehind() {
  const bool was_live = state_ == State::kLive;
  SetState(State::kBehind);
  if (!was_live) return;
  // What has blocked was read from the window, and may still be on its way to the shard.
  if (cursor_ > host().processed_seq()) return MarkGroup(cursor_);
  // The frames of the current slice after the cursor have been counted but not taken.
  const std::vector<const sse::Frame*>& slice = group_.slice;
  const auto untaken = std::find_if(
      slice.begin(), slice.end(), [&](const sse::Frame* frame) { return frame->seq() > cursor_; });
  accounted_events_ = group_.events - static_cast<uint64_t>(slice.end() - untaken);
  count_is_exact_ = true;
  PassOver(untaken == slice.end() ? host().processed_seq() : (*untaken)->seq() - 1);
}

void Subscription::PassOver(uint64_t seq) { cursor_ = std::max(cursor_, seq); }

void Subscription::CatchUp() {
  CountSuperseded();
  reads_every_ = false;
  if (min_interval_ > base::Duration::zero()) {
    SetState(State::kPaced);
    MarkGroup(cursor_);
  } else {
    SetState(State::kLive);
  }
}

void Subscription::CountSuperseded() {
  if (mode_ == Mode::kAll) return;
  stats().frames_superseded.Add(EventsSinceMark(cursor_).value_or(0));
}

void Subscription::SetState(State state) {
  const bool was_behind = state_ == State::kBehind;
  const bool is_behind = state == State::kBehind;
  // A paced one falls behind each time that it is due, which says nothing: it is not counted.
  const bool counts = min_interval_ == base::Duration::zero();
  if (!was_behind && is_behind) {
    if (counts) stats().behind.Add();
    host().AddBehind(*this);
  } else if (was_behind && !is_behind) {
    if (counts) stats().behind.Sub();
    host().RemoveBehind(*this);
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

std::string Subscription::cursor_id() const {
  if (cursor_ == 0 || in_snapshot()) return {};
  return sse::FormatEventId(host().epoch(), cursor_);
}

Lag Subscription::lag(base::TimePoint now) const {
  if (state_ != State::kBehind && !ended_behind_) return {};
  const window::Distance distance = host().window().DistanceFrom(std::max(cursor_, snapshot_end_));
  if (distance.events == 0) return {};
  return {.events = distance.events,
          .age = std::max(now - distance.oldest_received_at, base::Duration(0))};
}

void Subscription::Reset(sse::ResetReason reason, std::optional<uint64_t> missed, uint64_t head) {
  AddText(sse::Reset(reason, missed));
  stats().resets[reason].Add();
  reads_every_ = false;
  BeginSnapshot(head);
}

void Subscription::BeginSnapshot(uint64_t head) {
  cursor_ = 0;
  snapshot_end_ = head;
  MarkGroup(head);
}

void Subscription::MarkGroup(uint64_t seq) {
  const std::optional<uint64_t> events = host().EventsUpTo(group_, seq);
  count_is_exact_ = events.has_value();
  accounted_events_ = events.value_or(0);
}

std::optional<uint64_t> Subscription::EventsSinceMark(uint64_t seq) const {
  const std::optional<uint64_t> events = host().EventsUpTo(group_, seq);
  if (!count_is_exact_ || !events) return std::nullopt;
  return *events - accounted_events_;
}

}  // namespace ssegw::fanout
