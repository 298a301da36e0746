#ifndef SSEGW_INTERNAL_NET_TRANSPORT_SEND_BUFFER_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_SEND_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "internal/base/time.h"

namespace ssegw::net {

// What a socket did while it had something to send.
struct LinkSample {
  uint32_t acked_bytes = 0;
  base::Duration busy{0};
  // The shortest ever seen: without what waits in the link's queue.
  base::Duration round_trip{0};
};

// How many bytes should be on their way at most, so that the link never waits for them and the last
// of them is not old when it arrives. Within kMinBytes and kMaxBytes of SendBuffer.
size_t FittingSendBuffer(const LinkSample& sample);

// The kernel's send buffer of one socket, fitted to its link while it carries event streams. What
// the kernel has taken cannot be superseded any more: on a slow link a large buffer holds seconds
// of old state.
//
// It is the whole send queue of a connection. What it does not take is forgotten, and read again
// from the window; only the rest of one frame is kept (fanout/unsent.h).
//
// Thread: the session's.
// Cost:   20 bytes. Four system calls a second while a stream is behind; none while it keeps up.
// Errors: none: with a kernel that does not tell how it sends, the buffer stays as it begins.
class SendBuffer {
 public:
  static constexpr size_t kMinBytes = 4 * 1024;
  // A stuck peer holds no more of the kernel (and its overhead).
  static constexpr size_t kMaxBytes = 64 * 1024;
  // What a socket has when it is accepted, and a stream until its link is known: 0.8 s of a link of
  // 20 kB/s, and what TCP sends at once in the beginning.
  static constexpr size_t kFirstBytes = 16 * 1024;

  // An answer of that many bytes, which need not be fresh.
  void BeginAnswer(int fd, size_t bytes);
  void BeginStream(int fd);
  // The stream fell behind.
  void OnBehind(int fd, base::TimePoint now);
  // The stream is behind, and the socket takes something again.
  void OnWritable(int fd, base::TimePoint now);
  // The stream is not behind, and that many bytes are about to be written. As long as nothing
  // speaks for a slow link, a burst must not make it fall behind.
  void OnLiveWrite(int fd, size_t bytes);

  // The most bytes to offer in one write, since the kernel adds to its last packet past the
  // buffer's end; nullopt: any number.
  std::optional<size_t> bytes_per_write() const;

 private:
  // forgets: starts a new sample; the old one may only raise the estimate.
  void Sample(int fd, uint32_t now_ms, bool forgets);
  void Resize(int fd, size_t bytes);

  uint32_t bytes_ = kFirstBytes;
  uint32_t sampled_at_ms_ = 0;
  // A sample has told the link's rate.
  bool fitted_ = false;
  // Where the current sample begins.
  uint32_t acked_bytes_ = 0;
  uint32_t busy_us_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_SEND_BUFFER_H_
