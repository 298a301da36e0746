#include "tests/testing/shaped_link.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

constexpr base::Duration kLongestNap = std::chrono::milliseconds(50);

[[noreturn]] void FailWithErrno(std::string_view what) {
  throw Failure(base::Concat(what, ": ", std::generic_category().message(errno)));
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int ThisNetwork() { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

ifreq Named(const std::string& name) {
  ifreq request{};
  std::copy_n(name.begin(), std::min(name.size(), size_t{IFNAMSIZ - 1}), request.ifr_name);
  return request;
}

sockaddr AddressOf(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  sockaddr general;
  std::memcpy(&general, &address, sizeof(general));
  return general;
}

// In the thread's network.
void BringUp(const std::string& name) {
  const Fd any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = Named(name);
  if (ioctl(any.get(), SIOCGIFFLAGS, &request) != 0) FailWithErrno("SIOCGIFFLAGS");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (ioctl(any.get(), SIOCSIFFLAGS, &request) != 0) FailWithErrno("SIOCSIFFLAGS");
}

// A device whose other end is the descriptor.
int OpenTun(const std::string& name, const std::string& address, const std::string& peer) {
  Fd tun(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  ifreq request = Named(name);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (tun.get() < 0 || ioctl(tun.get(), TUNSETIFF, &request) != 0) FailWithErrno("TUN device");
  const Fd any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  request = Named(name);
  request.ifr_addr = AddressOf(address);
  if (ioctl(any.get(), SIOCSIFADDR, &request) != 0) FailWithErrno("SIOCSIFADDR");
  request = Named(name);
  request.ifr_dstaddr = AddressOf(peer);
  if (ioctl(any.get(), SIOCSIFDSTADDR, &request) != 0) FailWithErrno("SIOCSIFDSTADDR");
  BringUp(name);
  return tun.Release();
}

// On a thread of its own, which may go to another network.
void OnOwnThread(const std::function<void()>& function) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      function();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

// One direction of the link.
class Pipe {
 public:
  Pipe(int from, int to) : from_(from), to_(to) {}

  void Take(size_t queue_bytes) {
    std::array<char, 2048> packet;
    for (;;) {
      const ssize_t n = read(from_, packet.data(), packet.size());
      if (n <= 0) return;
      const auto size = static_cast<size_t>(n);
      if (queued_bytes_ + size > queue_bytes) continue;
      if (queue_.empty()) free_at_ = std::max(free_at_, base::Now());
      queued_bytes_ += size;
      queue_.emplace_back(packet.data(), size);
    }
  }

  // bytes_per_second: 0: as fast as may be.
  void Send(size_t bytes_per_second, base::Duration delay) {
    while (!queue_.empty() && free_at_ <= base::Now()) {
      const size_t size = queue_.front().size();
      queued_bytes_ -= size;
      if (bytes_per_second > 0) {
        free_at_ += std::chrono::nanoseconds(size * 1'000'000'000 / bytes_per_second);
      }
      on_the_way_.push_back({.arrives = free_at_ + delay, .bytes = std::move(queue_.front())});
      queue_.pop_front();
    }
    while (!on_the_way_.empty() && on_the_way_.front().arrives <= base::Now()) {
      const std::string& bytes = on_the_way_.front().bytes;
      // What the other side has no room for is lost, as packets are.
      static_cast<void>(!write(to_, bytes.data(), bytes.size()));
      on_the_way_.pop_front();
    }
  }

  base::TimePoint next() const {
    base::TimePoint next = base::TimePoint::max();
    if (!queue_.empty()) next = free_at_;
    if (!on_the_way_.empty()) next = std::min(next, on_the_way_.front().arrives);
    return next;
  }

 private:
  struct Packet {
    base::TimePoint arrives;
    std::string bytes;
  };
  const int from_;
  const int to_;
  std::deque<std::string> queue_;
  size_t queued_bytes_ = 0;
  // When the link has sent what it is sending.
  base::TimePoint free_at_;
  std::deque<Packet> on_the_way_;
};

}  // namespace

bool EnterOwnNetwork() {
  const Fd before(ThisNetwork());
  const Fd tun(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (tun.get() < 0 || before.get() < 0 || unshare(CLONE_NEWNET) != 0) return false;
  ifreq request = Named("probe");
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(Fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC)).get(), TUNSETIFF, &request) != 0) {
    if (setns(before.get(), CLONE_NEWNET) != 0) FailWithErrno("setns");
    return false;
  }
  BringUp("lo");
  return true;
}

ShapedLink::ShapedLink(int number, const LinkOptions& options)
    : near_address_(base::Concat("10.77.", number, ".1")),
      bytes_per_second_(options.bytes_per_second),
      one_way_(options.round_trip / 2),
      queue_bytes_(options.queue_bytes) {
  const std::string far_address = base::Concat("10.77.", number, ".2");
  Fd near(OpenTun(base::Concat("far", number), near_address_, far_address));
  OnOwnThread([&] {
    if (unshare(CLONE_NEWNET) != 0) FailWithErrno("unshare");
    BringUp("lo");
    far_fd_ = OpenTun("near", far_address, near_address_);
    far_network_ = ThisNetwork();
  });
  near_fd_ = near.Release();
  carrier_ = std::thread([this] { Carry(); });
}

ShapedLink::~ShapedLink() {
  stop_ = true;
  carrier_.join();
  close(near_fd_);
  close(far_fd_);
  close(far_network_);
}

void ShapedLink::AtFarEnd(const std::function<void()>& function) {
  OnOwnThread([&] {
    if (setns(far_network_, CLONE_NEWNET) != 0) FailWithErrno("setns");
    function();
  });
}

void ShapedLink::Carry() {
  Pipe down(near_fd_, far_fd_);
  Pipe up(far_fd_, near_fd_);
  std::array<pollfd, 2> readable = {pollfd{.fd = near_fd_, .events = POLLIN, .revents = 0},
                                    pollfd{.fd = far_fd_, .events = POLLIN, .revents = 0}};
  while (!stop_) {
    const base::Duration nap = std::clamp<base::Duration>(
        std::min(down.next(), up.next()) - base::Now(), base::Duration::zero(), kLongestNap);
    const timespec timeout = {.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(nap).count()};
    ppoll(readable.data(), readable.size(), &timeout, nullptr);
    down.Take(queue_bytes_);
    up.Take(queue_bytes_);
    down.Send(bytes_per_second_, one_way_);
    up.Send(0, one_way_);
  }
}

}  // namespace ssegw::testing
