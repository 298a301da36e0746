#include "internal/fanout/unsent.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ssegw::fanout {
namespace {

// The pieces of one gather write: the rest of a frame, text, the frames, and what is last. The
// kernel takes up to 1024 (UIO_MAXIOV).
class Pieces {
 public:
  void Add(std::string_view bytes) {
    if (bytes.empty()) return;
    pieces_[count_++] = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    bytes_ += bytes.size();
  }
  size_t bytes() const { return bytes_; }
  std::span<const iovec> all() const { return {pieces_.data(), count_}; }

 private:
  std::array<iovec, kFramesPerSlice + 3> pieces_;
  size_t count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

void Unsent::Add(std::string_view text) {
  if (text.empty()) return;
  if (text_ == nullptr) text_ = std::make_unique<std::string>();
  *text_ += text;
}

void Unsent::Clear() {
  frame_ = nullptr;
  text_ = nullptr;
}

void Unsent::TurnFrameIntoText(Rendering rendering) {
  if (!frame_) return;
  std::string text(RestOfFrame(rendering));
  if (text_) text += *text_;
  text_ = std::make_unique<std::string>(std::move(text));
  frame_ = nullptr;
}

Unsent::Result Unsent::Write(const Batch& batch, Rendering rendering, ByteSink& sink) {
  Pieces pieces;
  if (frame_) pieces.Add(RestOfFrame(rendering));
  if (text_) pieces.Add(*text_);
  if (!batch.joined.empty()) {
    pieces.Add(batch.joined);
  } else {
    for (const sse::Frame* frame : batch.frames) pieces.Add(rendering.Event(*frame));
  }
  pieces.Add(batch.last);

  const ssize_t taken = sink.Write(pieces.all());
  if (taken < 0) return {.sink = Result::Sink::kGone};
  if (static_cast<size_t>(taken) < pieces.bytes()) {
    return TakePart(batch, rendering, static_cast<size_t>(taken));
  }
  text_ = nullptr;
  return {.sink = Result::Sink::kTookAll,
          .began_last = !batch.last.empty(),
          .bytes = pieces.bytes(),
          .finished = std::exchange(frame_, nullptr),
          .frames = batch.frames.size()};
}

Unsent::Result Unsent::TakePart(const Batch& batch, Rendering rendering, size_t bytes) {
  Result result{.sink = Result::Sink::kBlocked, .bytes = bytes};
  if (frame_) {
    const size_t rest = RestOfFrame(rendering).size();
    const size_t taken = std::min(bytes, rest);
    frame_bytes_taken_ += static_cast<uint32_t>(taken);
    if (taken == rest) result.finished = std::exchange(frame_, nullptr);
    bytes -= taken;
  }
  if (text_) {
    const size_t taken = std::min(bytes, text_->size());
    text_->erase(0, taken);
    if (text_->empty()) text_ = nullptr;
    bytes -= taken;
  }
  for (const sse::Frame* frame : batch.frames) {
    const size_t size = rendering.Event(*frame).size();
    if (bytes < size) {
      if (bytes > 0) {
        frame_ = sse::FramePtr::Share(frame);
        frame_bytes_taken_ = static_cast<uint32_t>(bytes);
      }
      return result;
    }
    ++result.frames;
    bytes -= size;
  }
  if (bytes > 0) {
    result.began_last = true;
    Add(batch.last.substr(bytes));
  }
  return result;
}

std::string_view Unsent::RestOfFrame(Rendering rendering) const {
  return rendering.Event(*frame_).substr(frame_bytes_taken_);
}

}  // namespace ssegw::fanout
