#include "internal/net/transport/transport.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "internal/net/transport/tls_channel.h"
#include "internal/net/transport/tls_context.h"

namespace ssegw::net {
namespace {

// Differs from whatever the epoll set is told, so that the next Watch tells it.
constexpr uint8_t kWatchedForAnother = 0xff;

ssize_t Send(int fd, std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  for (;;) {
    const ssize_t n = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) return n;
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return -1;
  }
}

// Writes as much as the socket takes, in system calls of at most that many bytes.
ssize_t SendInParts(int fd, std::span<const iovec> pieces, size_t bytes_per_call) {
  size_t written = 0;
  size_t skip = 0;  // of the first of pieces
  while (!pieces.empty()) {
    std::array<iovec, 16> some;
    size_t count = 0;
    size_t bytes = 0;
    for (; count < std::min(pieces.size(), some.size()) && bytes < bytes_per_call; ++count) {
      const iovec& piece = pieces[count];
      const size_t from = count == 0 ? skip : 0;
      some[count] = {.iov_base = static_cast<char*>(piece.iov_base) + from,
                     .iov_len = std::min(piece.iov_len - from, bytes_per_call - bytes)};
      bytes += some[count].iov_len;
    }
    const ssize_t n = Send(fd, {some.data(), count});
    // An error after something was taken will be there at the next write too.
    if (n < 0 && written == 0) return n;
    written += static_cast<size_t>(std::max<ssize_t>(n, 0));
    if (n < static_cast<ssize_t>(bytes)) break;
    skip += bytes;
    while (!pieces.empty() && skip >= pieces.front().iov_len) {
      skip -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
  }
  return static_cast<ssize_t>(written);
}

Received Outcome(ssize_t n, size_t& bytes) {
  bytes = n > 0 ? static_cast<size_t>(n) : 0;
  if (n > 0) return Received::kBytes;
  if (n == 0) return Received::kEnd;
  const bool nothing = errno == EAGAIN || errno == EINTR;
  return nothing ? Received::kNothing : Received::kBroken;
}

}  // namespace

Transport::Transport(int fd) : fd_(fd) {}

Transport::Transport(Transport&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      watched_events_(kWatchedForAnother),
      in_epoll_set_(other.in_epoll_set_),
      waits_writable_(other.waits_writable_),
      discarded_bytes_(other.discarded_bytes_),
      ends_output_(other.ends_output_),
      send_buffer_(other.send_buffer_),
      progress_(other.progress_),
      tls_(std::move(other.tls_)) {}

Transport::~Transport() { Close(); }

void Transport::BeginTls(const TlsContext& context) {
  tls_ = std::make_unique<TlsChannel>(fd_, context);
}

void Transport::EndTls() { tls_.reset(); }

Transport::FirstByte Transport::Peek() const {
  uint8_t byte = 0;
  const ssize_t n = ::recv(fd_, &byte, sizeof(byte), MSG_DONTWAIT | MSG_PEEK);
  if (n > 0) return {.byte = byte};
  return {.byte = std::nullopt, .broken = n == 0 || (errno != EAGAIN && errno != EINTR)};
}

Received Transport::Read(std::span<char> buffer, size_t& bytes) {
  if (tls_) return tls_->Read(buffer, bytes);
  return Outcome(::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT), bytes);
}

Received Transport::ReadUnwanted(std::span<char> scratch, size_t& bytes) {
  if (tls_) return tls_->Read(scratch, bytes);
  // MSG_TRUNC: the bytes of a TCP socket are dropped without a copy (tcp(7)).
  return Outcome(::recv(fd_, scratch.data(), scratch.size(), MSG_DONTWAIT | MSG_TRUNC), bytes);
}

std::optional<CloseReason> Transport::Discard(std::span<char> scratch, uint32_t max_bytes) {
  size_t bytes = 0;
  switch (ReadUnwanted(scratch, bytes)) {
    case Received::kBytes:
      discarded_bytes_ += static_cast<uint32_t>(bytes);
      if (discarded_bytes_ > max_bytes) return CloseReason::kPeerFlood;
      return std::nullopt;
    case Received::kNothing:
      return std::nullopt;
    case Received::kEnd:
      return CloseReason::kPeerClosed;
    case Received::kBroken:
      return CloseReason::kPeerReset;
  }
  return std::nullopt;
}

ssize_t Transport::Write(std::span<const iovec> pieces) {
  const std::optional<size_t> limit = send_buffer_.bytes_per_write();
  if (tls_) return tls_->Write(pieces, limit.value_or(TlsChannel::kMaxRecordBytes));
  return limit ? SendInParts(fd_, pieces, *limit) : Send(fd_, pieces);
}

bool Transport::TlsHasUnsent() const { return tls_->has_unsent(); }

bool Transport::EndOutput() {
  if (tls_) tls_->EndOutput();
  ends_output_ = true;
  return EndIfSent();
}

bool Transport::EndIfSent() {
  if (!ends_output_ || has_unsent()) return true;
  ends_output_ = false;
  return ::shutdown(fd_, SHUT_WR) == 0;
}

bool Transport::Watch(EpollSet& set, EpollHandler& handler, bool for_readable) {
  uint8_t events = 0;
  if (for_readable) events |= EPOLLIN;
  if (waits_writable_ || has_unsent()) events |= EPOLLOUT;
  if (in_epoll_set_ && events == watched_events_) return true;
  watched_events_ = events;
  if (in_epoll_set_) {
    set.Change(fd_, events, handler);
  } else {
    in_epoll_set_ = set.Add(fd_, events, handler);
  }
  return in_epoll_set_;
}

Transport::Ready Transport::TakeEvents(uint32_t events) {
  bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool writable = broken || (events & EPOLLOUT) != 0;
  if (writable && has_unsent()) broken = !tls_->SendUnsent() || !EndIfSent() || broken;
  return {.readable = broken || (events & EPOLLIN) != 0,
          .writable = writable && std::exchange(waits_writable_, false),
          .broken = broken};
}

bool Transport::HasUntaken() const {
  if (has_unsent()) return true;
  int bytes = 0;
  return ::ioctl(fd_, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

void Transport::Close() {
  if (fd_ < 0) return;
  if (tls_) tls_->EndOutput();
  tls_.reset();
  ::close(std::exchange(fd_, -1));
}

void Transport::Reset() {
  constexpr linger kReset{.l_onoff = 1, .l_linger = 0};
  static_cast<void>(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &kReset, sizeof(kReset)));
  tls_.reset();
  Close();
}

}  // namespace ssegw::net
