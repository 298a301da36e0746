#include "tests/testing/tcp_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

[[noreturn]] void FailWithErrno(std::string_view what) {
  throw Failure(base::Concat(what, ": ", std::generic_category().message(errno)));
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

SocketAddress ParseAddress(const std::string& address) {
  SocketAddress parsed;
  if (constexpr std::string_view kUnix = "unix:"; address.starts_with(kUnix)) {
    auto& name = reinterpret_cast<sockaddr_un&>(parsed.storage);
    name.sun_family = AF_UNIX;
    address.copy(name.sun_path, sizeof(name.sun_path) - 1, kUnix.size());
    parsed.size = sizeof(name);
    return parsed;
  }
  auto& name = reinterpret_cast<sockaddr_in&>(parsed.storage);
  name.sin_family = AF_INET;
  name.sin_port = htons(PortOf(address));
  parsed.size = sizeof(name);
  if (inet_pton(AF_INET, address.substr(0, address.rfind(':')).c_str(), &name.sin_addr) != 1) {
    throw Failure(base::Concat("not an address: ", address));
  }
  return parsed;
}

int Connect(const std::string& address) {
  const SocketAddress peer = ParseAddress(address);
  const int fd = socket(peer.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, peer.get(), peer.size) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

}  // namespace

uint16_t PortOf(std::string_view address) {
  return static_cast<uint16_t>(std::stoi(std::string(address.substr(address.rfind(':') + 1))));
}

TcpSocket::TcpSocket(const std::string& address, const TcpOptions& options) {
  const SocketAddress peer = ParseAddress(address);
  fd_ = socket(peer.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) FailWithErrno("socket");
  // Before connecting: it bounds the window that is announced.
  if (options.receive_buffer_bytes > 0 &&
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes, sizeof(int)) != 0) {
    FailWithErrno("SO_RCVBUF");
  }
  if (!options.local_address.empty()) {
    const SocketAddress local = ParseAddress(base::Concat(options.local_address, ":0"));
    if (bind(fd_, local.get(), local.size) != 0) {
      FailWithErrno(base::Concat("cannot bind to ", options.local_address));
    }
  }
  if (connect(fd_, peer.get(), peer.size) != 0) {
    FailWithErrno(base::Concat("cannot connect to ", address));
  }
}

TcpSocket::~TcpSocket() { Close(); }

bool TcpSocket::CanConnect(const std::string& address) {
  const int fd = Connect(address);
  if (fd < 0) return false;
  close(fd);
  return true;
}

void TcpSocket::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(kPatience / std::chrono::milliseconds(1))) <= 0) {
      throw Failure("the gateway does not read what is sent");
    }
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return;
    }
  }
}

std::string TcpSocket::Receive(base::Duration patience) {
  std::optional<std::string> received = ReceiveWithin(patience);
  if (!received) throw Failure("waited in vain for bytes of the gateway");
  return *std::move(received);
}

std::optional<std::string> TcpSocket::ReceiveWithin(base::Duration patience) {
  const base::TimePoint deadline = base::Now() + patience;
  for (;;) {
    if (!IsReadableWithin(deadline - base::Now())) return std::nullopt;
    std::array<char, 16 * 1024> buffer;
    // Not recv, which tests of faults replace for the gateway.
    const ssize_t n = read(fd_, buffer.data(), buffer.size());
    if (n > 0) return std::string(buffer.data(), static_cast<size_t>(n));
    if (n == 0) return std::string();
    if (errno == EINTR) continue;
    if (errno != ECONNRESET) FailWithErrno("read");
    was_reset_ = true;
    return std::string();
  }
}

bool TcpSocket::IsReadableWithin(base::Duration time) const {
  const base::TimePoint deadline = base::Now() + time;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::Now()).count();
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    const int polled = poll(&ready, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (polled >= 0) return polled == 1;
    if (errno != EINTR) FailWithErrno("poll");
  }
}

uint16_t TcpSocket::local_port() const {
  sockaddr_in here{};
  socklen_t size = sizeof(here);
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size) != 0)
    FailWithErrno("getsockname");
  return ntohs(here.sin_port);
}

void TcpSocket::Vanish() {
  // A filter that takes nothing: the kernel drops what comes before TCP sees it.
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{.len = 1, .filter = &nothing};
  if (setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0) {
    FailWithErrno("SO_ATTACH_FILTER");
  }
}

void TcpSocket::ShutdownSend() { shutdown(fd_, SHUT_WR); }

void TcpSocket::Reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void TcpSocket::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace ssegw::testing
