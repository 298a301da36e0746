#ifndef SSEGW_BENCH_FANOUT_HANDSHAKES_H_
#define SSEGW_BENCH_FANOUT_HANDSHAKES_H_

#include <cstddef>
#include <string>

#include "internal/base/time.h"

namespace ssegw::bench {

enum class HandshakeKind { kFull, kResumed };

// Makes so many TLS 1.3 handshakes with a server, some at a time, and returns when the last one is
// over: a client connects, shakes hands (X25519, AES-256-GCM), waits for one ticket, says
// close_notify and closes. No request is made. A resumed one presents the ticket of the one before
// it.
//
// Errors: Failure, where one fails, has no ticket, or is not of this kind.
void ShakeHands(const std::string& address, HandshakeKind kind, size_t count);

// The tickets that a server gives with a handshake, as far as they come within this time.
size_t CountTickets(const std::string& address, base::Duration patience);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_HANDSHAKES_H_
