#ifndef SSEGW_INTERNAL_NET_TRANSPORT_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "internal/base/time.h"
#include "internal/net/epoll_set.h"
#include "internal/net/net_stats.h"
#include "internal/net/send_buffer.h"
#include "internal/net/tcp_info.h"
#include "internal/net/tcp_progress.h"

namespace ssegw::net {

// One accepted socket: bytes in, bytes out, and what it waits for. It knows nothing of HTTP. An
// encrypted transport would differ from it in Read, Discard, Write, EndOutput and TakeEvents, and
// shake hands before its session's first exchange.
//
// Owns:     the socket.
// Thread:   its shard's.
// Lifetime: a member of its session, which may hand it to the session that follows it.
// Errors:   Received::kBroken, or a negative result of Write: the peer is gone.
class Transport {
 public:
  enum class Received : uint8_t {
    kBytes,
    kNothing,  // there is nothing at the moment
    kEnd,      // the peer has closed its side
    kBroken,
  };
  // What an event of the epoll set says.
  struct Ready {
    bool readable = false;
    bool writable = false;  // only after WaitWritable, which is over with it
    bool broken = false;
  };

  // For Discard, from a peer that was asked for nothing.
  static constexpr uint32_t kMaxUnwantedBytes = 64 * 1024;

  // fd: non-blocking, with the options that a Listener sets.
  explicit Transport(int fd) : fd_(fd) {}
  ~Transport() { Close(); }
  // The other one is closed then. Its new session calls Watch, which gives the events to it.
  Transport(Transport&& other) noexcept;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // At most that many bytes; their number goes into bytes.
  Received Read(std::span<char> buffer, size_t& bytes);
  // Reads bytes that nobody wants; TCP drops them without a copy. Returns why the transport ends,
  // if it does; more than max_bytes since its beginning are a flood.
  std::optional<CloseReason> Discard(std::span<char> scratch, uint32_t max_bytes);
  // As many bytes as the socket takes at once; 0 if it takes none, negative if the peer is gone.
  ssize_t Write(std::span<const iovec> pieces);
  // Nothing more is written. False: the peer is gone.
  [[nodiscard]] bool EndOutput();

  // The next Ready may say writable.
  void WaitWritable() { waits_writable_ = true; }
  bool waits_writable() const { return waits_writable_; }
  // Tells the epoll set what the transport waits for. False: the kernel has no room.
  [[nodiscard]] bool Watch(EpollSet& set, EpollHandler& handler, bool for_readable);
  Ready TakeEvents(uint32_t events);

  // How fresh the bytes are kept: see SendBuffer.
  void BeginAnswer(size_t bytes) { send_buffer_.BeginAnswer(fd_, bytes); }
  void BeginStream() { send_buffer_.BeginStream(fd_); }
  void OnBehind(base::TimePoint now) { send_buffer_.OnBehind(fd_, now); }
  void OnWritable(base::TimePoint now) { send_buffer_.OnWritable(fd_, now); }
  void OnLiveWrite(size_t bytes) { send_buffer_.OnLiveWrite(fd_, bytes); }

  // Whether the peer takes what it is sent: see TcpProgress.
  void BeginProgress(base::TimePoint now) { progress_.Begin(now); }
  TcpProgress::Peer CheckProgress(base::TimePoint now, base::Duration timeout) {
    return progress_.Check(fd_, now, timeout);
  }
  // The kernel has bytes that the peer has not acknowledged (TCP) or not read (unix). If the
  // process's network goes with the process, they are lost.
  bool HasUntaken() const;
  std::optional<LinkInfo> link() const { return LinkOf(fd_); }

  bool is_open() const { return fd_ >= 0; }
  void Close();
  // Closes with a reset, so that the kernel neither holds nor sends what the peer does not take.
  void Reset();

 private:
  // -1: closed.
  int fd_;
  // What the epoll set has been told for this session's sake, once it knows the socket.
  uint8_t watched_events_ = 0;
  bool in_epoll_set_ = false;
  bool waits_writable_ = false;
  uint32_t discarded_bytes_ = 0;
  SendBuffer send_buffer_;
  TcpProgress progress_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_H_
