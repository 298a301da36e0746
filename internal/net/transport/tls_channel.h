#ifndef SSEGW_INTERNAL_NET_TRANSPORT_TLS_CHANNEL_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_TLS_CHANNEL_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "internal/net/transport/openssl.h"
#include "internal/net/transport/received.h"
#include "internal/net/transport/tls_context.h"

namespace ssegw::net {

// TLS over one socket, as a server. What it has encrypted goes to the socket at once; what the
// socket does not take is kept here, and goes first next time. So none of OpenSSL's rules for
// repeated calls reaches a caller: see docs/adr/0023.
//
// Owns:     the TLS session; not the socket.
// Thread:   its shard's.
// Lifetime: a member of its transport. It does not move, since OpenSSL points to it.
// Errors:   Received::kBroken, or a negative result of Write: the peer is gone, or breaks rules.
// Cost:     14 KiB while it is idle, nearly all OpenSSL's. A write copies its bytes once, and makes
//           one record and one system call of up to kMaxRecordBytes.
class TlsChannel {
 public:
  // The most that one record holds (RFC 8446 section 5.1).
  static constexpr size_t kMaxRecordBytes = 16 * 1024;
  // The most that is kept of what the socket did not take: one record as it is sent, and a few
  // words of the protocol's own.
  static constexpr size_t kMaxUnsentBytes = kMaxRecordBytes + 2048;
  // What a peer may send that is part of no application data, one after the other: half records,
  // key updates, a handshake.
  static constexpr size_t kMaxIdleBytes = 64 * 1024;

  // fd: non-blocking; it outlives the channel.
  TlsChannel(int fd, const TlsContext& context);
  ~TlsChannel() = default;
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // Goes on with the handshake, as far as there is something of the peer's. Costs a private key's
  // operation once.
  enum class Handshake : uint8_t { kDone, kNeedsMore, kFailed };
  Handshake ShakeHands();
  // After kFailed: why, in a few words.
  const std::string& failure() const { return failure_; }
  // After kDone: what ALPN chose; empty: nothing was offered.
  std::string_view protocol() const;

  // See Transport. buffer: at least kMaxRecordBytes, so that nothing is left in the channel of
  // which the epoll set does not tell.
  Received Read(std::span<char> buffer, size_t& bytes);
  // Takes nothing while something is unsent. What it takes is encrypted, and the last record of it
  // may be unsent. bytes_per_record: the most that goes into one.
  ssize_t Write(std::span<const iovec> pieces, size_t bytes_per_record);
  // Says goodbye (close_notify), once. has_unsent may be true after it.
  void EndOutput();

  bool has_unsent() const { return unsent_taken_ < unsent_.size(); }
  // Sends what the socket takes of it. False: the peer is gone.
  [[nodiscard]] bool SendUnsent();

 private:
  friend struct TlsBio;  // OpenSSL's way to the socket

  // What SSL_get_error says of a call that failed.
  int ErrorOf(int result);
  // One record.
  bool Encrypt(std::span<const char> bytes);
  bool Receive(char* data, size_t size, size_t& bytes);
  // Takes all of it.
  bool Send(const char* data, size_t size);
  // To the socket; what it takes.
  size_t SendSome(const char* data, size_t size);

  const SslPtr ssl_;
  const int fd_;
  bool at_end_ = false;
  bool failed_ = false;
  // The socket is broken.
  bool gone_ = false;
  uint32_t idle_bytes_ = 0;
  uint32_t unsent_taken_ = 0;
  std::string unsent_;
  // A word for the log; static, or OpenSSL's.
  std::string failure_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_TLS_CHANNEL_H_
