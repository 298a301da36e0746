#include "internal/fanout/unsent.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ssegw::fanout {
namespace {

// Text and messages that go out together.
constexpr size_t kWaitingPerWrite = 64;

// The pieces of one gather write: the rest of a frame, text and messages, the frames, and what is
// last. The kernel takes up to 1024 (UIO_MAXIOV).
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
  std::array<iovec, kWaitingPerWrite + kFramesPerSlice + 2> pieces_;
  size_t count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

WaitingPieces& Unsent::waiting() {
  if (waiting_ == nullptr) waiting_ = std::make_unique<WaitingPieces>();
  return *waiting_;
}

void Unsent::Add(std::string_view text) {
  if (!text.empty()) waiting().Add(text);
}

void Unsent::Add(Message message, Rendering rendering) {
  waiting().Add(std::move(message), rendering);
}

void Unsent::Clear() {
  frame_ = nullptr;
  waiting_ = nullptr;
}

void Unsent::TurnFrameIntoText(Rendering rendering) {
  if (!frame_) return;
  waiting().AddFirst(RestOfFrame(rendering));
  frame_ = nullptr;
}

size_t Unsent::ExpireMessages(base::TimePoint now) {
  if (now < next_deadline()) return 0;
  const size_t expired = waiting_->Expire(now);
  if (waiting_->empty()) waiting_ = nullptr;
  return expired;
}

Unsent::Result Unsent::Write(const Batch& batch, Rendering rendering, ByteSink& sink) {
  // Nearly always.
  if (waiting_ == nullptr) return WriteOnce(batch, rendering, sink);
  size_t bytes = 0;
  size_t messages = 0;
  sse::FramePtr finished;
  while (true) {
    const bool fits = waiting_ == nullptr || waiting_->size() <= kWaitingPerWrite;
    Result result = WriteOnce(fits ? batch : Batch(), rendering, sink);
    bytes = result.bytes += bytes;
    messages = result.messages += messages;
    if (finished) result.finished = std::move(finished);
    if (fits || result.sink != Result::Sink::kTookAll) return result;
    finished = std::move(result.finished);
  }
}

Unsent::Result Unsent::WriteOnce(const Batch& batch, Rendering rendering, ByteSink& sink) {
  Pieces pieces;
  if (frame_) pieces.Add(RestOfFrame(rendering));
  const size_t rest_of_frame = pieces.bytes();
  const size_t count = waiting_ == nullptr ? 0 : std::min(waiting_->size(), kWaitingPerWrite);
  for (size_t i = 0; i < count; ++i) pieces.Add(waiting_->bytes(i));
  const size_t waiting = pieces.bytes() - rest_of_frame;
  if (!batch.joined.empty()) {
    pieces.Add(batch.joined);
  } else {
    for (const sse::Frame* frame : batch.frames) pieces.Add(rendering.Event(*frame));
  }
  pieces.Add(batch.last);

  const ssize_t taken = sink.Write(pieces.all());
  if (taken < 0) return {.sink = Result::Sink::kGone};
  Result result{.bytes = static_cast<size_t>(taken)};
  if (result.bytes < pieces.bytes()) {
    result.sink = Result::Sink::kBlocked;
    size_t left = TakeFrame(result.bytes, rendering, result);
    left -= TakeWaiting(std::min(left, waiting), result);
    TakeOfBatch(batch, rendering, left, result);
    return result;
  }
  result.finished = std::exchange(frame_, nullptr);
  TakeWaiting(waiting, result);
  result.began_last = !batch.last.empty();
  result.frames = batch.frames.size();
  return result;
}

size_t Unsent::TakeFrame(size_t bytes, Rendering rendering, Result& result) {
  if (!frame_) return bytes;
  const size_t rest = RestOfFrame(rendering).size();
  const size_t taken = std::min(bytes, rest);
  frame_bytes_taken_ += static_cast<uint32_t>(taken);
  if (taken == rest) result.finished = std::exchange(frame_, nullptr);
  return bytes - taken;
}

size_t Unsent::TakeWaiting(size_t bytes, Result& result) {
  if (waiting_ == nullptr) return 0;
  result.messages += waiting_->Take(bytes);
  if (waiting_->empty()) waiting_ = nullptr;
  return bytes;
}

void Unsent::TakeOfBatch(const Batch& batch, Rendering rendering, size_t bytes, Result& result) {
  for (const sse::Frame* frame : batch.frames) {
    const size_t size = rendering.Event(*frame).size();
    if (bytes < size) {
      if (bytes > 0) {
        frame_ = sse::FramePtr::Share(frame);
        frame_bytes_taken_ = static_cast<uint32_t>(bytes);
      }
      return;
    }
    ++result.frames;
    bytes -= size;
  }
  if (bytes > 0) {
    result.began_last = true;
    Add(batch.last.substr(bytes));
  }
}

std::string_view Unsent::RestOfFrame(Rendering rendering) const {
  return rendering.Event(*frame_).substr(frame_bytes_taken_);
}

}  // namespace ssegw::fanout
