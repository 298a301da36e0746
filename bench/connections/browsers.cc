#include "bench/connections/browsers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ssegw::bench {
namespace {

constexpr std::string_view kRequest = "GET /v1/events HTTP/1.1\r\nHost: bench\r\n\r\n";
// Ports of one address are not enough for many.
constexpr size_t kAddresses = 16;

int ConnectOne(uint16_t port, size_t number) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + static_cast<uint32_t>(number % kAddresses));
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(port);
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool open =
      fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof(own)) == 0 &&
      ::connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) == 0 &&
      ::send(fd, kRequest.data(), kRequest.size(), 0) == static_cast<ssize_t>(kRequest.size());
  if (!open) {
    std::perror("a browser cannot connect");
    std::exit(1);
  }
  return fd;
}

[[noreturn]] void Browse(size_t count, int pipe) {
  // It ends with its parent.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  uint16_t port = 0;
  if (::read(pipe, &port, sizeof(port)) != sizeof(port)) std::exit(1);
  const int epoll = ::epoll_create1(0);
  for (size_t i = 0; i < count; ++i) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = ConnectOne(port, i)}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
  }
  std::array<char, 64 * 1024> buffer;
  std::array<epoll_event, 64> events;
  while (true) {
    const int ready = ::epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      if (::read(events[i].data.fd, buffer.data(), buffer.size()) <= 0) ::close(events[i].data.fd);
    }
  }
}

}  // namespace

Browsers::Browsers(size_t count) {
  std::array<int, 2> ends;
  if (::pipe(ends.data()) != 0) std::abort();
  pid_ = ::fork();
  if (pid_ == 0) Browse(count, ends[0]);
  ::close(ends[0]);
  pipe_ = ends[1];
}

Browsers::~Browsers() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(pipe_);
}

void Browsers::Connect(uint16_t port) const {
  if (::write(pipe_, &port, sizeof(port)) != sizeof(port)) std::abort();
}

}  // namespace ssegw::bench
