#ifndef SSEGW_INTERNAL_NET_TRANSPORT_TCP_PROGRESS_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_TCP_PROGRESS_H_

#include <chrono>
#include <cstdint>

#include "internal/base/time.h"

namespace ssegw::net {

// Whether a peer takes what is sent to it, by what its kernel acknowledges. Whether the socket is
// writable does not tell: a peer that reads slowly opens its window in steps that can be a minute
// apart. And TCP_USER_TIMEOUT does not tell either: Linux counts it from when the window was first
// found closed, and cuts a peer that reads slowly (measured: 4 kB/s, cut after 20 s with a timeout
// of 20 s, though no pause was longer than 3.5 s).
//
// Thread: the session's.
// Cost:   12 bytes; a system call for each check, two for a unix socket.
// Errors: none: a socket that tells nothing counts as taking.
class TcpProgress {
 public:
  enum class Peer : uint8_t {
    kTakes,     // it took something within the timeout, or there was nothing for it
    kStuck,     // it is there, and takes nothing
    kVanished,  // it does not answer
  };

  void Begin(base::TimePoint now) { at_ = now; }
  // Call it several times per timeout: the result is no more precise than the time between calls.
  Peer Check(int fd, base::TimePoint now, base::Duration timeout);

 private:
  // By what the peer has not read yet.
  Peer CheckUnix(int fd, base::TimePoint now, base::Duration timeout);

  // When there was progress last, and the lower half of the bytes acknowledged by then; for a unix
  // socket the bytes that were not read.
  base::TimePoint at_;
  uint32_t acked_bytes_ = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_TCP_PROGRESS_H_
