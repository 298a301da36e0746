#include "gateway/ingest/acceptor.h"

#include <netdb.h>
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
#include <memory>
#include <system_error>

#include "absl/status/status.h"
#include "internal/base/concat.h"

namespace ssegw::ingest {
namespace {

// Where there is no room: until the next look.
constexpr int kPauseMs = 50;

absl::Status CannotListen(const std::string& listen, const std::string& reason) {
  return absl::UnavailableError(base::Concat("cannot listen on ", listen, ": ", reason));
}

void SetPort(sockaddr& address, in_port_t port) {
  if (address.sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = port;
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_port = port;
  }
}

// In network order.
in_port_t PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                       : reinterpret_cast<sockaddr_in&>(address).sin_port;
}

// A listening socket, or -1 and errno.
int Listen(const addrinfo& address) {
  const int fd =
      ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

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

absl::StatusOr<int> Acceptor::Open(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return CannotListen(listen, "no port");
  std::string host = listen.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int lookup = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                   listen.c_str() + colon + 1, &hints, &found);
  if (lookup != 0) return CannotListen(listen, ::gai_strerror(lookup));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  // Of several addresses (localhost has two) one will do, but not if another one is somebody
  // else's.
  int error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (!listeners_.empty()) SetPort(*address->ai_addr, PortOf(listeners_.front()));
    const int fd = Listen(*address);
    if (fd >= 0) {
      listeners_.push_back(fd);
    } else {
      error = errno;
      if (error == EADDRINUSE) break;
    }
  }
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0) error = errno;
  if (listeners_.empty() || stop_ < 0 || error == EADDRINUSE) {
    Stop();
    if (error == EAFNOSUPPORT && host == "::") {  // a machine without IPv6
      return Open(base::Concat("0.0.0.0", listen.substr(colon)));
    }
    return CannotListen(listen, std::generic_category().message(error));
  }
  return ntohs(PortOf(listeners_.front()));
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
  for (const int fd : listeners_) ::close(fd);
  listeners_.clear();
  if (stop_ >= 0) ::close(std::exchange(stop_, -1));
}

void Acceptor::Run() {
  std::vector<pollfd> waits = {{.fd = stop_, .events = POLLIN, .revents = 0}};
  for (const int fd : listeners_) waits.push_back({.fd = fd, .events = POLLIN, .revents = 0});
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
    for (const int fd : listeners_) room = Accept(fd) && room;
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
