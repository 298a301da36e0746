#include "internal/net/http2/http2_floods.h"

#include <chrono>

namespace ssegw::net {
namespace {

std::optional<Http2Flood> KindOf(const Http2FrameHead& frame) {
  if (frame.type > static_cast<uint8_t>(Http2FrameType::kContinuation)) return std::nullopt;
  switch (static_cast<Http2FrameType>(frame.type)) {
    case Http2FrameType::kData:
      if (frame.length > 0 || (frame.flags & kHttp2EndStream) != 0) return std::nullopt;
      return Http2Flood::kEmptyData;
    case Http2FrameType::kPriority:
      return Http2Flood::kPriority;
    case Http2FrameType::kRstStream:
      return Http2Flood::kReset;
    case Http2FrameType::kSettings:
      return Http2Flood::kSettings;
    case Http2FrameType::kPing:
      return Http2Flood::kPing;
    case Http2FrameType::kContinuation:
      return Http2Flood::kContinuation;
    case Http2FrameType::kHeaders:
    case Http2FrameType::kGoaway:
    case Http2FrameType::kWindowUpdate:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Http2Flood> Http2Floods::OnFrame(const Http2FrameHead& frame, base::TimePoint now) {
  const std::optional<Http2Flood> kind = KindOf(frame);
  return kind ? On(*kind, now) : std::nullopt;
}

std::optional<Http2Flood> Http2Floods::On(Http2Flood kind, base::TimePoint now) {
  if (kind == Http2Flood::kWindowUpdate && answers_due_ > 0) {
    --answers_due_;
    return std::nullopt;
  }
  if (now - began_at_ >= std::chrono::seconds(1)) {
    began_at_ = now;
    counts_ = {};
  }
  return ++counts_[kind] > kMaxPerSecond ? std::optional(kind) : std::nullopt;
}

}  // namespace ssegw::net
