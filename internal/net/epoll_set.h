#ifndef SSEGW_INTERNAL_NET_EPOLL_SET_H_
#define SSEGW_INTERNAL_NET_EPOLL_SET_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>

namespace ssegw::net {

class Connection;

// The sockets of a shard's connections, as one descriptor that its io_context waits for. With Asio
// each socket would have an object and a pending operation, 400 bytes, and be armed anew after each
// event, a system call each (docs/adr/0013).
//
// Owns:     the epoll set, not the sockets.
// Thread:   the shard's.
// Lifetime: the io_context outlives it. A connection is in it until it closes its socket; its
//           OnEvents may close that one, and no other's.
// Errors:   the constructor throws boost::system::system_error where there are no descriptors left.
class EpollSet {
 public:
  explicit EpollSet(boost::asio::io_context& io);
  EpollSet(const EpollSet&) = delete;
  EpollSet& operator=(const EpollSet&) = delete;

  // From now on connection.OnEvents is called while one of these events (EPOLLIN, EPOLLOUT) is
  // there, or EPOLLERR or EPOLLHUP, which are always looked for. false: the kernel has no room.
  [[nodiscard]] bool Add(int fd, uint32_t events, Connection& connection);
  void Change(int fd, uint32_t events, Connection& connection);

  void Stop() { descriptor_.cancel(); }

 private:
  // Between two looks at what else the io_context has to do.
  static constexpr size_t kMaxEvents = 64;

  void Wait();
  void Dispatch();

  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_EPOLL_SET_H_
