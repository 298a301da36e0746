#include "gateway/ingest/listen_check.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "internal/base/concat.h"

namespace ssegw::ingest {
namespace {

absl::Status CannotListen(const std::string& listen, const std::string& reason) {
  return absl::UnavailableError(base::Concat("cannot listen on ", listen, ": ", reason));
}

// 0: it can be bound. Does not listen, so no publisher gets into a socket that goes away again.
int BindErrno(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  // As gRPC does it, so that a port in TIME_WAIT is no fault.
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const int error = ::bind(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace

absl::Status CheckCanListen(const std::string& listen) {
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
  // Of several addresses (localhost has two) gRPC is content with one, and so is this, but not if
  // another one is somebody else's.
  int last_error = 0;
  bool can_bind = false;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int error = BindErrno(*address);
    if (error == 0) can_bind = true;
    if (error != 0) last_error = error;
    if (error == EADDRINUSE) return CannotListen(listen, std::generic_category().message(error));
  }
  if (can_bind) return absl::OkStatus();
  return CannotListen(listen, std::generic_category().message(last_error));
}

}  // namespace ssegw::ingest
