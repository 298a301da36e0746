#ifndef SSEGW_GATEWAY_INGEST_TLS_CREDENTIALS_H_
#define SSEGW_GATEWAY_INGEST_TLS_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "internal/base/mutex.h"

namespace ssegw::ingest {

// What gRPC shakes hands with, as PEM: a certificate with its chain and its key, which fit
// together, and the CAs of publishers.
struct TlsIdentity {
  std::string chain;
  std::string key;
  // Empty: publishers are asked for no certificate.
  std::string client_ca;
};

// The identity that handshakes get, which is replaced while the server runs.
//
// Thread: any; one lock, once in a handshake.
class LiveTlsIdentity {
 public:
  struct Numbered {
    std::shared_ptr<const TlsIdentity> identity;
    // Another one has another number.
    uint64_t number;
  };

  explicit LiveTlsIdentity(TlsIdentity identity) { Set(std::move(identity)); }

  // For handshakes from now on. client_ca stays empty, or not empty, as it was at first.
  void Set(TlsIdentity identity) {
    base::MutexLock lock(mutex_);
    identity_ = std::make_shared<const TlsIdentity>(std::move(identity));
    ++number_;
  }
  Numbered Get() const {
    base::MutexLock lock(mutex_);
    return {identity_, number_};
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const TlsIdentity> identity_ ABSL_GUARDED_BY(mutex_);
  uint64_t number_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Credentials of a server for one port, which look at the identity at each handshake. TLS 1.2 and
// 1.3, as gRPC has it.
std::shared_ptr<grpc::ServerCredentials> TlsCredentials(
    std::shared_ptr<const LiveTlsIdentity> identity);

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_TLS_CREDENTIALS_H_
