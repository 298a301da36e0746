#include "internal/base/listening_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "internal/base/concat.h"
#include "internal/base/ip_address.h"

namespace ssegw::base {
namespace {

constexpr mode_t kUnixSocketMode = 0660;

absl::Status CannotListen(const Endpoint& endpoint, std::string_view reason) {
  return absl::UnavailableError(Concat("cannot listen on ", endpoint.ToString(), ": ", reason));
}

absl::Status CannotListen(const Endpoint& endpoint, int error) {
  return CannotListen(endpoint, std::generic_category().message(error));
}

in_port_t& PortOf(sockaddr& address) {
  return address.sa_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                       : reinterpret_cast<sockaddr_in&>(address).sin_port;
}

// A listening socket; -1, with errno, if there is none.
int Listen(const sockaddr& address, socklen_t size) {
  const int fd = ::socket(address.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  if (address.sa_family != AF_UNIX) {
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  if (address.sa_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  const bool bound = ::bind(fd, &address, size) == 0;
  // Nobody can connect before the listen.
  if (bound && address.sa_family == AF_UNIX) {
    ::chmod(reinterpret_cast<const sockaddr_un&>(address).sun_path, kUnixSocketMode);
  }
  if (bound && ::listen(fd, SOMAXCONN) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

// Removes a socket that nobody listens on any more. What else is there stays, and the bind fails.
void RemoveStale(const sockaddr_un& address) {
  struct stat status;
  if (::lstat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (result != 0 && errno == ECONNREFUSED) ::unlink(address.sun_path);
  ::close(fd);
}

}  // namespace

absl::StatusOr<ListeningSocket> ListeningSocket::Open(const Endpoint& endpoint) {
  ListeningSocket socket;
  const absl::Status status =
      endpoint.is_unix() ? socket.OpenUnix(endpoint) : socket.OpenTcp(endpoint);
  if (!status.ok()) return status;
  return socket;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept { *this = std::move(other); }

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  if (this == &other) return *this;
  Close();
  fds_ = std::exchange(other.fds_, {});
  bound_ = std::exchange(other.bound_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void ListeningSocket::Close() {
  if (fds_.empty()) return;
  for (const int fd : std::exchange(fds_, {})) ::close(fd);
  struct stat status;
  if (bound_.is_unix() && ::lstat(bound_.path.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_) {
    ::unlink(bound_.path.c_str());
  }
}

absl::Status ListeningSocket::OpenUnix(const Endpoint& endpoint) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.path.size() >= sizeof(address.sun_path)) {
    return CannotListen(endpoint, Concat("a path of ", endpoint.path.size(), " bytes exceeds ",
                                         sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, endpoint.path.data(), endpoint.path.size());
  RemoveStale(address);
  const int fd = Listen(reinterpret_cast<const sockaddr&>(address), sizeof(address));
  if (fd < 0) return CannotListen(endpoint, errno);
  fds_.push_back(fd);
  bound_ = endpoint;
  struct stat status{};
  static_cast<void>(::lstat(address.sun_path, &status));
  device_ = status.st_dev;
  inode_ = status.st_ino;
  return absl::OkStatus();
}

absl::Status ListeningSocket::OpenTcp(const Endpoint& endpoint) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  const std::string host = endpoint.host.empty() ? "::" : endpoint.host;
  addrinfo* found = nullptr;
  const int lookup =
      ::getaddrinfo(host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (lookup != 0) return CannotListen(endpoint, ::gai_strerror(lookup));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  // One of several addresses (localhost has two) is enough, unless somebody else listens on another
  // of them.
  int error = 0;
  in_port_t port = 0;  // in network order
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (port != 0) PortOf(*entry->ai_addr) = port;
    const int fd = Listen(*entry->ai_addr, entry->ai_addrlen);
    if (fd < 0) {
      error = errno;
      if (error == EADDRINUSE) break;
      continue;
    }
    fds_.push_back(fd);
    if (port != 0) continue;
    sockaddr_storage bound{};
    socklen_t size = sizeof(bound);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
    port = PortOf(reinterpret_cast<sockaddr&>(bound));
    const auto ip = IpAddress::Of(reinterpret_cast<sockaddr&>(bound));
    bound_ = {.host = ip ? ip->ToString() : host, .port = ntohs(port)};
  }
  if (!fds_.empty() && error != EADDRINUSE) return absl::OkStatus();
  // A machine without IPv6, or on which it is turned off.
  if ((error == EAFNOSUPPORT || error == EADDRNOTAVAIL) && endpoint.host.empty()) {
    return OpenTcp({.host = "0.0.0.0", .port = endpoint.port});
  }
  return CannotListen(endpoint, error);
}

}  // namespace ssegw::base
