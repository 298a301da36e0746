#include "internal/net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <future>
#include <utility>

#include "internal/base/ip_address.h"
#include "internal/net/transport/send_buffer.h"

namespace ssegw::net {
namespace {

// Before the other listeners of the thread have their turn.
constexpr int kMaxAcceptsPerTurn = 64;
// As many as SOMAXCONN lets wait on today's kernels.
constexpr int kMaxBacklog = 4096;
// Until the shards have closed what they were asked to.
constexpr auto kPauseForRoom = std::chrono::milliseconds(10);
// Sockets for which room is made at once, so that a stampede does not pause for each of them: one
// in so many of all, and at most this number.
constexpr size_t kMaxRoom = 64;
constexpr size_t kRoomDivisor = 32;
// Small, so that what a slow browser reads is fresh; the send buffer has its own rules.
constexpr int kNotSentLowWaterBytes = 16 * 1024;

void SetOption(int fd, int level, int name, int value) {
  // Best effort: a kernel without one of them serves as well, only less tidily.
  static_cast<void>(::setsockopt(fd, level, name, &value, sizeof(value)));
}

// On Linux an accepted socket has the options of the one that listens: set once, they cost a
// connection nothing. A send buffer that was set is not tuned by the kernel.
void SetOptionsOfAccepted(int fd) {
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(SendBuffer::kFirstBytes));
  SetOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kNotSentLowWaterBytes);
}

}  // namespace

Listener::Listener(boost::asio::io_context& io, std::vector<ShardThread*> shards,
                   HttpService& service, size_t max_sockets, TlsPort* tls)
    : io_(io),
      pause_(io),
      shards_(std::move(shards)),
      service_(service),
      max_sockets_(max_sockets),
      tls_(tls) {}

Listener::~Listener() {
  for (const auto& waiter : waiters_) waiter->release();
}

absl::Status Listener::Open(const base::Endpoint& endpoint) {
  absl::StatusOr<base::ListeningSocket> opened = base::ListeningSocket::Open(endpoint);
  if (!opened.ok()) return opened.status();
  sockets_ = *std::move(opened);
  bound_ = sockets_.bound();
  for (const int fd : sockets_.fds()) {
    if (!bound_.is_unix()) SetOptionsOfAccepted(fd);
    waiters_.push_back(std::make_unique<Waiter>(io_, fd));
    Wait(*waiters_.back());
  }
  return absl::OkStatus();
}

void Listener::Close() {
  std::promise<void> closed;
  boost::asio::post(io_, [&] {
    // What waits in the backlog would be reset, with its request unanswered.
    for (const int fd : sockets_.fds()) {
      for (int i = 0; i < kMaxBacklog && Sockets() < max_sockets_; ++i) {
        if (AcceptOne(fd) != Accepted::kOne) break;
      }
    }
    for (const auto& waiter : waiters_) waiter->release();
    waiters_.clear();
    sockets_.Close();
    paused_.clear();
    pause_.cancel();
    closed.set_value();
  });
  closed.get_future().wait();
}

void Listener::Wait(Waiter& waiter) {
  waiter.async_wait(Waiter::wait_read, [this, &waiter](boost::system::error_code error) {
    if (!error) Accept(waiter);
  });
}

void Listener::Accept(Waiter& waiter) {
  for (int i = 0; i < kMaxAcceptsPerTurn; ++i) {
    // Whether there is another one after one was accepted is not known: the wait tells.
    if (Sockets() >= max_sockets_) return i == 0 ? MakeRoom(waiter) : Wait(waiter);
    const Accepted accepted = AcceptOne(waiter.native_handle());
    if (accepted == Accepted::kNone) break;
    if (accepted == Accepted::kNoRoom) return MakeRoom(waiter);
  }
  Wait(waiter);
}

Listener::Accepted Listener::AcceptOne(int listening_fd) {
  sockaddr_storage peer;
  socklen_t size = sizeof(peer);
  const int fd = ::accept4(listening_fd, reinterpret_cast<sockaddr*>(&peer), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN) return Accepted::kNone;
    const bool no_room = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    // Whatever else concerns the one connection that was to be accepted (accept(2)).
    return no_room ? Accepted::kNoRoom : Accepted::kOne;
  }
  // A unix socket inherits nothing.
  if (bound_.is_unix()) {
    SetOption(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(SendBuffer::kMaxBytes));
  }
  const auto address = base::IpAddress::Of(reinterpret_cast<const sockaddr&>(peer));
  ShardThread* const shard = *std::min_element(
      shards_.begin(), shards_.end(),
      [](ShardThread* a, ShardThread* b) { return a->pressure() < b->pressure(); });
  shard->Adopt(fd, address ? address->ToString() : std::string(), service_, tls_);
  return Accepted::kOne;
}

size_t Listener::Sockets() const {
  size_t sockets = 0;
  for (const ShardThread* shard : shards_) sockets += shard->sockets();
  return sockets;
}

void Listener::MakeRoom(Waiter& waiter) {
  const size_t room = std::clamp<size_t>(max_sockets_ / kRoomDivisor, 1, kMaxRoom);
  for (ShardThread* shard : shards_) shard->CloseIdle(room / shards_.size() + 1);
  paused_.push_back(&waiter);
  if (paused_.size() > 1) return;
  pause_.expires_after(kPauseForRoom);
  pause_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    for (Waiter* const paused : std::exchange(paused_, {})) Wait(*paused);
  });
}

}  // namespace ssegw::net
