#ifndef SSEGW_INTERNAL_NET_TRANSPORT_TLS_CONTEXT_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_TLS_CONTEXT_H_

#include <chrono>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "internal/net/transport/certificate.h"
#include "internal/net/transport/openssl.h"
#include "internal/net/transport/tls_ticket_keys.h"

namespace ssegw::net {

struct TlsOptions {
  enum class Version : uint8_t { k12, k13 };
  Version min_version = Version::k12;
  // HTTP/2 is offered, before HTTP/1.1.
  bool offers_h2 = false;
};

// What the handshakes of a listener have in common: a certificate and the rules. There is no
// renegotiation, no compression, no early data, and no cache of sessions: a session that is resumed
// is in its ticket.
//
// Owns:     its part of OpenSSL. What shakes hands keeps that alive, so that a context may be
//           replaced at any time.
// Thread:   immutable; any.
class TlsContext {
 public:
  // The Status says what the library has against the certificate.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Create(
      const Certificate& certificate, const TlsOptions& options,
      std::shared_ptr<TlsTicketKeys> ticket_keys);

  // For a server's side of one handshake; without a BIO.
  SslPtr NewSsl() const;

  std::chrono::system_clock::time_point expires_at() const { return expires_at_; }

 private:
  TlsContext(SslContextPtr context, std::chrono::system_clock::time_point expires_at)
      : context_(std::move(context)), expires_at_(expires_at) {}

  const SslContextPtr context_;
  const std::chrono::system_clock::time_point expires_at_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_TLS_CONTEXT_H_
