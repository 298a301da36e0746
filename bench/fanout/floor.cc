// ssegw_bench_floor: what it costs the kernel to write prepared frames to connections. One thread,
// one epoll, and nothing that a product needs: no parsing, no order, no memory of what was sent.
//
// It prints "listening <port for connections> <port for frames>". A connection asks for a group, by
// the digits at the end of the first line's target ("GET /events.17 HTTP/1.1"); what is published
// comes in batches (floor_batch.h), each for a group, and goes to each of its connections with one
// gather write. A connection that does not take all of a batch gets nothing more.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/fanout/floor_batch.h"

namespace ssegw::bench {
namespace {

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-cache, no-transform\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int Listen(uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("listen");
  }
  port = ntohs(address.sin_port);
  return fd;
}

// What comes after the last dot of the first line's target.
uint32_t GroupOf(std::string_view request) {
  const std::string_view line = request.substr(0, request.find(" HTTP/"));
  const char* const digits = line.data() + line.rfind('.') + 1;
  uint32_t group = 0;
  std::from_chars(digits, line.data() + line.size(), group);
  return group;
}

struct Peer {
  int fd;
  bool publishes;        // its bytes are batches, and no request
  std::string bytes;     // received, and not dealt with
  bool streams = false;  // is in its group
  uint32_t group = 0;
  size_t place = 0;  // in its group
  bool stuck = false;
};

class Floor {
 public:
  Floor() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    uint16_t http_port = 0;
    uint16_t publish_port = 0;
    http_listener_ = Listen(http_port);
    publish_listener_ = Listen(publish_port);
    Watch(http_listener_, &http_listener_);
    Watch(publish_listener_, &publish_listener_);
    std::printf("listening %u %u\n", unsigned{http_port}, unsigned{publish_port});
    std::fflush(stdout);
  }

  [[noreturn]] void Run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        void* const source = events[static_cast<size_t>(i)].data.ptr;
        if (source == &http_listener_) {
          Accept(http_listener_, false);
        } else if (source == &publish_listener_) {
          Accept(publish_listener_, true);
        } else {
          OnReadable(static_cast<Peer*>(source));
        }
      }
    }
  }

 private:
  void Watch(int fd, void* source) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = source}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
  }

  void Accept(int listener, bool publishes) {
    for (;;) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      Watch(fd, new Peer{.fd = fd, .publishes = publishes, .bytes = {}});
    }
  }

  void OnReadable(Peer* peer) {
    const ssize_t n = recv(peer->fd, buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      Remove(peer);
      return;
    }
    if (peer->streams) return;
    peer->bytes.append(buffer_.data(), static_cast<size_t>(n));
    if (peer->publishes) {
      TakeBatches(peer->bytes);
    } else if (peer->bytes.ends_with(kEndOfHead)) {
      Join(peer);
    }
  }

  void Join(Peer* peer) {
    peer->group = GroupOf(peer->bytes);
    peer->bytes = {};
    peer->streams = true;
    std::vector<Peer*>& members = groups_[peer->group];
    peer->place = members.size();
    members.push_back(peer);
    if (send(peer->fd, kHead.data(), kHead.size(), MSG_NOSIGNAL) < 0) peer->stuck = true;
  }

  void Remove(Peer* peer) {
    if (peer->streams) {
      std::vector<Peer*>& members = groups_[peer->group];
      members[peer->place] = members.back();
      members[peer->place]->place = peer->place;
      members.pop_back();
    }
    close(peer->fd);
    delete peer;
  }

  void TakeBatches(std::string& bytes) {
    std::string_view left = bytes;
    BatchHead head{};
    while (left.size() >= sizeof(head)) {
      std::memcpy(&head, left.data(), sizeof(head));
      if (head.frames > kMaxFrames) Die("batch");
      const size_t sizes_bytes = head.frames * sizeof(uint32_t);
      if (left.size() < sizeof(head) + sizes_bytes + head.frame_bytes) break;
      std::array<uint32_t, kMaxFrames> sizes;
      std::memcpy(sizes.data(), left.data() + sizeof(head), sizes_bytes);
      left.remove_prefix(sizeof(head) + sizes_bytes);
      Deliver(head, sizes.data(), left.substr(0, head.frame_bytes));
      left.remove_prefix(head.frame_bytes);
    }
    bytes.erase(0, bytes.size() - left.size());
  }

  void Deliver(const BatchHead& head, const uint32_t* sizes, std::string_view frames) {
    std::array<iovec, kMaxFrames> pieces;
    for (size_t i = 0; i < head.frames; ++i) {
      // An iovec is for reading too, so its pointer is not const.
      pieces[i] = {.iov_base = const_cast<char*>(frames.data()), .iov_len = sizes[i]};
      frames.remove_prefix(sizes[i]);
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = head.frames;
    for (Peer* const peer : groups_[head.group]) {
      if (peer->stuck) continue;
      const ssize_t n = sendmsg(peer->fd, &message, MSG_NOSIGNAL);
      peer->stuck = n != static_cast<ssize_t>(head.frame_bytes);
    }
  }

  const int epoll_;
  int http_listener_ = -1;
  int publish_listener_ = -1;
  std::unordered_map<uint32_t, std::vector<Peer*>> groups_;
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace
}  // namespace ssegw::bench

int main() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  std::make_unique<ssegw::bench::Floor>()->Run();
}
