#include "tests/testing/token_signer.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "gateway/auth/base64url.h"
#include "internal/base/concat.h"

namespace ssegw::testing {
namespace {

void Must(bool works) {
  if (works) return;
  std::cerr << "OpenSSL failed to make or use a key of a test\n";
  std::abort();
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The number in base64url, with zeros in front up to size bytes.
std::string NumberOf(const EVP_PKEY* key, const char* name, size_t size = 0) {
  BIGNUM* number = nullptr;
  Must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  if (size == 0) size = static_cast<size_t>(BN_num_bytes(number));
  std::string bytes(size, '\0');
  Must(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
                    static_cast<int>(size)) >= 0);
  BN_free(number);
  return auth::EncodeBase64Url(bytes);
}

std::string EcJwk(const EVP_PKEY* key) {
  const size_t size = EVP_PKEY_get_bits(key) == 256 ? 32 : 48;
  return base::Concat(R"("kty":"EC","crv":")", size == 32 ? "P-256" : "P-384", R"(","x":")",
                      NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, size), R"(","y":")",
                      NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, size), "\"");
}

std::string Ed25519Jwk(const EVP_PKEY* key) {
  std::string bytes(32, '\0');
  size_t size = bytes.size();
  Must(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) ==
       1);
  return base::Concat(R"("kty":"OKP","crv":"Ed25519","x":")", auth::EncodeBase64Url(bytes), "\"");
}

std::string RsaJwk(const EVP_PKEY* key) {
  return base::Concat(R"("kty":"RSA","n":")", NumberOf(key, OSSL_PKEY_PARAM_RSA_N), R"(","e":")",
                      NumberOf(key, OSSL_PKEY_PARAM_RSA_E), "\"");
}

const EVP_MD* HashOf(std::string_view algorithm) {
  if (algorithm.ends_with("256")) return EVP_sha256();
  if (algorithm.ends_with("384")) return EVP_sha384();
  return algorithm.ends_with("512") ? EVP_sha512() : nullptr;
}

// r and s of an ECDSA signature, one behind the other, each of size bytes.
std::string RawEcSignature(std::string_view der, size_t size) {
  const unsigned char* in = Bytes(der);
  ECDSA_SIG* const parsed = d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()));
  Must(parsed != nullptr);
  std::string raw(2 * size, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  Must(BN_bn2binpad(ECDSA_SIG_get0_r(parsed), out, static_cast<int>(size)) >= 0 &&
       BN_bn2binpad(ECDSA_SIG_get0_s(parsed), out + size, static_cast<int>(size)) >= 0);
  ECDSA_SIG_free(parsed);
  return raw;
}

}  // namespace

SigningKey::SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) { Must(key != nullptr); }

SigningKey SigningKey::Rsa(int bits) {
  return SigningKey(EVP_RSA_gen(static_cast<unsigned>(bits)));
}
SigningKey SigningKey::P256() { return SigningKey(EVP_EC_gen("P-256")); }
SigningKey SigningKey::P384() { return SigningKey(EVP_EC_gen("P-384")); }
SigningKey SigningKey::Ed25519() {
  return SigningKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}
SigningKey SigningKey::Secret(std::string secret) {
  SigningKey key;
  key.secret_ = std::move(secret);
  return key;
}

std::string SigningKey::Jwk(std::string_view more) const {
  std::string jwk = "{";
  if (!key_) {
    jwk += base::Concat(R"("kty":"oct","k":")", auth::EncodeBase64Url(secret_), "\"");
  } else if (EVP_PKEY_is_a(key_.get(), "RSA") == 1) {
    jwk += RsaJwk(key_.get());
  } else {
    jwk += EVP_PKEY_is_a(key_.get(), "EC") == 1 ? EcJwk(key_.get()) : Ed25519Jwk(key_.get());
  }
  if (!more.empty()) jwk += base::Concat(",", more);
  return jwk + "}";
}

std::string SigningKey::SignBytes(std::string_view algorithm, std::string_view input) const {
  if (!key_) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    Must(HMAC(HashOf(algorithm), secret_.data(), static_cast<int>(secret_.size()), Bytes(input),
              input.size(), mac.data(), &size) != nullptr);
    return {reinterpret_cast<const char*>(mac.data()), size};
  }
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* key_context = nullptr;
  Must(EVP_DigestSignInit(context, &key_context, HashOf(algorithm), nullptr, key_.get()) == 1);
  if (algorithm.starts_with("PS")) {
    Must(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  std::string signature(1024, '\0');
  size_t size = signature.size();
  Must(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                      Bytes(input), input.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  if (algorithm == "ES256") return RawEcSignature(signature, 32);
  return algorithm == "ES384" ? RawEcSignature(signature, 48) : signature;
}

std::string SigningKey::Sign(std::string_view algorithm, std::string_view header,
                             std::string_view payload) const {
  const std::string input =
      base::Concat(auth::EncodeBase64Url(header), ".", auth::EncodeBase64Url(payload));
  return base::Concat(input, ".", auth::EncodeBase64Url(SignBytes(algorithm, input)));
}

std::string SigningKey::Token(std::string_view algorithm, std::string_view payload,
                              std::string_view kid) const {
  std::string header = base::Concat(R"({"alg":")", algorithm, "\"");
  if (!kid.empty()) header += base::Concat(R"(,"kid":")", kid, "\"");
  return Sign(algorithm, header + "}", payload);
}

std::string KeySetOf(const std::vector<std::string>& jwks) {
  std::string set = R"({"keys":[)";
  for (const std::string& jwk : jwks) {
    if (&jwk != &jwks.front()) set += ',';
    set += jwk;
  }
  return set + "]}";
}

}  // namespace ssegw::testing
