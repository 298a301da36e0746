#ifndef SSEGW_INTERNAL_NET_TRANSPORT_CERTIFICATE_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_CERTIFICATE_H_

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/net/transport/openssl.h"

namespace ssegw::net {

// A server's certificate with its chain, and its private key, which fit together.
//
// Owns:   all of it. Thread: immutable.
class Certificate {
 public:
  // chain: PEM, the server's own certificate first, then the intermediate ones. key: PEM, without a
  // password. The Status says what is wrong: not PEM, a key of another certificate, expired or not
  // yet valid at that time, a key that is too short for the library.
  static absl::StatusOr<Certificate> Parse(std::string_view chain, std::string_view key,
                                           std::chrono::system_clock::time_point now);

  X509* own() const { return own_.get(); }
  const std::vector<X509Ptr>& intermediates() const { return intermediates_; }
  EVP_PKEY* key() const { return key_.get(); }
  // The end of the server's own.
  std::chrono::system_clock::time_point expires_at() const { return expires_at_; }

 private:
  Certificate() = default;

  X509Ptr own_;
  std::vector<X509Ptr> intermediates_;
  KeyPtr key_;
  std::chrono::system_clock::time_point expires_at_;
};

// The certificates of a file of CAs (PEM). The Status says what is wrong with it.
absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(std::string_view pem);

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_CERTIFICATE_H_
