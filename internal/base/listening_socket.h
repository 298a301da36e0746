#ifndef SSEGW_INTERNAL_BASE_LISTENING_SOCKET_H_
#define SSEGW_INTERNAL_BASE_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <vector>

#include "absl/status/statusor.h"
#include "internal/base/endpoint.h"

namespace ssegw::base {

// The listening sockets of one endpoint, non-blocking. A name has one for each of its addresses,
// all with the same port; an empty host has one for every address, IPv4 included where there is
// IPv6.
//
// A unix socket has the mode 0660: its directory, owner and group decide who may connect. A file
// that an ended process left behind is replaced; a socket that is in use is not.
//
// Owns:   the descriptors, and the unix socket's file.
// Thread: one at a time.
// Errors: Open: UNAVAILABLE "cannot listen on 0.0.0.0:8080: Address already in use".
class ListeningSocket {
 public:
  static absl::StatusOr<ListeningSocket> Open(const Endpoint& endpoint);

  ListeningSocket() = default;
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket() { Close(); }

  const std::vector<int>& fds() const { return fds_; }
  // The real address and port of the first socket.
  const Endpoint& bound() const { return bound_; }

  // Idempotent.
  void Close();

 private:
  absl::Status OpenUnix(const Endpoint& endpoint);
  absl::Status OpenTcp(const Endpoint& endpoint);

  std::vector<int> fds_;
  Endpoint bound_;
  // Of the unix socket's file: it is removed only while it is ours.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_LISTENING_SOCKET_H_
