#ifndef SSEGW_GATEWAY_AUTH_VERIFICATION_KEY_H_
#define SSEGW_GATEWAY_AUTH_VERIFICATION_KEY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "gateway/auth/algorithm.h"
#include "internal/base/enum_array.h"

// OpenSSL's EVP_PKEY and EVP_MD_CTX: who includes this header gets none of OpenSSL's.
struct evp_pkey_st;
struct evp_md_ctx_st;

namespace ssegw::auth {

struct FreePkey {
  void operator()(evp_pkey_st* key) const;
};
using Pkey = std::unique_ptr<evp_pkey_st, FreePkey>;

struct FreeDigestContext {
  void operator()(evp_md_ctx_st* context) const;
};
using DigestContext = std::unique_ptr<evp_md_ctx_st, FreeDigestContext>;

enum class Curve : uint8_t { kP256, kP384 };

// What a signature is checked with, on OpenSSL's EVP. Only the algorithms of its kind take it: a
// public key is never the secret of an HMAC.
//
// Thread: immutable; any thread may verify, several at once.
// Errors: INVALID_ARGUMENT with what is wrong: "is an RSA key of 1024 bits, 2048 at least".
class VerificationKey {
 public:
  // Big-endian numbers. 2,048 to 8,192 bits; what is shorter is not safe (RFC 7518 section 3.3),
  // what is longer costs milliseconds a token. The exponent is odd, 3 to 2^64: larger ones too.
  static absl::StatusOr<VerificationKey> Rsa(std::string_view modulus, std::string_view exponent);
  // Coordinates of the curve's full size (RFC 7518 section 6.2.1.2).
  static absl::StatusOr<VerificationKey> Ec(Curve curve, std::string_view x, std::string_view y);
  static absl::StatusOr<VerificationKey> Ed25519(std::string_view x);
  // At least 32 bytes, as the hash has (RFC 7518 section 3.2).
  static absl::StatusOr<VerificationKey> Secret(std::string secret);

  // Those that it is of the right type for.
  AlgorithmSet algorithms() const { return algorithms_; }

  // signature: as JWS has it, for ECDSA r and s one behind the other. False: it is not the key's,
  // or the algorithm is not of the key's type.
  bool Verify(Algorithm algorithm, std::string_view input, std::string_view signature) const;

 private:
  // A verification that has begun and has seen no byte yet, for each algorithm of the key: each
  // token gets a copy, which costs a tenth of beginning anew.
  using Begun = base::EnumArray<Algorithm, DigestContext>;

  VerificationKey(AlgorithmSet algorithms, Begun begun)
      : algorithms_(algorithms), begun_(std::move(begun)) {}
  explicit VerificationKey(std::string secret)
      : algorithms_({Algorithm::kHs256}), secret_(std::move(secret)) {}

  // Errors: INVALID_ARGUMENT with that text: OpenSSL does not take the key.
  static absl::StatusOr<VerificationKey> Public(AlgorithmSet algorithms, const Pkey& key,
                                                const std::string& refusal);

  AlgorithmSet algorithms_;
  Begun begun_;
  std::string secret_ = {};  // of HMAC; a public key has none
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_VERIFICATION_KEY_H_
