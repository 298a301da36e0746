#ifndef SSEGW_GATEWAY_INGEST_ACCEPTOR_H_
#define SSEGW_GATEWAY_INGEST_ACCEPTOR_H_

#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "gateway/ingest/publisher_connections.h"
#include "internal/base/endpoint.h"
#include "internal/base/listening_socket.h"

namespace ssegw::ingest {

// Accepts the connections of publishers, for gRPC. Its own loop ends for good at the first accept
// that fails for want of a file descriptor (CVE-2023-4785, measured with 1.51), and takes as many
// as come. One that PublisherConnections does not admit is closed at once: its publisher sees that,
// and does not wait in the backlog.
//
// Owns:     the listening sockets and a thread; an accepted socket is whose it is given to.
// Thread:   one, the starter's.
// Lifetime: the destructor stops it. connections outlive it.
// Errors:   Open: UNAVAILABLE "cannot listen on 0.0.0.0:50051: Address already in use". Out of file
//           descriptors: waits, and the backlog with it.
class Acceptor {
 public:
  // fd: connected, non-blocking.
  using Take = std::function<void(int fd, int listener_fd)>;

  explicit Acceptor(PublisherConnections* connections) : connections_(connections) {}
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // From here on connections wait in the backlog.
  absl::Status Open(const base::Endpoint& endpoint);
  // As it is bound.
  const base::Endpoint& bound() const { return listener_.bound(); }
  void Start(Take take);
  // take is not called any more. Idempotent.
  void Stop();

 private:
  void Run();
  // False: there is no file descriptor.
  bool Accept(int listener);

  PublisherConnections* const connections_;
  base::ListeningSocket listener_;
  // An event: Stop was called.
  int stop_ = -1;
  Take take_;
  std::thread thread_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_ACCEPTOR_H_
