#include "gateway/ingest/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "internal/base/concat.h"

namespace ssegw::ingest {
namespace {

// Where there is no room: until the next look.
constexpr int kPauseMs = 50;

// As gRPC does it where it accepts: no delay, and a dead peer is found as soon as a ping of
// keepalive is not answered.
void Configure(int fd) {
  const int on = 1;
  const int timeout_ms = 20'000;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

ino_t InodeOf(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Acceptor::~Acceptor() { Stop(); }

absl::Status Acceptor::Open(const base::Endpoint& endpoint) {
  absl::StatusOr<base::ListeningSocket> opened = base::ListeningSocket::Open(endpoint);
  if (!opened.ok()) return opened.status();
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0) {
    return absl::UnavailableError(base::Concat("cannot listen on ", endpoint.ToString(), ": ",
                                               std::generic_category().message(errno)));
  }
  listener_ = *std::move(opened);
  return absl::OkStatus();
}

void Acceptor::Start(Take take) {
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "grpc-accept");
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    static_cast<void>(::write(stop_, &one, sizeof(one)));
    thread_.join();
  }
  listener_.Close();
  if (stop_ >= 0) ::close(std::exchange(stop_, -1));
}

void Acceptor::Run() {
  std::vector<pollfd> waits = {{.fd = stop_, .events = POLLIN, .revents = 0}};
  for (const int fd : listener_.fds()) waits.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  bool room = true;
  for (;;) {
    // Without room only for the end, and for the pause.
    const nfds_t count = room ? waits.size() : 1;
    if (::poll(waits.data(), count, room ? -1 : kPauseMs) < 0) {
      // The kernel is out of memory: nothing is known of the sockets, and the loop must not end.
      if (errno != EINTR) std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
      continue;
    }
    if (waits.front().revents != 0) return;
    room = true;
    for (const int fd : listener_.fds()) room = Accept(fd) && room;
  }
}

bool Acceptor::Accept(int listener) {
  for (;;) {
    if (!HasRoom()) return false;
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Configure(fd);
      sockets_.emplace_back(fd, InodeOf(fd));
      take_(fd, listener);
      continue;
    }
    if (errno == EAGAIN) return true;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return false;
    // Whatever else concerns the one connection that was to be accepted (accept(2)).
  }
}

bool Acceptor::HasRoom() {
  if (sockets_.size() < max_sockets_) return true;
  std::erase_if(sockets_,
                [](const auto& socket) { return InodeOf(socket.first) != socket.second; });
  return sockets_.size() < max_sockets_;
}

}  // namespace ssegw::ingest
