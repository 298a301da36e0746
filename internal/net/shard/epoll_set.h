#ifndef SSEGW_INTERNAL_NET_SHARD_EPOLL_SET_H_
#define SSEGW_INTERNAL_NET_SHARD_EPOLL_SET_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>

namespace ssegw::net {

// What an EpollSet calls for one of its sockets.
class EpollHandler {
 public:
  // events: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP. May close its own socket, and no other's.
  virtual void OnEvents(uint32_t events) = 0;

 protected:
  ~EpollHandler() = default;
};

// The sockets of a shard, as one descriptor that its io_context waits for. With Asio each socket
// would have an object and a pending operation, 400 bytes, and need a system call to wait again
// after each event (docs/adr/0013).
//
// Owns:     the epoll set, not the sockets.
// Thread:   the shard's.
// Lifetime: the io_context outlives it. A socket leaves it by being closed.
// Errors:   the constructor throws boost::system::system_error if no descriptor is left.
class EpollSet {
 public:
  explicit EpollSet(boost::asio::io_context& io);
  EpollSet(const EpollSet&) = delete;
  EpollSet& operator=(const EpollSet&) = delete;

  // From now on handler.OnEvents is called while one of these events (EPOLLIN, EPOLLOUT) is
  // there, or EPOLLERR or EPOLLHUP, which are always reported. false: the kernel has no room.
  [[nodiscard]] bool Add(int fd, uint32_t events, EpollHandler& handler);
  void Change(int fd, uint32_t events, EpollHandler& handler);

  void Stop() { descriptor_.cancel(); }

 private:
  // Events handled before the io_context gets its turn.
  static constexpr size_t kMaxEvents = 64;

  void Wait();
  void Dispatch();

  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_EPOLL_SET_H_
