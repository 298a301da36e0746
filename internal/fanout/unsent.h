#ifndef SSEGW_INTERNAL_FANOUT_UNSENT_H_
#define SSEGW_INTERNAL_FANOUT_UNSENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "internal/base/time.h"
#include "internal/fanout/byte_sink.h"
#include "internal/fanout/group.h"
#include "internal/fanout/message.h"
#include "internal/fanout/rendering.h"
#include "internal/fanout/waiting_pieces.h"
#include "internal/sse/frame.h"

namespace ssegw::fanout {

// What is written at once, after what is unsent.
struct Batch {
  // At most kFramesPerSlice.
  std::span<const sse::Frame* const> frames = {};
  // The same frames in one piece; empty: there is no such piece.
  std::string_view joined = {};
  // Comes after the frames.
  std::string_view last = {};
};

// What a subscription has to write and the sink has not taken: the rest of one frame, then text of
// the gateway's own and messages, in the order in which they came. Of a batch, frames of which
// nothing was taken are forgotten: the window still has them.
//
// Owns:     a reference to that frame, the text and the messages; nothing on the heap while it is
//           empty.
// Thread:   the shard's.
// Errors:   a message whose end comes is told so. What is left when this is destroyed is told
//           MessageFate::kGone.
class Unsent {
 public:
  bool empty() const { return !frame_ && waiting_ == nullptr; }
  // The frame of which the sink took a part; null: none.
  const sse::Frame* frame() const { return frame_.get(); }

  // Goes out before the next batch.
  void Add(std::string_view text);
  void Add(Message message, Rendering rendering);
  void Clear();
  // The rest of the frame goes out as text, so that nobody hears when it is finished.
  void TurnFrameIntoText(Rendering rendering);

  // What the messages take of memory.
  size_t message_bytes() const { return waiting_ == nullptr ? 0 : waiting_->message_bytes(); }
  size_t messages() const { return waiting_ == nullptr ? 0 : waiting_->messages(); }
  // When ExpireMessages may have something to do; max: never.
  base::TimePoint next_deadline() const {
    return waiting_ == nullptr ? base::TimePoint::max() : waiting_->next_deadline();
  }
  // Takes out messages whose deadline is over and of which nothing was taken; returns how many.
  size_t ExpireMessages(base::TimePoint now);

  struct Result {
    enum class Sink : uint8_t { kTookAll, kBlocked, kGone };
    Sink sink = Sink::kTookAll;
    // A part of last was taken, and the rest is unsent; otherwise all of last is forgotten.
    bool began_last = false;
    // Of everything.
    size_t bytes = 0;
    // The frame that was unsent and has gone out whole.
    sse::FramePtr finished = {};
    // How many frames of the batch have gone out whole.
    size_t frames = 0;
    // How many messages have.
    size_t messages = 0;
  };
  // What is unsent, then the batch, in one gather write; in several if very much waits.
  Result Write(const Batch& batch, Rendering rendering, ByteSink& sink);

 private:
  // As much as one gather write takes of it.
  Result WriteOnce(const Batch& batch, Rendering rendering, ByteSink& sink);
  // What the sink took of so many bytes: of the rest of the frame, which returns what it took of
  // what follows; of what waits, which returns bytes, or 0 if nothing waits; of the batch.
  size_t TakeFrame(size_t bytes, Rendering rendering, Result& result);
  size_t TakeWaiting(size_t bytes, Result& result);
  void TakeOfBatch(const Batch& batch, Rendering rendering, size_t bytes, Result& result);
  std::string_view RestOfFrame(Rendering rendering) const;
  WaitingPieces& waiting();

  sse::FramePtr frame_;
  std::unique_ptr<WaitingPieces> waiting_;  // null or not empty
  uint32_t frame_bytes_taken_ = 0;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_UNSENT_H_
