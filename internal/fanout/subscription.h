#ifndef SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_H_
#define SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/fanout/byte_sink.h"
#include "internal/fanout/group.h"
#include "internal/fanout/joined_slice.h"
#include "internal/fanout/lag.h"
#include "internal/fanout/message.h"
#include "internal/fanout/rendering.h"
#include "internal/fanout/subscription_host.h"
#include "internal/fanout/subscription_request.h"
#include "internal/fanout/unsent.h"
#include "internal/sse/control.h"
#include "internal/sse/event_id.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"

namespace ssegw::fanout {

// What a subscription is doing, as /debug/connections shows it.
enum class Progress : uint8_t {
  kSnapshot,  // gets its snapshot
  kBehind,    // has not got all that the log has for it
  kLive,      // has got all
  kPaced,     // had got all when its time last came
  kEnding,    // gets its last words, or its peer is gone
};

// What one connection gets: a cursor into the log, and how it moves on. It holds no frame except
// one that the sink has taken in part.
//
// Owns:     what is unsent.
// Thread:   the shard's.
// Lifetime: a member of its connection, which outlives neither the sink nor the shard. Leaves the
//           shard when it is destroyed.
// Errors:   Next::kGone from the first write on that finds the peer gone.
class Subscription {
 public:
  // What the connection says when it begins.
  struct Greeting {
    std::string_view connection_id;
    std::chrono::milliseconds retry;
  };

  // framing: of the body.
  Subscription(SubscriptionHost& host, ByteSink& sink, const SubscriptionRequest& request,
               Framing framing, Greeting greeting);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Writes on, as far as the sink takes it, at most some slices. The first call begins the stream.
  Next Pump(base::TimePoint now);

  // Writes what has come meanwhile. Call it once in each min_interval(), unless that is zero.
  Next PumpPaced(base::TimePoint now);

  // Writes a heartbeat, unless there is something else to write.
  Next Heartbeat(base::TimePoint now);

  // Takes a message, which goes out with the next write, before the frames that it has yet to get.
  // False, and the message is as it was: with it more than max_bytes would wait. If nothing waits
  // there is room. Not after Finish.
  bool Queue(Message& message, size_t max_bytes);
  // Writes what waits, unless that is known to block: Pump follows then.
  Next Flush(base::TimePoint now);
  // Takes out messages whose deadline is over, unless the sink has taken a part of them.
  void ExpireMessages(base::TimePoint now);
  // When to call that; max: never.
  base::TimePoint next_message_deadline() const { return unsent_.next_deadline(); }

  // Says gateway.stale or gateway.fresh, if that is news to it (SubscriptionHost::stale). One that
  // is behind says it by itself before it goes on.
  Next SayFreshness(base::TimePoint now);

  // Ends the body after what has been begun, with last_words (bare SSE text) before the end. Call
  // Pump from then on until finished().
  void Finish(std::string_view last_words);
  bool finished() const { return state_ == State::kEnded && unsent_.empty(); }

  // Zero if it is not paced.
  base::Duration min_interval() const { return min_interval_; }
  // Has not got all that the log has for it.
  bool behind() const { return state_ == State::kBehind; }
  Progress progress() const;
  // While it gets its snapshot, what has come since the snapshot began. After its end, or once its
  // peer is gone, what it had not got by then and what has come since.
  Lag lag(base::TimePoint now) const;
  const window::Filters& filters() const { return group_.filters; }
  Mode mode() const { return mode_; }
  // The id of the last event up to which it has got all that is for it; empty: there is none yet.
  std::string cursor_id() const;
  // The id of the last event that it has got, or that was passed over, in the snapshot too: its
  // client presents none that is beyond it.
  std::string sent_id() const { return sse::FormatEventId(host().epoch(), cursor_); }
  // When the sink last took a byte; the beginning of time: never yet.
  base::TimePoint last_write() const { return last_write_; }
  // The size of the frame that the sink has taken in part; 0 if there is none from before that seq.
  size_t HalfWrittenBytes(uint64_t before_seq) const {
    const sse::Frame* const frame = unsent_.frame();
    return frame != nullptr && frame->seq() < before_seq ? frame->memory_bytes() : 0;
  }
  // What the sink has taken so far: whole frames, and bytes of everything, including the head.
  uint64_t frames_delivered() const { return frames_delivered_; }
  uint64_t bytes_sent() const { return bytes_sent_; }

  // For the shard.

  // It takes what the shard delivers.
  bool live() const { return state_ == State::kLive; }
  // Writes the frames of its group's slice that it has not got; joined has the same for all members
  // of the group. May destroy the subscription (ByteSink::OnNext).
  void Deliver(JoinedSlice& joined, base::TimePoint now);
  // The window no longer has what was on its way to the shard: the subscription reads on for
  // itself. May destroy it (ByteSink::OnNext).
  void LoseTrack();
  // The window has begun another epoch, whose head that is: gateway.reset, then the snapshot. May
  // destroy it too.
  void BeginEpoch(sse::ResetReason reason, uint64_t head);
  SubscriptionGroup& group() const { return group_; }
  // Where it stands in lists of the shard, which keeps this up to date.
  struct Place {
    uint32_t in_group = 0;   // in its members
    uint32_t in_behind = 0;  // in the list of those that are behind, while it is
  };
  Place& place() { return place_; }

 private:
  enum class State : uint8_t {
    kBehind,  // reads the window
    kLive,    // nothing unsent; gets what the shard delivers
    kPaced,   // caught up, and waits for its time
    kEnded,   // writes what is left, and nothing after it
    kGone,    // the peer is
  };

  void Begin(const SubscriptionRequest& request, const Greeting& greeting);
  // The reason why the id cannot be honoured; otherwise the cursor is set.
  std::optional<sse::ResetReason> Resume(std::string_view last_event_id);

  Next DeliverEvery(std::span<const sse::Frame* const> every, JoinedSlice& joined,
                    base::TimePoint now);
  // The shard is late: skips what has been superseded.
  Next DeliverNewest(std::span<const sse::Frame* const> every, base::TimePoint now);
  // The part of frames, which are in seq order, that is after the cursor.
  std::span<const sse::Frame* const> AfterCursor(std::span<const sse::Frame* const> frames) const;
  // What is unsent, then the batch, whose last text is gateway.live.
  Next Write(const Batch& batch, base::TimePoint now);
  void Took(const sse::Frame& frame, base::TimePoint now);
  Next ReadAndWrite(base::TimePoint now);
  // The next frames of the window for it.
  window::ReadResult Read() const;
  // gateway.live as it is rendered. Empty if it has been said, or if what ends at the cursor is not
  // yet all that was there when the stream began.
  std::string_view LiveAt(uint64_t cursor) const;
  void AddText(std::string_view text);
  // Forgets what is unsent: nobody will take it.
  void DropUnsent();
  void AddFreshness();

  bool in_snapshot() const { return cursor_ < snapshot_end_; }
  // The last seq that was there when the stream, or its last snapshot, began.
  uint64_t caught_up_at() const { return std::max(began_at_, snapshot_end_); }
  window::ReadMode read_mode() const;
  void FallBehind();
  // Nothing up to that seq is for it, so the log may lose it without harm.
  void PassOver(uint64_t seq);
  void CatchUp();
  void SetState(State state);
  void BeginSnapshot(uint64_t head);
  // Counts what its group gets after that seq.
  void MarkGroup(uint64_t seq);
  // Events of its group after the mark, up to the seq, that it did not get; nullopt if unknown.
  std::optional<uint64_t> EventsSinceMark(uint64_t seq) const;
  void Reset(sse::ResetReason reason, std::optional<uint64_t> missed, uint64_t head);
  void CountSuperseded();

  SubscriptionHost& host() const { return group_.host; }
  ShardStats& stats() const { return group_.host.stats(); }

  ByteSink& sink_;
  Place place_;
  // Joined when it is made, before anything is read: the seam closes by comparing seqs.
  SubscriptionGroup& group_;
  Unsent unsent_;
  const HeartbeatForm heartbeat_;
  const Mode mode_;
  State state_ = State::kEnded;
  // It was kBehind when it ended, or when its peer was gone.
  bool ended_behind_ = false;
  // With mode=latest too it reads every event, until it falls behind: start=earliest.
  bool reads_every_ = false;
  // It has been connected since the mark, so what it missed since then can be counted.
  bool count_is_exact_ = false;
  bool said_live_ = false;
  // The last that it said of it was gateway.stale.
  bool said_stale_ = false;

  // The head when it began: only later events tell how fast events are delivered.
  uint64_t began_at_ = 0;
  // The seq of the last event that the sink took whole, or that was passed over.
  uint64_t cursor_ = 0;
  // Where its snapshot ends: deletions and evictions up to there do not concern it.
  uint64_t snapshot_end_ = 0;
  // The number of events of its group at the mark, plus those that it got after it: what it lacks
  // to the group's number are the events that it did not get.
  uint64_t accounted_events_ = 0;
  uint64_t frames_delivered_ = 0;
  uint64_t bytes_sent_ = 0;

  const base::Duration min_interval_;
  base::TimePoint last_write_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_H_
