#include "bench/fanout/credentials.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/free_with.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using base::Concat;

constexpr size_t kNumberBytes = 32;  // of a number of P-256
constexpr std::time_t kOneDay = 24 * 60 * 60;

using KeyPair = std::unique_ptr<EVP_PKEY, base::FreeWith<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, base::FreeWith<BN_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, base::FreeWith<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, base::FreeWith<ECDSA_SIG_free>>;
using Bytes = std::vector<unsigned char>;

void Must(bool done) {
  if (!done) throw testing::Failure("no tokens can be made");
}

const unsigned char* BytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Base64Url(const unsigned char* bytes, size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<size_t>(length));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string Base64Url(std::string_view text) { return Base64Url(BytesOf(text), text.size()); }

// As OpenSSL has it, in DER.
Bytes Sign(EVP_PKEY* key, std::string_view text) {
  const DigestContext context(EVP_MD_CTX_new());
  size_t size = 0;
  Must(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
       EVP_DigestSign(context.get(), nullptr, &size, BytesOf(text), text.size()) == 1);
  Bytes der(size);
  Must(EVP_DigestSign(context.get(), der.data(), &size, BytesOf(text), text.size()) == 1);
  der.resize(size);
  return der;
}

// As JWS has it (RFC 7518 section 3.4): R and S, each with all of its bytes.
std::string SignEs256(EVP_PKEY* key, std::string_view text) {
  const Bytes der = Sign(key, text);
  const unsigned char* begin = der.data();
  const Signature signature(d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size())));
  std::array<unsigned char, 2 * kNumberBytes> both;
  Must(signature != nullptr &&
       BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), both.data(), kNumberBytes) > 0 &&
       BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), both.data() + kNumberBytes, kNumberBytes) >
           0);
  return Base64Url(both.data(), both.size());
}

std::string Coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  Must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  const Number owned(number);
  std::array<unsigned char, kNumberBytes> bytes;
  Must(BN_bn2binpad(number, bytes.data(), kNumberBytes) > 0);
  return Base64Url(bytes.data(), bytes.size());
}

std::string KeySetOf(EVP_PKEY* key) {
  return Concat(
      R"({"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"bench","x":")",
      Coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X), R"(","y":")",
      Coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y), R"("}]})");
}

std::string TokenOf(EVP_PKEY* key, size_t number) {
  const std::time_t now = std::time(nullptr);
  const std::string signed_text =
      Concat(Base64Url(R"({"alg":"ES256","typ":"JWT","kid":"bench"})"), '.',
             Base64Url(Concat(R"({"iss":"https://issuer.example","aud":"sse-gateway","sub":"user-)",
                              number, R"(","iat":)", now, R"(,"exp":)", now + kOneDay,
                              R"(,"jti":")", number, R"(","topics":["bench.>"]})")));
  return Concat(signed_text, '.', SignEs256(key, signed_text));
}

base::Duration ThreadCpuTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

struct Tokens::Key {
  const KeyPair pair;
};

const testing::SelfSigned& BenchCertificate() {
  static const testing::SelfSigned certificate;
  return certificate;
}

Tokens::Tokens(size_t count)
    : key_(new Key{KeyPair(EVP_EC_gen("P-256"))}),
      directory_(std::filesystem::temp_directory_path() / "ssegw-tokens-XXXXXX") {
  Must(mkdtemp(directory_.data()) != nullptr);
  EVP_PKEY* const key = key_->pair.get();
  Must(key != nullptr);
  std::ofstream(jwks_file()) << KeySetOf(key);
  std::ofstream(one_file()) << TokenOf(key, 0) << '\n';
  std::ofstream all(all_file());
  for (size_t i = 1; i <= count; ++i) all << TokenOf(key, i) << '\n';
  Must(static_cast<bool>(all.flush()));
}

base::Duration Tokens::VerificationCost() const {
  constexpr size_t kVerifications = 501;
  EVP_PKEY* const key = key_->pair.get();
  const std::string text(400, 'x');  // a token is some 400 bytes
  const Bytes signature = Sign(key, text);
  std::vector<base::Duration> costs;
  for (size_t i = 0; i < kVerifications; ++i) {
    const base::Duration before = ThreadCpuTime();
    const DigestContext context(EVP_MD_CTX_new());
    Must(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), BytesOf(text),
                          text.size()) == 1);
    costs.push_back(ThreadCpuTime() - before);
  }
  std::sort(costs.begin(), costs.end());
  return costs[kVerifications / 2];
}

Tokens::~Tokens() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace ssegw::bench
