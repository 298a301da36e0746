#include "gateway/ingest/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "internal/base/concat.h"

namespace ssegw::ingest {
namespace {

// Where there is no file descriptor: until the next look.
constexpr int kPauseMs = 50;
// Between two looks at whether to stop.
constexpr int kMaxAtOnce = 64;

// As gRPC does it where it accepts: no delay, and a dead peer is found as soon as a ping of
// keepalive is not answered.
void Configure(int fd) {
  const int on = 1;
  const int timeout_ms = 20'000;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

// As PeerOf has it (call_rules.h): what gRPC says of the same socket.
std::string PeerOf(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return base::Concat(text.data(), ":", ntohs(v4.sin_port));
  }
  if (address.ss_family != AF_INET6) return "unix:";
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  // A socket for every address of both families has IPv4's in this form.
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    return base::Concat(text.data(), ":", ntohs(v6.sin6_port));
  }
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return base::Concat("[", text.data(), "]:", ntohs(v6.sin6_port));
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
    [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof(one));
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
    // Without descriptors only for the end, and for the pause.
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
  for (int i = 0; i < kMaxAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    const int fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &length,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      if (!connections_->Admit(fd, PeerOf(address))) {
        ::close(fd);
        continue;
      }
      Configure(fd);
      take_(fd, listener);
      continue;
    }
    if (errno == EAGAIN) return true;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return false;
    // Whatever else concerns the one connection that was to be accepted (accept(2)).
  }
  return true;
}

}  // namespace ssegw::ingest
