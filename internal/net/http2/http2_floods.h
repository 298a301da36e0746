#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_FLOODS_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_FLOODS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "internal/base/enum_array.h"
#include "internal/base/time.h"
#include "internal/net/http2/http2_frames.h"
#include "internal/net/shard/net_stats.h"

namespace ssegw::net {

// Counts the frames of one socket that cost its peer little and the gateway something. More than
// kMaxPerSecond of one kind within a second are a flood.
//
// Cost: two comparisons and an addition for each frame.
class Http2Floods {
 public:
  static constexpr uint32_t kMaxPerSecond = 1000;
  // A window opened by less than this is tiny.
  static constexpr uint32_t kTinyCredit = 1024;
  // A head that is longer than it may be is unpacked to its end all the same, since what follows is
  // packed with what it leaves behind. Beyond this it is a flood, whatever it is packed into.
  static constexpr size_t kMaxHeadBytes = size_t{1024} * 1024;

  // What came with that frame; nullopt: no flood.
  std::optional<Http2Flood> OnFrame(const Http2FrameHead& frame, base::TimePoint now);
  // One more of a kind that the head of a frame does not tell: a window that was opened by a
  // little, a stream that the gateway had to reset for its peer's fault.
  std::optional<Http2Flood> On(Http2Flood kind, base::TimePoint now);
  // A frame of data has been sent: some clients answer each with an update for its stream and one
  // for the connection, as small as the frame. Those are no flood.
  void OnDataSent() { answers_due_ = std::min(answers_due_ + 2, kMaxAnswersDue); }

 private:
  static constexpr uint32_t kMaxAnswersDue = 100'000;

  base::TimePoint began_at_;
  base::EnumArray<Http2Flood, uint32_t> counts_{};
  uint32_t answers_due_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_FLOODS_H_
