#ifndef SSEGW_INTERNAL_NET_TRANSPORT_TLS_PORT_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_TLS_PORT_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "internal/base/address_rates.h"
#include "internal/base/mutex.h"
#include "internal/net/transport/tls_context.h"

namespace ssegw::net {

// What a port that speaks TLS has: the context that new handshakes get, which is replaced while it
// serves, and how many handshakes each address may begin.
//
// Thread: any; one lock, once in a handshake.
class TlsPort {
 public:
  // context: not null. handshake_rate: of one address and second; 0: any number.
  explicit TlsPort(std::shared_ptr<const TlsContext> context, size_t handshake_rate = 0)
      : context_(std::move(context)), rates_(handshake_rate) {}

  // For handshakes from now on.
  void SetContext(std::shared_ptr<const TlsContext> context) {
    base::MutexLock lock(mutex_);
    context_ = std::move(context);
  }
  std::shared_ptr<const TlsContext> context() const {
    base::MutexLock lock(mutex_);
    return context_;
  }
  base::AddressRates& rates() { return rates_; }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const TlsContext> context_ ABSL_GUARDED_BY(mutex_);
  base::AddressRates rates_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_TLS_PORT_H_
