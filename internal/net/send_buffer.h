#ifndef SSEGW_INTERNAL_NET_SEND_BUFFER_H_
#define SSEGW_INTERNAL_NET_SEND_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "internal/base/time.h"

namespace ssegw::net {

// What a connection did while it had something to send.
struct LinkSample {
  uint32_t acked_bytes = 0;
  base::Duration busy{0};
  // The shortest ever seen: without what waits in the link's queue.
  base::Duration round_trip{0};
};

// How many bytes should be on their way at most, so that the link is never idle for want of them,
// and the last of them is not old when it arrives. Within kMinBytes and kMaxBytes of SendBuffer.
size_t FittingSendBuffer(const LinkSample& sample);

// The kernel's send buffer of one event stream, fitted to its link. What the kernel has taken
// cannot be superseded any more, so that on a slow link a buffer that is large is seconds of old
// state.
//
// Thread: the connection's.
// Cost:   20 bytes. While a stream is behind four system calls a second; none while it keeps up.
// Errors: none: with a kernel that does not tell how it sends, the buffer stays as it begins.
class SendBuffer {
 public:
  static constexpr size_t kMinBytes = 4 * 1024;
  // A stuck peer holds no more of the kernel (and its overhead).
  static constexpr size_t kMaxBytes = 64 * 1024;
  // What a socket has when it is accepted, and a stream until its link is known: 0.8 s of one of 20
  // kB/s, and what TCP sends at once in the beginning.
  static constexpr size_t kFirstBytes = 16 * 1024;

  // An answer of that many bytes, which need not be fresh.
  void BeginAnswer(int fd, size_t bytes);
  void BeginStream(int fd);
  // The stream fell behind.
  void OnBehind(int fd, base::TimePoint now);
  // It is behind, and may be written to.
  void OnWritable(int fd, base::TimePoint now);
  // It is not, and that many bytes are about to be written: as long as nothing speaks for a slow
  // link, a burst is not to make it fall behind.
  void OnLiveWrite(int fd, size_t bytes);

  // To be offered in one write, since the kernel adds to its last packet past the buffer's end;
  // nullopt: any number.
  std::optional<size_t> bytes_per_write() const;

 private:
  // forgets: a new sample begins, and the old one may only tell that the link is faster.
  void Look(int fd, uint32_t now_ms, bool forgets);
  void Resize(int fd, size_t bytes);

  uint32_t bytes_ = kFirstBytes;
  uint32_t looked_at_ms_ = 0;
  // A look has told the link's rate.
  bool fitted_ = false;
  // Where the sample in hand begins.
  uint32_t acked_bytes_ = 0;
  uint32_t busy_us_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SEND_BUFFER_H_
