#include "internal/fanout/rendering.h"

#include "internal/sse/control.h"

namespace ssegw::fanout {

void Rendering::AppendText(std::string_view text, std::string& out) const {
  if (text.empty()) return;
  if (framing == Framing::kChunked) {
    out += sse::AsChunk(text);
  } else {
    out += text;
  }
}

std::string_view Rendering::Live() const {
  static const std::string chunk = sse::AsChunk(sse::kLive);
  return framing == Framing::kChunked ? std::string_view(chunk) : sse::kLive;
}

std::string_view Rendering::Heartbeat(HeartbeatForm form) const {
  static const std::string comment_chunk = sse::AsChunk(sse::kHeartbeatComment);
  static const std::string event_chunk = sse::AsChunk(sse::kHeartbeatEvent);
  const bool chunked = framing == Framing::kChunked;
  switch (form) {
    case HeartbeatForm::kComment:
      return chunked ? std::string_view(comment_chunk) : sse::kHeartbeatComment;
    case HeartbeatForm::kEvent:
      return chunked ? std::string_view(event_chunk) : sse::kHeartbeatEvent;
  }
  return {};
}

std::string_view Rendering::End() const {
  return framing == Framing::kChunked ? sse::kLastChunk : std::string_view();
}

}  // namespace ssegw::fanout
