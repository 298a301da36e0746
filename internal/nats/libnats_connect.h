#ifndef SSEGW_INTERNAL_NATS_LIBNATS_CONNECT_H_
#define SSEGW_INTERNAL_NATS_LIBNATS_CONNECT_H_

#include <nats/nats.h>

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "internal/base/file_descriptor.h"
#include "internal/base/free_with.h"
#include "internal/base/time.h"
#include "internal/nats/dial_options.h"

// How libnats connects and signs in.
namespace ssegw::nats {

using OptionsPtr = std::unique_ptr<natsOptions, base::FreeWith<natsOptions_Destroy>>;
using ConnectionPtr = std::unique_ptr<natsConnection, base::FreeWith<natsConnection_Destroy>>;

// Names the server and what is in from: TLS, credentials, the timeout. libnats does not reconnect.
// Errors: FAILED_PRECONDITION: a file cannot be read or used.
absl::StatusOr<OptionsPtr> MakeLibnatsOptions(const DialOptions& from, const std::string& address);

// Connects on a thread of its own, since libnats does not let go of a connect: its timeout does not
// hold for the TLS handshake, which waits for ever where a server says nothing any more. A connect
// that nobody waits for any more is left behind, and ends when the connection does.
// Errors: UNAVAILABLE; PERMISSION_DENIED: the server refuses the credentials.
absl::StatusOr<ConnectionPtr> ConnectLibnats(OptionsPtr options, const std::stop_token& stop,
                                             base::Duration timeout);

// A socket that has connected and signed in, and that libnats knows nothing of any more.
struct SignedInSocket {
  base::FileDescriptor socket;
  size_t max_payload = 0;
};
// The same without TLS, for who reads and writes by itself.
absl::StatusOr<SignedInSocket> SignInWithLibnats(OptionsPtr options, const std::stop_token& stop,
                                                 base::Duration timeout);

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_LIBNATS_CONNECT_H_
