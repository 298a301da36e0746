#ifndef SSEGW_INTERNAL_NET_LISTENER_H_
#define SSEGW_INTERNAL_NET_LISTENER_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "internal/base/endpoint.h"
#include "internal/base/listening_socket.h"
#include "internal/net/service/http_service.h"
#include "internal/net/shard_thread.h"

namespace ssegw::net {

// Accepts sockets at one endpoint and gives each to the shard with the least pressure.
//
// If its sockets reach their bound, or the process is out of file descriptors, the sessions that
// have waited longest for a request are closed: so a peer that says nothing cannot keep out one
// that does. If there are none, what is new waits in the backlog.
//
// Owns:     the listening sockets.
// Thread:   Open and Close any other than the io_context's, which must be running.
// Lifetime: the io_context, the shards and the service outlive it.
class Listener {
 public:
  // max_sockets: of its shards together. tls: see ShardThread::Adopt.
  Listener(boost::asio::io_context& io, std::vector<ShardThread*> shards, HttpService& service,
           size_t max_sockets = std::numeric_limits<size_t>::max(), TlsPort* tls = nullptr);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The Status names the endpoint and what is wrong with it.
  absl::Status Open(const base::Endpoint& endpoint);
  // Blocks until nothing more is accepted. What has connected by then is.
  void Close();

  // As it is bound.
  const base::Endpoint& bound() const { return bound_; }

 private:
  enum class Accepted { kOne, kNone, kNoRoom };
  using Waiter = boost::asio::posix::stream_descriptor;

  void Wait(Waiter& waiter);
  void Accept(Waiter& waiter);
  Accepted AcceptOne(int listening_fd);
  size_t Sockets() const;
  // Goes on with that one after a pause.
  void MakeRoom(Waiter& waiter);

  boost::asio::io_context& io_;
  base::ListeningSocket sockets_;
  base::Endpoint bound_;
  // One for each of sockets_, whose descriptors they are.
  std::vector<std::unique_ptr<Waiter>> waiters_;
  boost::asio::steady_timer pause_;
  std::vector<Waiter*> paused_;
  const std::vector<ShardThread*> shards_;
  HttpService& service_;
  const size_t max_sockets_;
  TlsPort* const tls_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_LISTENER_H_
