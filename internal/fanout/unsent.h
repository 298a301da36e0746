#ifndef SSEGW_INTERNAL_FANOUT_UNSENT_H_
#define SSEGW_INTERNAL_FANOUT_UNSENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "internal/fanout/byte_sink.h"
#include "internal/fanout/group.h"
#include "internal/fanout/rendering.h"
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

// What a subscription has begun to write and the sink has not taken: the rest of one frame, then
// text. Of a batch, frames of which nothing was taken are forgotten: the window still has them.
//
// Owns:     a reference to that frame, and the text; nothing on the heap while it is empty.
// Thread:   the shard's.
class Unsent {
 public:
  bool empty() const { return !frame_ && text_ == nullptr; }
  // The frame of which the sink took a part; null: none.
  const sse::Frame* frame() const { return frame_.get(); }

  // Goes out before the next batch.
  void Add(std::string_view text);
  void Clear();
  // The rest of the frame goes out as text, so that nobody hears when it is finished.
  void TurnFrameIntoText(Rendering rendering);

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
  };
  // What is unsent, then the batch, in one gather write.
  Result Write(const Batch& batch, Rendering rendering, ByteSink& sink);

 private:
  // The sink took so many bytes, which is not all.
  Result TakePart(const Batch& batch, Rendering rendering, size_t bytes);
  std::string_view RestOfFrame(Rendering rendering) const;

  sse::FramePtr frame_;
  std::unique_ptr<std::string> text_;  // null or not empty
  uint32_t frame_bytes_taken_ = 0;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_UNSENT_H_
