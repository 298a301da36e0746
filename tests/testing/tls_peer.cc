#include "tests/testing/tls_peer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>

#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

void Check(bool ok, const char* what) {
  if (!ok) throw Failure(std::string("OpenSSL refuses: ") + what);
}

std::shared_ptr<BIO> Over(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all};
}

std::shared_ptr<X509> CertificateOf(const std::string& pem) {
  std::shared_ptr<X509> certificate(PEM_read_bio_X509(Over(pem).get(), nullptr, nullptr, nullptr),
                                    X509_free);
  Check(certificate != nullptr, "a certificate");
  return certificate;
}

// Where OpenSSL's callback for a new ticket puts what it hears.
struct Heard {
  std::shared_ptr<SSL_SESSION>* session;
  int* tickets;
};
thread_local std::vector<std::pair<const SSL*, Heard>> heard;

int OnTicket(SSL* ssl, SSL_SESSION* session) {
  for (const auto& [of, where] : heard) {
    if (of != ssl) continue;
    *where.session = std::shared_ptr<SSL_SESSION>(session, SSL_SESSION_free);
    ++*where.tickets;
    return 1;
  }
  return 0;
}

void SetUp(SSL_CTX* context, const TlsClientOptions& options) {
  SSL_CTX_set_min_proto_version(context, options.min_version);
  SSL_CTX_set_max_proto_version(context, options.max_version);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, OnTicket);
  if (!options.ca.empty()) {
    Check(
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), CertificateOf(options.ca).get()) == 1,
        "a CA");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.certificate.empty()) {
    const std::shared_ptr<EVP_PKEY> key(
        PEM_read_bio_PrivateKey(Over(options.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    Check(SSL_CTX_use_certificate(context, CertificateOf(options.certificate).get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, key.get()) == 1,
          "a client's certificate");
  }
  if (!options.protocols.empty()) {
    std::string names;
    for (const std::string& name : options.protocols) {
      names += static_cast<char>(name.size());
      names += name;
    }
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(names.data()),
                            static_cast<unsigned int>(names.size()));
  }
}

}  // namespace

TlsPeer::TlsPeer(const TlsClientOptions& options)
    : context_(SSL_CTX_new(TLS_client_method())),
      session_(std::make_unique<std::shared_ptr<SSL_SESSION>>()),
      tickets_(std::make_unique<int>(0)) {
  SetUp(context_, options);
  ssl_ = SSL_new(context_);
  SSL_set_connect_state(ssl_);
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_tlsext_host_name(ssl_, options.server_name.c_str());
  if (!options.ca.empty()) SSL_set1_host(ssl_, options.server_name.c_str());
  if (options.session) SSL_set_session(ssl_, options.session.get());
  heard.emplace_back(ssl_, Heard{session_.get(), tickets_.get()});
}

TlsPeer::~TlsPeer() {
  std::erase_if(heard, [this](const auto& entry) { return entry.first == ssl_; });
  // A session whose end nobody told would not be resumed.
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

void TlsPeer::Feed(std::string_view bytes) {
  if (bytes.empty()) return;
  BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
}

std::string TlsPeer::TakeOutput() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
  std::string output(data, static_cast<size_t>(size));
  static_cast<void>(BIO_reset(SSL_get_wbio(ssl_)));
  return output;
}

void TlsPeer::Note(int result) {
  const int error = SSL_get_error(ssl_, result);
  if (error != SSL_ERROR_SSL && error != SSL_ERROR_SYSCALL) return;
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  error_ = reason == nullptr ? "the connection is gone" : reason;
  ERR_clear_error();
}

bool TlsPeer::ShakeHands() {
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return true;
  Note(result);
  return false;
}

void TlsPeer::Write(std::string_view text) {
  if (text.empty()) return;
  Check(
      SSL_write(ssl_, text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size()),
      "to write");
}

std::string TlsPeer::Read() {
  std::string text;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const int n = SSL_read(ssl_, buffer.data(), buffer.size());
    if (n <= 0) {
      Note(n);
      return text;
    }
    text.append(buffer.data(), static_cast<size_t>(n));
  }
}

void TlsPeer::End() { SSL_shutdown(ssl_); }

bool TlsPeer::ended() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

bool TlsPeer::resumed() const { return SSL_session_reused(ssl_) == 1; }

std::string TlsPeer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::shared_ptr<SSL_SESSION> TlsPeer::session() const {
  // Before TLS 1.3 nothing tells of a ticket that renews one.
  if (version() == TLS1_3_VERSION) return *session_;
  return {SSL_get1_session(ssl_), SSL_SESSION_free};
}

int TlsPeer::version() const { return SSL_version(ssl_); }

std::string TlsPeer::certificate_name() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_);
  if (certificate == nullptr) return {};
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return name.data();
}

}  // namespace ssegw::testing
