// Implementation notes
//
// A failed check leaves entries in the thread's queue of OpenSSL errors, where a TLS transport of
// the same thread would find them and take them for its own: each use of OpenSSL here removes what
// it has added.
#include "gateway/auth/verification_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>
#include <cstddef>

#include "internal/base/concat.h"
#include "internal/base/free_with.h"

namespace ssegw::auth {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
constexpr int kMaxExponentBits = 64;
constexpr size_t kSha256Bytes = 32;
constexpr size_t kEd25519Bytes = 32;

constexpr AlgorithmSet kRsaAlgorithms = {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512,
                                         Algorithm::kPs256, Algorithm::kPs384, Algorithm::kPs512};

using Number = std::unique_ptr<BIGNUM, base::FreeWith<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, base::FreeWith<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, base::FreeWith<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, base::FreeWith<EVP_PKEY_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, base::FreeWith<ECDSA_SIG_free>>;

// See the notes above.
class ErrorMark {
 public:
  ErrorMark() { ERR_set_mark(); }
  ~ErrorMark() { ERR_pop_to_mark(); }
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
};

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number ToNumber(std::string_view bytes) {
  return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

// Null: OpenSSL does not take it.
Pkey MakePkey(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return Pkey(key);
}

const EVP_MD* HashOf(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
    case Algorithm::kPs256:
    case Algorithm::kEs256:
    case Algorithm::kHs256:
      return EVP_sha256();
    case Algorithm::kRs384:
    case Algorithm::kPs384:
    case Algorithm::kEs384:
      return EVP_sha384();
    case Algorithm::kRs512:
    case Algorithm::kPs512:
      return EVP_sha512();
    case Algorithm::kEdDsa:
      return nullptr;  // it has its own
  }
  return nullptr;
}

bool IsPss(Algorithm algorithm) {
  return algorithm == Algorithm::kPs256 || algorithm == Algorithm::kPs384 ||
         algorithm == Algorithm::kPs512;
}

// Bytes of r, and of s; 0: the algorithm is not ECDSA.
size_t HalfOfSignature(Algorithm algorithm) {
  if (algorithm == Algorithm::kEs256) return 32;
  return algorithm == Algorithm::kEs384 ? 48 : 0;
}

// r and s in the form that OpenSSL reads; empty: they are not of the curve's size.
std::string ToDer(std::string_view signature, size_t half) {
  if (signature.size() != 2 * half) return "";
  const EcSignature parsed(ECDSA_SIG_new());
  Number r = ToNumber(signature.substr(0, half));
  Number s = ToNumber(signature.substr(half));
  if (!parsed || !r || !s) return "";
  ECDSA_SIG_set0(parsed.get(), r.release(), s.release());  // takes them over
  std::string der(static_cast<size_t>(i2d_ECDSA_SIG(parsed.get(), nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(parsed.get(), &out);
  return der;
}

bool VerifyHmac(std::string_view secret, std::string_view input, std::string_view signature) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), Bytes(input), input.size(),
           mac.data(), &size) == nullptr) {
    return false;
  }
  // In constant time: how long it takes must not tell how many bytes are right.
  return signature.size() == size && CRYPTO_memcmp(mac.data(), signature.data(), size) == 0;
}

// Null: OpenSSL does not take the key.
DigestContext Begin(EVP_PKEY* key, Algorithm algorithm) {
  DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  if (!context ||
      EVP_DigestVerifyInit(context.get(), &key_context, HashOf(algorithm), nullptr, key) != 1) {
    return nullptr;
  }
  // The salt is as long as the hash (RFC 7518 section 3.5).
  if (IsPss(algorithm) &&
      (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return nullptr;
  }
  return context;
}

bool VerifyPublic(const EVP_MD_CTX& begun, Algorithm algorithm, std::string_view input,
                  std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_MD_CTX_copy_ex(context.get(), &begun) != 1) return false;
  std::string der;
  if (const size_t half = HalfOfSignature(algorithm); half > 0) {
    der = ToDer(signature, half);
    signature = der;
  }
  return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(input),
                          input.size()) == 1;
}

}  // namespace

void FreePkey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void FreeDigestContext::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

absl::StatusOr<VerificationKey> VerificationKey::Public(AlgorithmSet algorithms, const Pkey& key,
                                                        const std::string& refusal) {
  Begun begun;
  for (const Algorithm algorithm : base::AllOf<Algorithm>()) {
    if (!algorithms.Has(algorithm)) continue;
    if (key) begun[algorithm] = Begin(key.get(), algorithm);
    if (!begun[algorithm]) return absl::InvalidArgumentError(refusal);
  }
  return VerificationKey(algorithms, std::move(begun));
}

absl::StatusOr<VerificationKey> VerificationKey::Rsa(std::string_view modulus,
                                                     std::string_view exponent) {
  const ErrorMark mark;
  // Longer texts are not numbers that anybody uses; OpenSSL need not see them.
  if (modulus.size() > 2 * kMaxRsaBits / 8 || exponent.size() > modulus.size()) {
    return absl::InvalidArgumentError("is too large an RSA key");
  }
  const Number n = ToNumber(modulus);
  const Number e = ToNumber(exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder) return absl::InvalidArgumentError("is not an RSA key");
  const int bits = BN_num_bits(n.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return absl::InvalidArgumentError(base::Concat(
        "is an RSA key of ", bits, " bits: ", kMinRsaBits, " to ", kMaxRsaBits, " can be used"));
  }
  if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) != 0 ||
      BN_num_bits(e.get()) > kMaxExponentBits) {
    return absl::InvalidArgumentError("is an RSA key whose exponent cannot be used");
  }
  Pkey key;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1) {
    key = MakePkey("RSA", builder.get());
  }
  return Public(kRsaAlgorithms, key, "is not an RSA key");
}

absl::StatusOr<VerificationKey> VerificationKey::Ec(Curve curve, std::string_view x,
                                                    std::string_view y) {
  const ErrorMark mark;
  const bool is_p256 = curve == Curve::kP256;
  const size_t size = is_p256 ? 32 : 48;
  if (x.size() != size || y.size() != size) {
    return absl::InvalidArgumentError("is an EC key whose x or y is not of the curve's size");
  }
  const std::string point = base::Concat("\x04", x, y);  // not compressed
  const Builder builder(OSSL_PARAM_BLD_new());
  Pkey key;
  if (builder &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      is_p256 ? "P-256" : "P-384", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) == 1) {
    key = MakePkey("EC", builder.get());
  }
  return Public({is_p256 ? Algorithm::kEs256 : Algorithm::kEs384}, key,
                "is an EC key that is no point of its curve");
}

absl::StatusOr<VerificationKey> VerificationKey::Ed25519(std::string_view x) {
  const ErrorMark mark;
  if (x.size() != kEd25519Bytes) {
    return absl::InvalidArgumentError("is an Ed25519 key whose x does not have 32 bytes");
  }
  const Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size()));
  return Public({Algorithm::kEdDsa}, key, "is not an Ed25519 key");
}

absl::StatusOr<VerificationKey> VerificationKey::Secret(std::string secret) {
  if (secret.size() < kSha256Bytes) {
    return absl::InvalidArgumentError(
        base::Concat("is a secret of ", secret.size(), " bytes, ", kSha256Bytes, " at least"));
  }
  return VerificationKey(std::move(secret));
}

bool VerificationKey::Verify(Algorithm algorithm, std::string_view input,
                             std::string_view signature) const {
  if (!algorithms_.Has(algorithm)) return false;
  const ErrorMark mark;
  return secret_.empty() ? VerifyPublic(*begun_[algorithm], algorithm, input, signature)
                         : VerifyHmac(secret_, input, signature);
}

}  // namespace ssegw::auth
