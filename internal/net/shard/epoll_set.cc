#include "internal/net/shard/epoll_set.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>

namespace ssegw::net {
namespace {

int CreateEpoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd >= 0) return fd;
  throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
}

bool Control(int epoll, int operation, int fd, uint32_t events, EpollHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

}  // namespace

EpollSet::EpollSet(boost::asio::io_context& io) : descriptor_(io, CreateEpoll()) { Wait(); }

bool EpollSet::Add(int fd, uint32_t events, EpollHandler& handler) {
  return Control(descriptor_.native_handle(), EPOLL_CTL_ADD, fd, events, handler);
}

void EpollSet::Change(int fd, uint32_t events, EpollHandler& handler) {
  // This cannot fail for a socket that is in the set.
  static_cast<void>(Control(descriptor_.native_handle(), EPOLL_CTL_MOD, fd, events, handler));
}

void EpollSet::Wait() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this](boost::system::error_code error) {
                           if (error) return;
                           Dispatch();
                           Wait();
                         });
}

void EpollSet::Dispatch() {
  std::array<epoll_event, kMaxEvents> events;
  const int count = ::epoll_wait(descriptor_.native_handle(), events.data(), kMaxEvents, 0);
  for (size_t i = 0; i < static_cast<size_t>(std::max(count, 0)); ++i) {
    static_cast<EpollHandler*>(events[i].data.ptr)->OnEvents(events[i].events);
  }
}

}  // namespace ssegw::net
