#ifndef SSEGW_INTERNAL_FANOUT_RENDERING_H_
#define SSEGW_INTERNAL_FANOUT_RENDERING_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "internal/fanout/subscription_request.h"
#include "internal/sse/frame.h"

namespace ssegw::fanout {

// How a body is framed, so that its end can be told.
enum class Framing : uint8_t {
  kBare,     // the body ends with the connection, or the protocol below frames it
  kChunked,  // HTTP/1.1 chunks (RFC 9112 section 7.1)
};

// How a stream looks in bytes. A value. Subscriptions with equal filters and the same rendering get
// the same bytes.
struct Rendering {
  Framing framing = Framing::kBare;
  // Each event's data is {"topic":…,"key":…,"time":…,"data":…}.
  bool envelope = false;

  // Valid as long as the frame.
  std::string_view Event(const sse::Frame& frame) const {
    if (framing == Framing::kChunked) return envelope ? frame.envelope_chunked() : frame.chunked();
    return envelope ? frame.envelope_bare() : frame.bare();
  }

  // Appends what the gateway itself says. text: bare SSE text (sse/control.h), or empty.
  void AppendText(std::string_view text, std::string& out) const;

  // The event gateway.live.
  std::string_view Live() const;
  std::string_view Heartbeat(HeartbeatForm form) const;
  // The end of the body.
  std::string_view End() const;

  friend bool operator==(const Rendering&, const Rendering&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Rendering& rendering) {
    return H::combine(std::move(h), rendering.framing, rendering.envelope);
  }
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_RENDERING_H_
