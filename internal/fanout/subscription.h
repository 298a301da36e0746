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
#include "internal/fanout/lag.h"
#include "internal/fanout/rendering.h"
#include "internal/fanout/subscription_request.h"
#include "internal/sse/control.h"
#include "internal/sse/frame.h"
#include "internal/window/window.h"

namespace ssegw::fanout {

class Shard;
struct SubscriptionGroup;

// How it goes with a subscription, for the one who looks at it.
enum class Progress : uint8_t {
  kSnapshot,  // gets its snapshot
  kBehind,    // has not got all that the log has for it
  kLive,      // has
  kPaced,     // had when its time came last
  kEnding,    // gets its last words, or its peer is gone
};

// What one connection gets: a cursor into the log, and how it is moved on. It holds no frames, but
// for the one of which the sink took a part.
//
// Owns:     that frame and the few bytes of text that wait before the next one.
// Thread:   the shard's.
// Lifetime: a member of its connection, which outlives neither the sink nor the shard. Leaves the
//           shard when it is destroyed.
// Errors:   a peer that is gone is Next::kGone, from then on for ever.
class Subscription {
 public:
  // What it is told of its connection.
  struct Greeting {
    // Sent before anything else, as it is: the head of the response.
    std::string head;
    std::string_view connection_id;
    std::chrono::milliseconds retry;
  };

  // framing: of all that follows the head.
  Subscription(Shard& shard, ByteSink& sink, const SubscriptionRequest& request, Framing framing,
               Greeting greeting);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Writes on, as far as the sink takes it and within a slice. To be called first when it is made.
  Next Pump(base::TimePoint now);

  // With min_interval(): to be called once in that time.
  Next PumpPaced(base::TimePoint now);

  // Writes a heartbeat, unless there is something else to be written.
  Next Heartbeat(base::TimePoint now);

  // Ends the body after what has been begun, with last_words (bare SSE text) before the end. Then
  // Pump, until finished().
  void Finish(std::string_view last_words);
  bool finished() const { return state_ == State::kEnded && !has_unsent_bytes(); }

  // Zero: not paced.
  base::Duration min_interval() const { return min_interval_; }
  // Has not got all that the log has for it.
  bool behind() const { return state_ == State::kBehind; }
  uint64_t cursor() const { return cursor_; }
  Progress progress() const;
  // One that gets its snapshot is behind by what has come since it began; one that has ended, or
  // whose peer is gone, by what it had not got by then and what has come since.
  Lag lag(base::TimePoint now) const;
  const window::Filters& filters() const;
  Mode mode() const { return mode_; }
  // When the sink last took a byte.
  base::TimePoint last_write() const { return last_write_; }
  // The size of the frame of which the sink took a part, if it is from before that seq; otherwise
  // 0.
  size_t HalfWrittenBytes(uint64_t before_seq) const {
    return partial_ && partial_->seq() < before_seq ? partial_->memory_bytes() : 0;
  }
  // What the sink has taken since it was made: frames whole; bytes of everything, the head too.
  uint64_t frames_delivered() const { return frames_delivered_; }
  uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  friend class Shard;
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

  // The shard's: the frames of its group's slice.
  Next Deliver(base::TimePoint now);
  // What is unsent, then frames, then last, in one gather write. joined: the encoded frames in one
  // piece, where there is one. last: gateway.live; it is forgotten where the sink does not take all
  // of the frames.
  Next Write(std::span<const sse::Frame* const> frames, base::TimePoint now,
             std::string_view joined = {}, std::string_view last = {});
  void Took(const sse::Frame& frame, base::TimePoint now);
  Next ReadAndWrite(base::TimePoint now);
  bool has_unsent_bytes() const { return partial_ || !text_.empty(); }
  // gateway.live, encoded; empty: it has been said, or what ends at the cursor is not yet all that
  // was there when the stream began.
  std::string_view LiveAt(uint64_t cursor) const;
  const Rendering& rendering() const;

  bool in_snapshot() const { return cursor_ < snapshot_end_; }
  // Up to here goes what was there when the stream, or its last snapshot, began.
  uint64_t caught_up_at() const { return std::max(began_at_, snapshot_end_); }
  window::ReadMode read_mode() const;
  void FallBehind();
  // Nothing up to that seq is for it: the log may lose it without being missed.
  void PassOver(uint64_t seq);
  void CatchUp();
  void SetState(State state);
  void BeginSnapshot(uint64_t head);
  // From here on, what its group gets is counted.
  void MarkGroup(uint64_t seq);
  // Events of its group after the mark, up to the seq, that it did not get; nullopt: not known.
  std::optional<uint64_t> EventsSinceMark(uint64_t seq) const;
  void Reset(sse::ResetReason reason, std::optional<uint64_t> missed, uint64_t head);
  void CountSuperseded();

  Shard& shard_;
  ByteSink& sink_;
  SubscriptionGroup* group_ = nullptr;
  uint32_t index_in_group_ = 0;
  uint32_t index_in_behind_ = 0;  // while it is
  const HeartbeatForm heartbeat_;
  const Mode mode_;
  State state_ = State::kEnded;
  // It was kBehind when it ended, or when its peer was gone.
  bool ended_behind_ = false;
  // mode=latest reads every event as long as it has not fallen behind: start=earliest.
  bool every_ = false;
  // Connected all the time since group_mark_, so that what it missed can be counted.
  bool counted_ = false;
  bool said_live_ = false;

  // The head when it began: only what is later is a measure of how fast events are delivered.
  uint64_t began_at_ = 0;
  // The seq of the last event wholly taken by the sink, or passed over.
  uint64_t cursor_ = 0;
  // Where its snapshot ends: up to there deletions and evictions do not concern it.
  uint64_t snapshot_end_ = 0;
  // While behind: how many events of its group there had been when it fell behind, and how many of
  // the later ones it got.
  uint64_t group_mark_ = 0;
  uint64_t taken_since_mark_ = 0;
  uint64_t frames_delivered_ = 0;
  uint64_t bytes_sent_ = 0;

  sse::FramePtr partial_;
  size_t partial_taken_ = 0;
  std::string text_;
  const base::Duration min_interval_;
  base::TimePoint last_write_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_SUBSCRIPTION_H_
