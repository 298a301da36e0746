#ifndef SSEGW_INTERNAL_NET_LISTENER_H_
#define SSEGW_INTERNAL_NET_LISTENER_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "internal/net/http_service.h"
#include "internal/net/shard_thread.h"

namespace ssegw::net {

// Accepts connections on one address and hands each to the least loaded of its shards.
//
// Where its sockets reach their bound, or the process is out of file descriptors, the connections
// that have waited longest for a request are closed: so a peer that says nothing cannot keep out
// one that does. Where there are none, what is new waits in the backlog.
//
// Owns:     the listening socket.
// Thread:   Open and Close any other than the io_context's, which must be running.
// Lifetime: the io_context, the shards and the service outlive it.
class Listener {
 public:
  // max_sockets: of its shards together.
  Listener(boost::asio::io_context& io, std::vector<ShardThread*> shards, HttpService& service,
           size_t max_sockets = std::numeric_limits<size_t>::max());

  // host: a name, an address, or empty for every address; port 0: any free one. The Status names
  // the address and what is wrong with it.
  absl::Status Open(const std::string& host, uint16_t port);
  // Blocks until nothing more is accepted.
  void Close();

  // "host:port" as it is bound.
  std::string address() const;

 private:
  void Wait();
  void Accept();
  size_t Sockets() const;
  void MakeRoom();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  const std::vector<ShardThread*> shards_;
  HttpService& service_;
  const size_t max_sockets_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_LISTENER_H_
