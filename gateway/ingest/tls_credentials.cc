// Implementation notes
//
// gRPC's C++ has two ways to TLS: certificates that stay as they are, and those of an experimental
// provider, which reads files by itself and takes each as it comes, so that a new certificate with
// an old key breaks every handshake between two looks. The C core has a third, a callback at each
// handshake, which gives what has been found to be good; the C++ class around it is this one.
#include "gateway/ingest/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <atomic>

namespace ssegw::ingest {
namespace {

class Credentials final : public grpc::ServerCredentials {
 public:
  explicit Credentials(std::shared_ptr<const LiveTlsIdentity> identity)
      : identity_(std::move(identity)) {
    const bool asks = !identity_->Get().identity->client_ca.empty();
    credentials_ = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            asks ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                 : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
            Fetch, this));
  }
  ~Credentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // At the start, and before each handshake of the port; gRPC holds a lock meanwhile.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto& credentials = *static_cast<Credentials*>(self);
    const LiveTlsIdentity::Numbered now = credentials.identity_->Get();
    if (credentials.fetched_.exchange(now.number) == now.number) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    const TlsIdentity& identity = *now.identity;
    const grpc_ssl_pem_key_cert_pair pair{.private_key = identity.key.c_str(),
                                          .cert_chain = identity.chain.c_str()};
    // gRPC 1.51 demands some CA, also where nobody is asked for a certificate and none is looked
    // at.
    const std::string& ca = identity.client_ca.empty() ? identity.chain : identity.client_ca;
    *config = grpc_ssl_server_certificate_config_create(ca.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<const LiveTlsIdentity> identity_;
  std::atomic<uint64_t> fetched_{0};
  grpc_server_credentials* credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> TlsCredentials(
    std::shared_ptr<const LiveTlsIdentity> identity) {
  return std::make_shared<Credentials>(std::move(identity));
}

}  // namespace ssegw::ingest
