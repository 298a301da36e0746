// Implementation notes
//
// Tickets are stateless, in TLS 1.2 and 1.3: encrypt-then-MAC with AES-256-CBC and HMAC-SHA-256,
// the construction of RFC 5077 section 4, which is what OpenSSL's callback is made for. One is
// sent, not OpenSSL's two: a browser uses one at a time, and each costs 12 % of a handshake.
#include "internal/net/transport/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::net {
namespace {

// For TLS 1.2: forward secrecy and AEAD alone. Those of 1.3 are all good.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// ALPN (RFC 7301 section 3.1): names with their length in front, the preferred first.
constexpr std::string_view kHttp1 = "\x08http/1.1";
constexpr std::string_view kBoth = "\x02h2\x08http/1.1";
constexpr size_t kIvBytes = 16;

// What the callbacks of a context need; it goes with OpenSSL's context, which may outlive ours.
struct Shared {
  std::shared_ptr<TlsTicketKeys> ticket_keys;
  std::string_view protocols;
};

void FreeShared(void*, void* shared, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Shared*>(shared);
}

int SharedIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeShared);
  return index;
}

const Shared& SharedOf(const SSL* ssl) {
  return *static_cast<const Shared*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), SharedIndex()));
}

int ChooseProtocol(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_bytes,
                   const unsigned char* offered, unsigned int offered_bytes, void*) {
  const std::string_view ours = SharedOf(ssl).protocols;
  unsigned char* choice = nullptr;
  const int result = SSL_select_next_proto(
      &choice, chosen_bytes, reinterpret_cast<const unsigned char*>(ours.data()),
      static_cast<unsigned int>(ours.size()), offered, offered_bytes);
  *chosen = choice;
  // Who offers only what is not spoken here hears so (RFC 7301 section 3.2).
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Fetched once: looking it up takes longer than to use it.
const EVP_CIPHER* TicketCipher() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher;
}

bool SetMacKey(EVP_MAC_CTX* mac, TlsTicketKeys::Key& key) {
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

// As SSL_CTX_set_tlsext_ticket_key_evp_cb has it: 1: done; 2: and a new ticket is due; 0: no such
// key; -1: a fault.
int UseTicketKey(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                 EVP_MAC_CTX* mac, int seals) {
  TlsTicketKeys& keys = *SharedOf(ssl).ticket_keys;
  const base::TimePoint now = base::Now();
  if (seals == 1) {
    TlsTicketKeys::Key key = keys.Sealing(now);
    std::ranges::copy(key.name, name);
    const bool ok =
        RAND_bytes(iv, kIvBytes) == 1 &&
        EVP_EncryptInit_ex(cipher, TicketCipher(), nullptr, key.cipher.data(), iv) == 1 &&
        SetMacKey(mac, key);
    return ok ? 1 : -1;
  }
  std::optional<TlsTicketKeys::Found> found =
      keys.Find({name, TlsTicketKeys::Key().name.size()}, now);
  if (!found) return 0;
  const bool ok =
      EVP_DecryptInit_ex(cipher, TicketCipher(), nullptr, found->key.cipher.data(), iv) == 1 &&
      SetMacKey(mac, found->key);
  if (!ok) return -1;
  // A client of TLS 1.3 uses each ticket once (RFC 8446 appendix C.4), so it needs another.
  return found->is_first && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

bool SetRules(SSL_CTX* context, const TlsOptions& options) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection has no buffers; the rest of what it holds is OpenSSL's (docs/adr/0023).
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(
      context,
      std::chrono::duration_cast<std::chrono::seconds>(TlsTicketKeys::kTicketLife).count());
  SSL_CTX_set_max_early_data(context, 0);
  const int min_version =
      options.min_version == TlsOptions::Version::k13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  return SSL_CTX_set_min_proto_version(context, min_version) == 1 &&
         SSL_CTX_set_num_tickets(context, 1) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
         SSL_CTX_set_tlsext_ticket_key_evp_cb(context, UseTicketKey) == 1;
}

bool SetCertificate(SSL_CTX* context, const Certificate& certificate) {
  if (SSL_CTX_use_certificate(context, certificate.own()) != 1) return false;
  for (const X509Ptr& intermediate : certificate.intermediates()) {
    if (SSL_CTX_add1_chain_cert(context, intermediate.get()) != 1) return false;
  }
  // What is in the file goes out, and nothing that happens to be in the system's store.
  SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
  return SSL_CTX_use_PrivateKey(context, certificate.key()) == 1;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Create(
    const Certificate& certificate, const TlsOptions& options,
    std::shared_ptr<TlsTicketKeys> ticket_keys) {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context || !SetRules(context.get(), options)) return absl::InternalError(TakeOpenSslError());
  auto shared = std::make_unique<Shared>(Shared{.ticket_keys = std::move(ticket_keys),
                                                .protocols = options.offers_h2 ? kBoth : kHttp1});
  if (SSL_CTX_set_ex_data(context.get(), SharedIndex(), shared.get()) != 1) {
    return absl::InternalError(TakeOpenSslError());
  }
  [[maybe_unused]] const Shared* const owned_by_context = shared.release();
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  if (!SetCertificate(context.get(), certificate)) {
    return absl::InvalidArgumentError(
        base::Concat("the certificate cannot be used: ", TakeOpenSslError()));
  }
  return std::shared_ptr<const TlsContext>(
      new TlsContext(std::move(context), certificate.expires_at()));
}

SslPtr TlsContext::NewSsl() const {
  SslPtr ssl(SSL_new(context_.get()));
  if (!ssl) std::abort();  // only without memory
  SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace ssegw::net
