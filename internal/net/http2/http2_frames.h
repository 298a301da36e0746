#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_FRAMES_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_FRAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssegw::net {

// RFC 9113 section 6.
enum class Http2FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

// RFC 9113 section 7.
enum class Http2Error : uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kInternalError = 2,
  kRefusedStream = 7,
  kCancel = 8,
  kEnhanceYourCalm = 11,
};

// Flags; ACK and END_STREAM are of different frames.
inline constexpr uint8_t kHttp2Ack = 0x1;
inline constexpr uint8_t kHttp2EndStream = 0x1;
inline constexpr uint8_t kHttp2EndHeaders = 0x4;

// What a frame begins with (RFC 9113 section 4.1).
struct Http2FrameHead {
  static constexpr size_t kBytes = 9;

  uint32_t length = 0;
  uint8_t type = 0;
  uint8_t flags = 0;
  int32_t stream = 0;

  bool Is(Http2FrameType which) const { return type == static_cast<uint8_t>(which); }
  static Http2FrameHead Parse(const std::array<char, kBytes>& bytes);
  void AppendTo(std::string& out) const;
};

// Cuts what a client sends, in pieces of any size, at the borders of its frames. What the frames
// say is not looked at.
//
// Cost: no copy, except of frame heads.
class Http2Frames {
 public:
  // What a client begins with, before its frames (RFC 9113 section 3.4).
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  struct Piece {
    // At least one byte, and not beyond the end of a frame.
    std::string_view bytes;
    // Set in the piece with which the head of a frame is whole.
    std::optional<Http2FrameHead> begins;
  };
  // Takes a piece from the front of input, which is not empty.
  Piece Next(std::string_view& input);

  // A header block has begun, and is not whole.
  bool in_head() const { return in_head_; }
  bool in_preface() const { return preface_left_ > 0; }

 private:
  // Takes what input has of a frame's head; returns how much that is.
  size_t TakeHead(std::string_view input, Piece& piece);

  size_t preface_left_ = kPreface.size();
  // Of the frame that is coming.
  std::array<char, Http2FrameHead::kBytes> head_{};
  size_t head_bytes_ = 0;
  size_t payload_left_ = 0;
  bool in_head_ = false;
  bool ends_head_ = false;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_FRAMES_H_
