#include "internal/net/http2/http2_wire.h"

#include <algorithm>
#include <utility>

#include "internal/base/text.h"

namespace ssegw::net {
namespace {

// Streams that check their progress one after the other look at the socket no more often.
constexpr int kChecksPerTimeout = 16;

size_t Bytes(std::span<const iovec> pieces) {
  size_t bytes = 0;
  for (const iovec& piece : pieces) bytes += piece.iov_len;
  return bytes;
}

// The bytes after skip of the pieces that are within so many of them. Each frame has its own.
size_t WholePieces(std::span<const iovec> pieces, size_t skip, size_t bytes) {
  size_t whole = 0;
  for (const iovec& piece : pieces) {
    if (whole + piece.iov_len > skip + bytes) break;
    whole += piece.iov_len;
  }
  return whole > skip ? whole - skip : 0;
}

}  // namespace

Http2Wire::Http2Wire(ShardContext& shard, Transport transport, uint32_t max_streams,
                     std::function<void()> settle)
    : shard_(shard),
      settle_(std::move(settle)),
      transport_(std::move(transport)),
      codec_(max_streams) {}

Http2Wire::~Http2Wire() { shard_.stats().answer_bytes.Sub(counted_bytes_); }

void Http2Wire::Begin() {
  transport_.BeginProgress(base::Now());
  codec_.Begin(output_);
  Touch();
}

void Http2Wire::Touch() {
  if (!std::exchange(touched_, true)) settle_();
}

void Http2Wire::Fail(CloseReason reason) {
  if (!fault_) fault_ = reason;
  Touch();
}

size_t Http2Wire::Respond(int32_t stream, const Http2Response& response, bool ends) {
  // What was due before it is not of it.
  codec_.Pump(output_);
  const size_t before = output_.size();
  codec_.Respond(stream, response, ends, output_);
  Touch();
  return output_.size() - before;
}

void Http2Wire::RespondContinue(int32_t stream) {
  codec_.RespondContinue(stream);
  Touch();
}

void Http2Wire::BeginStreams() {
  if (!std::exchange(carries_streams_, true)) transport_.BeginStream();
}

Http2Wire::Result Http2Wire::Send(int32_t stream, std::span<const iovec> pieces,
                                  Http2Credit* credit) {
  const size_t bytes = Bytes(pieces);
  Result result;
  while (result.bytes < bytes) {
    const Result room = RoomAfter(result.bytes, stream, pieces, credit);
    if (room.bytes == 0) {
      result.taken = room.taken;
      break;
    }
    const size_t sent =
        codec_.Send(stream, pieces, result.bytes, room.bytes, /*ends=*/false, output_);
    // The stream is over: whatever comes for it is taken and goes nowhere.
    if (sent < room.bytes) return {.bytes = bytes};
    if (credit != nullptr) credit->OnSent(sent);
    floods_.OnDataSent();
    result.bytes += sent;
  }
  if (result.bytes > 0) Touch();
  return result;
}

Http2Wire::Result Http2Wire::Room(int32_t stream, std::span<const iovec> pieces,
                                  const Http2Credit* credit) {
  return RoomAfter(0, stream, pieces, credit);
}

Http2Wire::Result Http2Wire::RoomAfter(size_t skip, int32_t stream, std::span<const iovec> pieces,
                                       const Http2Credit* credit) {
  size_t of_stream = codec_.StreamWindow(stream);
  if (credit != nullptr) of_stream = std::min(of_stream, credit->Room(codec_.initial_window()));
  const size_t window = std::min(of_stream, codec_.ConnectionWindow());
  const Taken shortage = of_stream <= window ? Taken::kStreamIsFull : Taken::kConnectionIsFull;
  const size_t bytes = Bytes(pieces) - skip;
  size_t some = std::min(bytes, window);
  if (some < bytes && some < kMinWindow) some = WholePieces(pieces, skip, some);
  if (some == 0) return {.bytes = 0, .taken = shortage};
  if (output_.size() > kMaxOutput - kMinWindow) Flush();
  if (blocked() || fault_ || !is_open()) return {.bytes = 0, .taken = Taken::kConnectionIsFull};
  return {.bytes = std::min(some, kMaxOutput - std::min(kMaxOutput - 1, output_.size()))};
}

void Http2Wire::End(int32_t stream) {
  codec_.End(stream, output_);
  Touch();
}

void Http2Wire::Reset(int32_t stream, Http2Error error) {
  codec_.Reset(stream, error);
  Touch();
}

void Http2Wire::WaitForRoom(Http2Writer& writer, base::TimePoint now) {
  if (writer.is_linked()) return;
  writers_.push_back(writer);
  if (blocked()) transport_.OnBehind(now);
}

void Http2Wire::RunWriters(base::TimePoint now) {
  // Those that wait again are not called again.
  decltype(writers_) waiting;
  waiting.swap(writers_);
  while (!waiting.empty() && !blocked() && !fault_ && codec_.ConnectionWindow() > 0) {
    Http2Writer& writer = waiting.front();
    waiting.pop_front();
    writer.OnRoom(now);
  }
  writers_.splice(writers_.begin(), waiting);
}

void Http2Wire::Flush() {
  touched_ = false;
  codec_.Pump(output_);
  if (!is_open() || blocked() || fault_) return Count();
  if (std::exchange(is_live_, false)) transport_.OnLiveWrite(output_.size() - written_);
  while (written_ < output_.size()) {
    const iovec rest{.iov_base = output_.data() + written_, .iov_len = output_.size() - written_};
    const ssize_t taken = transport_.Write({&rest, 1});
    if (taken < 0) return Fail(CloseReason::kPeerReset);
    if (taken == 0) {
      transport_.WaitWritable();
      break;
    }
    written_ += static_cast<size_t>(taken);
  }
  // Of TLS the last record may wait.
  if (transport_.has_unsent()) transport_.WaitWritable();
  output_.erase(0, written_);
  written_ = 0;
  if (output_.empty()) base::Release(output_);
  Count();
}

void Http2Wire::OnWritable(base::TimePoint now) {
  transport_.OnWritable(now);
  Flush();
}

void Http2Wire::Count() {
  shard_.stats().answer_bytes.Add(output_.capacity() - counted_bytes_);
  counted_bytes_ = output_.capacity();
}

TcpProgress::Peer Http2Wire::CheckProgress(base::TimePoint now, base::Duration timeout) {
  if (now - progress_checked_at_ >= timeout / kChecksPerTimeout) {
    progress_checked_at_ = now;
    progress_ = transport_.CheckProgress(now, timeout);
  }
  return progress_;
}

bool Http2Wire::IsTaking(base::TimePoint now, base::Duration within) {
  const TcpProgress::Peer peer = transport_.CheckProgress(now, within);
  return peer == TcpProgress::Peer::kTakes && (has_output() || transport_.HasUntaken());
}

}  // namespace ssegw::net
