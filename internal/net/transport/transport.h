#ifndef SSEGW_INTERNAL_NET_TRANSPORT_TRANSPORT_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_TRANSPORT_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "internal/base/time.h"
#include "internal/net/shard/epoll_set.h"
#include "internal/net/shard/net_stats.h"
#include "internal/net/transport/received.h"
#include "internal/net/transport/send_buffer.h"
#include "internal/net/transport/tcp_info.h"
#include "internal/net/transport/tcp_progress.h"

namespace ssegw::net {

class TlsChannel;
class TlsContext;

// One accepted socket: bytes in, bytes out, and what it waits for, in the clear or with TLS. It
// knows nothing of HTTP.
//
// Owns:     the socket, and its side of TLS.
// Thread:   its shard's.
// Lifetime: a member of its session, which may hand it to the session that follows it.
// Errors:   Received::kBroken, or a negative result of Write: the peer is gone.
class Transport {
 public:
  using Received = net::Received;
  // What an event of the epoll set says.
  struct Ready {
    bool readable = false;
    bool writable = false;  // only after WaitWritable, which is over with it
    bool broken = false;
  };

  // For Discard, from a peer that was asked for nothing.
  static constexpr uint32_t kMaxUnwantedBytes = 64 * 1024;

  // fd: non-blocking, with the options that a Listener sets.
  explicit Transport(int fd);
  ~Transport();
  // The other one is closed then. Its new session calls Watch, which gives the events to it.
  Transport(Transport&& other) noexcept;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // From now on the bytes are TLS's, which begins with a handshake.
  void BeginTls(const TlsContext& context);
  // Back to bytes in the clear: the handshake has failed, or the peer speaks no TLS.
  void EndTls();
  // nullptr: there is none.
  TlsChannel* tls() { return tls_.get(); }
  bool is_tls() const { return tls_ != nullptr; }

  // At most that many bytes; their number goes into bytes. buffer: at least
  // TlsChannel::kMaxRecordBytes.
  Received Read(std::span<char> buffer, size_t& bytes);
  // Reads bytes that nobody wants; TCP drops them without a copy. Returns why the transport ends,
  // if it does; more than max_bytes since its beginning are a flood.
  std::optional<CloseReason> Discard(std::span<char> scratch, uint32_t max_bytes);
  // As many bytes as the socket takes at once; 0 if it takes none, negative if the peer is gone.
  // With TLS the last record of what was taken may be here still: see has_unsent.
  ssize_t Write(std::span<const iovec> pieces);
  // The socket has not taken all that was encrypted. Watch waits until it does, so call that after
  // a write.
  bool has_unsent() const { return tls_ != nullptr && TlsHasUnsent(); }
  // Nothing more is written. False: the peer is gone.
  [[nodiscard]] bool EndOutput();

  // The next Ready may say writable.
  void WaitWritable() { waits_writable_ = true; }
  bool waits_writable() const { return waits_writable_; }
  // Tells the epoll set what the transport waits for. False: the kernel has no room.
  [[nodiscard]] bool Watch(EpollSet& set, EpollHandler& handler, bool for_readable);
  // The epoll set knows it, so Watch cannot fail.
  bool is_watched() const { return in_epoll_set_; }
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
  // The first byte that has come, which stays; nullopt: none has. broken: none will.
  struct FirstByte {
    std::optional<uint8_t> byte;
    bool broken = false;
  };
  FirstByte Peek() const;
  void Close();
  // Closes with a reset, so that the kernel neither holds nor sends what the peer does not take.
  void Reset();

 private:
  Received ReadUnwanted(std::span<char> scratch, size_t& bytes);
  bool TlsHasUnsent() const;
  // What EndOutput asked for, if the time has come. False: the peer is gone.
  bool EndIfSent();

  // -1: closed.
  int fd_;
  // What the epoll set has been told, once it knows the socket.
  uint8_t watched_events_ = 0;
  bool in_epoll_set_ = false;
  bool waits_writable_ = false;
  uint32_t discarded_bytes_ = 0;
  // All that is written is: the socket's output ends when nothing is unsent.
  bool ends_output_ = false;
  SendBuffer send_buffer_;
  TcpProgress progress_;
  // nullptr: in the clear.
  std::unique_ptr<TlsChannel> tls_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_TRANSPORT_H_
