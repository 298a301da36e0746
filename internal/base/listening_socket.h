#ifndef SSEGW_INTERNAL_BASE_LISTENING_SOCKET_H_
#define SSEGW_INTERNAL_BASE_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <vector>

#include "absl/status/statusor.h"
#include "internal/base/endpoint.h"

namespace ssegw::base {

// The listening sockets of one endpoint, non-blocking: one for each address that a name stands for,
// all with the same port; one for every address, which takes IPv4 too where the machine has IPv6.
//
// A unix socket has the mode 0660: who may connect is who its directory, its owner and its group
// let in. One that a process left behind is replaced; one that is in use is not.
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
  // As it is bound: the real address and port of the first.
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
