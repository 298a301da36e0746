#include "internal/net/http2/http2_frames.h"

#include <algorithm>

namespace ssegw::net {
namespace {

uint32_t Byte(char c) { return static_cast<unsigned char>(c); }

}  // namespace

Http2FrameHead Http2FrameHead::Parse(const std::array<char, kBytes>& bytes) {
  Http2FrameHead head;
  head.length = Byte(bytes[0]) << 16 | Byte(bytes[1]) << 8 | Byte(bytes[2]);
  head.type = static_cast<uint8_t>(bytes[3]);
  head.flags = static_cast<uint8_t>(bytes[4]);
  // The first bit is reserved.
  const uint32_t stream =
      (Byte(bytes[5]) & 0x7f) << 24 | Byte(bytes[6]) << 16 | Byte(bytes[7]) << 8 | Byte(bytes[8]);
  head.stream = static_cast<int32_t>(stream);
  return head;
}

void Http2FrameHead::AppendTo(std::string& out) const {
  const auto id = static_cast<uint32_t>(stream);
  for (const uint32_t byte : {length >> 16, length >> 8, length, uint32_t{type}, uint32_t{flags},
                              id >> 24, id >> 16, id >> 8, id}) {
    out += static_cast<char>(byte & 0xff);
  }
}

size_t Http2Frames::TakeHead(std::string_view input, Piece& piece) {
  const size_t taken = std::min(head_.size() - head_bytes_, input.size());
  std::copy_n(input.begin(), taken, head_.begin() + static_cast<ptrdiff_t>(head_bytes_));
  head_bytes_ += taken;
  if (head_bytes_ < head_.size()) return taken;
  const Http2FrameHead head = Http2FrameHead::Parse(head_);
  piece.begins = head;
  payload_left_ = head.length;
  if (head.Is(Http2FrameType::kHeaders) || head.Is(Http2FrameType::kContinuation)) {
    in_head_ = true;
    ends_head_ = (head.flags & kHttp2EndHeaders) != 0;
  }
  return taken;
}

Http2Frames::Piece Http2Frames::Next(std::string_view& input) {
  Piece piece;
  size_t taken = 0;
  if (preface_left_ > 0) {
    taken = std::min(preface_left_, input.size());
    preface_left_ -= taken;
  } else {
    if (head_bytes_ < head_.size()) taken = TakeHead(input, piece);
    if (head_bytes_ == head_.size()) {
      const size_t payload = std::min(payload_left_, input.size() - taken);
      taken += payload;
      payload_left_ -= payload;
      if (payload_left_ == 0) {
        head_bytes_ = 0;
        if (ends_head_) in_head_ = ends_head_ = false;
      }
    }
  }
  piece.bytes = input.substr(0, taken);
  input.remove_prefix(taken);
  return piece;
}

}  // namespace ssegw::net
