#include "gateway/auth/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "internal/base/enum_array.h"
#include "tests/testing/token_signer.h"

namespace ssegw::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::KeySetOf;
using testing::SigningKey;

AlgorithmSet Every() {
  AlgorithmSet all;
  for (const Algorithm algorithm : base::AllOf<Algorithm>()) all.Add(algorithm);
  return all;
}

const SigningKey& RsaKey() {
  static const auto& key = *new SigningKey(SigningKey::Rsa());
  return key;
}

constexpr AlgorithmSet kOfRsa = {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512,
                                 Algorithm::kPs256, Algorithm::kPs384, Algorithm::kPs512};

std::string FaultOf(std::string_view text, AlgorithmSet allowed = Every()) {
  const auto set = KeySet::Parse(text, allowed);
  return set.ok() ? "" : std::string(set.status().message());
}

struct FittingKey {
  const char* name;
  std::string jwk;
  AlgorithmSet algorithms;
};

TEST(KeySetTest, AKeyVerifiesWhatItsTypeAlgUseAndKeyOpsSay) {
  const SigningKey secret = SigningKey::Secret(std::string(32, 's'));
  const FittingKey keys[] = {
      {"RSA", RsaKey().Jwk(), kOfRsa},
      {"with its alg", RsaKey().Jwk(R"("alg":"PS256")"), {Algorithm::kPs256}},
      {"for signatures", RsaKey().Jwk(R"("use":"sig")"), kOfRsa},
      {"to verify", RsaKey().Jwk(R"("key_ops":["sign","verify"])"), kOfRsa},
      {"with members that nobody knows", RsaKey().Jwk(R"("x5t":"a","more":{"x":[1]})"), kOfRsa},
      {"P-256", SigningKey::P256().Jwk(), {Algorithm::kEs256}},
      {"P-384", SigningKey::P384().Jwk(), {Algorithm::kEs384}},
      {"Ed25519", SigningKey::Ed25519().Jwk(), {Algorithm::kEdDsa}},
      {"a secret", secret.Jwk(), {Algorithm::kHs256}}};
  for (const FittingKey& key : keys) {
    const auto set = KeySet::Parse(KeySetOf({key.jwk}), Every());
    ASSERT_TRUE(set.ok()) << key.name << ": " << set.status();
    EXPECT_EQ((*set)->usable(), 1U) << key.name;
    EXPECT_EQ((*set)->keys().front().algorithms, key.algorithms) << key.name;
  }
}

struct UselessKey {
  std::string jwk;
  std::string_view fault;
};

TEST(KeySetTest, LeavesOutAKeyThatDoesNotFit) {
  const SigningKey ec = SigningKey::P256();
  const SigningKey secret = SigningKey::Secret(std::string(32, 's'));
  const UselessKey keys[] = {
      // RFC 7518 section 3.3: 2,048 bits at least.
      {SigningKey::Rsa(1024).Jwk(), "RSA key of 1024 bits"},
      {R"({"kty":"RSA","n":"AQAB"})", "no n or e"},
      {R"({"kty":"RSA","n":"AQAB=","e":"AQAB"})", "no n or e"},
      {RsaKey().Jwk(R"("use":"enc")"), "use that is not sig"},
      {RsaKey().Jwk(R"("use":["sig"])"), "use that is not sig"},
      {RsaKey().Jwk(R"("key_ops":["encrypt"])"), "key_ops without verify"},
      {RsaKey().Jwk(R"("key_ops":[])"), "key_ops without verify"},
      {RsaKey().Jwk(R"("key_ops":"verify")"), "key_ops without verify"},
      {RsaKey().Jwk(R"("alg":"RSA-OAEP")"), "alg that does not verify"},
      {RsaKey().Jwk(R"("alg":"HS256")"), "alg that does not verify"},
      {RsaKey().Jwk(R"("alg":"ES256")"), "alg that does not verify"},
      {RsaKey().Jwk(R"("alg":"none")"), "alg that does not verify"},
      {RsaKey().Jwk(R"("alg":7)"), "alg that does not verify"},
      {RsaKey().Jwk(R"("kid":7)"), "kid that is not a string"},
      {ec.Jwk(R"("alg":"ES384")"), "alg that does not verify"},
      {secret.Jwk(R"("alg":"RS256")"), "alg that does not verify"},
      {SigningKey::Secret(std::string(31, 's')).Jwk(), "secret of 31 bytes"},
      {R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"})", "neither P-256 nor P-384"},
      {R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})", "neither P-256 nor P-384"},
      {R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})", "not of the curve's size"},
      // No point of the curve: an answer to it would tell of whose secret it is.
      {R"({"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE",)"
       R"("y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"})",
       "no point of its curve"},
      {R"({"kty":"OKP","crv":"X25519","x":"AA"})", "crv that is not Ed25519"},
      {R"({"kty":"OKP","crv":"Ed25519","x":"AA"})", "32 bytes"},
      {R"({"kty":"oct"})", "no k"},
      {R"({"kty":"oct","k":"a b"})", "no k"},
      {R"({"kty":"rsa"})", "none of RSA"},
      {R"({"n":"AQAB"})", "no kty"},
  };
  for (const UselessKey& key : keys) {
    // Beside one that fits it is left out, alone it is a fault.
    const auto set = KeySet::Parse(KeySetOf({ec.Jwk(), key.jwk}), Every());
    ASSERT_TRUE(set.ok()) << key.jwk;
    EXPECT_EQ((*set)->usable(), 1U) << key.jwk;
    EXPECT_THAT((*set)->faults(), ElementsAre(HasSubstr(std::string(key.fault)))) << key.jwk;
    EXPECT_THAT(FaultOf(KeySetOf({key.jwk})), HasSubstr(std::string(key.fault))) << key.jwk;
  }
}

TEST(KeySetTest, RefusesAnRsaExponentThatSignsNothing) {
  const std::string jwk = RsaKey().Jwk();
  const size_t e = jwk.find(R"("e":")") + 5;
  for (const char* exponent : {"AQ", "AA", "Ag", "AQAAAAAAAAAAAAAB"}) {  // 1, 0, 2, 2^88 + 1
    std::string other = jwk.substr(0, e) + exponent + "\"}";
    EXPECT_THAT(FaultOf(KeySetOf({other})), HasSubstr("exponent")) << exponent;
  }
}

TEST(KeySetTest, KnowsTheKeysOfAlgorithmsThatAreAllowedAlone) {
  const std::string secret = SigningKey::Secret(std::string(32, 's')).Jwk();
  constexpr AlgorithmSet kWithoutHs256 = {Algorithm::kRs256, Algorithm::kEs256};
  EXPECT_THAT(FaultOf(KeySetOf({secret}), kWithoutHs256), HasSubstr("jwt_algorithms"));
  const auto set = KeySet::Parse(KeySetOf({RsaKey().Jwk()}), kWithoutHs256);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ((*set)->keys().front().algorithms, AlgorithmSet{Algorithm::kRs256});
}

TEST(KeySetTest, IsRefusedWholeWhereItIsNotASetOfKeys) {
  const std::string jwk = SigningKey::P256().Jwk();
  EXPECT_THAT(FaultOf(""), HasSubstr("not a JSON object"));
  EXPECT_THAT(FaultOf("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(FaultOf(jwk), HasSubstr("no array"));
  EXPECT_THAT(FaultOf(R"({"keys":{}})"), HasSubstr("no array"));
  EXPECT_THAT(FaultOf(R"({"keys":[]})"), HasSubstr("no key that can be used"));
  EXPECT_THAT(FaultOf(R"({"keys":["a"]})"), HasSubstr("not an object"));
  EXPECT_THAT(FaultOf(R"({"keys":[],"keys":[)" + jwk + "]}"), HasSubstr("not a JSON object"));
  EXPECT_THAT(FaultOf(KeySetOf({SigningKey::P256().Jwk(R"("kty":"EC")")})),
              HasSubstr("not a JSON object"));
}

// 64 KiB and 100 keys are the most (DESIGN 5.7).
TEST(KeySetTest, HasBounds) {
  const std::string jwk = SigningKey::P256().Jwk();
  EXPECT_EQ(FaultOf(KeySetOf(std::vector<std::string>(100, jwk))), "");
  EXPECT_THAT(FaultOf(KeySetOf(std::vector<std::string>(101, jwk))), HasSubstr("101 keys"));
  std::string padded = KeySetOf({jwk});
  padded.resize(size_t{64} * 1024, ' ');
  EXPECT_EQ(FaultOf(padded), "");
  padded += ' ';
  EXPECT_THAT(FaultOf(padded), HasSubstr("65537 bytes"));
}

TEST(KeySetTest, AFaultNamesTheKeyAndNothingOfItsSecret) {
  const std::string secret(31, 's');
  const std::string fault =
      FaultOf(KeySetOf({SigningKey::Secret(secret).Jwk("\"kid\":\"a\\nb\"")}));
  EXPECT_THAT(fault, HasSubstr(R"(key 1 (kid "a\nb"))"));
  EXPECT_EQ(fault.find("ssss"), std::string::npos);
  EXPECT_EQ(fault.find("c3Nz"), std::string::npos);  // the same in base64url
}

}  // namespace
}  // namespace ssegw::auth
