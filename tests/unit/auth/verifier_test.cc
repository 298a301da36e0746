#include "gateway/auth/verifier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "gateway/auth/base64url.h"
#include "gateway/auth/jws.h"
#include "internal/base/concat.h"
#include "internal/base/enum_array.h"
#include "tests/testing/token_signer.h"

namespace ssegw::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::KeySetOf;
using testing::SigningKey;

constexpr base::WallTime kNow{seconds(1'800'000'000)};
constexpr std::string_view kGood =
    R"({"iss":"https://issuer","aud":"gateway","sub":"ann","exp":1800000600})";

AlgorithmSet Every() {
  AlgorithmSet all;
  for (const Algorithm algorithm : base::AllOf<Algorithm>()) all.Add(algorithm);
  return all;
}

const SigningKey& Rsa() {
  static const auto& key = *new SigningKey(SigningKey::Rsa());
  return key;
}
const SigningKey& Ec() {
  static const auto& key = *new SigningKey(SigningKey::P256());
  return key;
}

std::shared_ptr<const KeySet> SetOf(const std::vector<std::string>& jwks,
                                    AlgorithmSet allowed = Every()) {
  auto set = KeySet::Parse(KeySetOf(jwks), allowed);
  EXPECT_TRUE(set.ok()) << set.status();
  return *set;
}

// Knows Ec() without a kid, and Rsa() as "r".
class VerifierTest : public ::testing::Test {
 protected:
  VerifierTest() { verifier_.SetKeys(SetOf({Ec().Jwk(), Rsa().Jwk(R"("kid":"r")")})); }

  // "ok", "unknown key", or the name of the failure.
  std::string Of(std::string_view compact, base::WallTime now = kNow) {
    const Verified verified = verifier_.Verify(compact, now);
    if (std::holds_alternative<UnknownKey>(verified)) return "unknown key";
    if (const auto* const refusal = std::get_if<Refusal>(&verified)) {
      EXPECT_FALSE(refusal->text.empty());
      return std::string(NameOf(refusal->failure));
    }
    return "ok";
  }
  // Of a token of Ec() with this payload.
  std::string OfPayload(std::string_view payload, base::WallTime now = kNow) {
    return Of(Ec().Token("ES256", payload), now);
  }

  Verifier verifier_{TokenRules{.algorithms = Every(),
                                .issuers = {"https://issuer", "https://old-issuer"},
                                .audiences = {"gateway", "all"}}};
};

TEST_F(VerifierTest, TakesWhatEachAlgorithmHasSigned) {
  const SigningKey p384 = SigningKey::P384();
  const SigningKey ed25519 = SigningKey::Ed25519();
  const SigningKey secret = SigningKey::Secret(std::string(32, 's'));
  verifier_.SetKeys(SetOf({Rsa().Jwk(), Ec().Jwk(), p384.Jwk(), ed25519.Jwk(), secret.Jwk()}));
  for (const char* algorithm : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}) {
    EXPECT_EQ(Of(Rsa().Token(algorithm, kGood)), "ok") << algorithm;
  }
  EXPECT_EQ(Of(Ec().Token("ES256", kGood)), "ok");
  EXPECT_EQ(Of(p384.Token("ES384", kGood)), "ok");
  EXPECT_EQ(Of(ed25519.Token("EdDSA", kGood)), "ok");
  EXPECT_EQ(Of(secret.Token("HS256", kGood)), "ok");
}

TEST_F(VerifierTest, SaysWhatTheTokenSays) {
  const Verified verified = verifier_.Verify(
      Ec().Token("ES256",
                 R"({"iss":"https://issuer","aud":["x","all"],"sub":"ann","exp":1800000000.5,)"
                 R"("topics":["a.b",7,"c.>"],"user":42,"big":9007199254740993,"half":0.5,)"
                 R"("low":-9007199254740992,"yes":true,"o":{"p":1}})"),
      kNow);
  ASSERT_TRUE(std::holds_alternative<TokenPtr>(verified));
  const Token& token = *std::get<TokenPtr>(verified);
  EXPECT_EQ(token.subject, "ann");
  EXPECT_EQ(token.expires_at, kNow + milliseconds(500));
  EXPECT_EQ(token.ends_at, kNow + milliseconds(30'500));
  EXPECT_EQ(token.claims.at("topics"), Claim((StringList{.strings = {"a.b", "c.>"}, .others = 1})));
  EXPECT_EQ(token.claims.at("user"), Claim(int64_t{42}));
  // Integers up to 2^53 (DESIGN 5.7): beyond it two numbers read as one.
  EXPECT_EQ(token.claims.at("low"), Claim(int64_t{-9007199254740992}));
  EXPECT_EQ(token.claims.at("big"), Claim(OtherClaim()));
  EXPECT_EQ(token.claims.at("half"), Claim(OtherClaim()));
  EXPECT_EQ(token.claims.at("yes"), Claim(OtherClaim()));
  EXPECT_EQ(token.claims.at("o"), Claim(OtherClaim()));
}

TEST_F(VerifierTest, RefusesWhatIsNoCompactToken) {
  const std::string token = Ec().Token("ES256", kGood);
  const size_t first = token.find('.');
  const size_t second = token.rfind('.');
  ASSERT_EQ(Of(token), "ok");
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), std::string("a"),
        token.substr(0, second), token + ".", "." + token, token + ".e30",
        token.substr(0, first) + "." + token.substr(first), " " + token, token + " ", token + "\n",
        "Bearer " + token, token + "=", token.substr(0, second) + "=" + token.substr(second),
        token.substr(0, first) + "%2E" + token.substr(first + 1)}) {
    EXPECT_EQ(Of(text), "malformed") << text;
  }
  EXPECT_EQ(Of(token + '\0'), "malformed");
}

TEST_F(VerifierTest, RefusesASecondTextOfTheSameSignature) {
  // 64 bytes are 86 characters, and of the last one only two bits count.
  std::string token = Ec().Token("ES256", kGood);
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  token.back() = kAlphabet[kAlphabet.find(token.back()) + 1];
  EXPECT_EQ(Of(token), "malformed");
}

// 8 KiB is the most (DESIGN 5.7).
TEST_F(VerifierTest, RefusesATokenOfMoreThan8KiB) {
  const auto token_of = [&](size_t padding) {
    return Ec().Token("ES256", base::Concat(kGood.substr(0, kGood.size() - 1), R"(,"p":")",
                                            std::string(padding, 'x'), R"("})"));
  };
  size_t padding = 5'900;
  while (token_of(padding + 1).size() <= kMaxTokenBytes) ++padding;
  EXPECT_LE(token_of(padding).size(), 8'192U);
  EXPECT_EQ(Of(token_of(padding)), "ok");
  EXPECT_EQ(Of(token_of(padding + 2)), "malformed");
  EXPECT_EQ(Of(std::string(1'000'000, 'A')), "malformed");
}

TEST_F(VerifierTest, RefusesAHeaderThatItDoesNotUnderstand) {
  const auto of_header = [&](std::string_view header) {
    return Of(Ec().Sign("ES256", header, kGood));
  };
  EXPECT_EQ(of_header(R"({"alg":"ES256","typ":"JWT","x5t":"a"})"), "ok");
  EXPECT_EQ(of_header(R"({"alg":"ES256","crit":["exp"],"exp":1})"), "malformed");
  EXPECT_EQ(of_header(R"({"alg":"ES256","crit":[]})"), "malformed");
  EXPECT_EQ(of_header(R"({"alg":"ES256","b64":false,"crit":["b64"]})"), "malformed");
  EXPECT_EQ(of_header(R"({"alg":"ES256","alg":"ES256"})"), "malformed");
  EXPECT_EQ(of_header(R"({"alg":"none","alg":"ES256"})"), "malformed");
  EXPECT_EQ(of_header(R"({"alg":"ES256","x":{"a":1,"a":2}})"), "malformed");
  EXPECT_EQ(of_header(R"({"alg":["ES256"]})"), "malformed");
  EXPECT_EQ(of_header(R"({"alg":"ES256","kid":7})"), "malformed");
  EXPECT_EQ(of_header(R"({})"), "malformed");
  EXPECT_EQ(of_header(R"(["ES256"])"), "malformed");
  EXPECT_EQ(of_header("ES256"), "malformed");
  EXPECT_EQ(of_header(base::Concat(R"({"alg":"ES256","x":)", std::string(500, '['),
                                   std::string(500, ']'), "}")),
            "malformed");
  EXPECT_EQ(of_header("{\"alg\":\"ES256\",\"x\":\"\xFF\"}"), "malformed");
}

TEST_F(VerifierTest, RefusesAnAlgorithmThatIsNotAllowed) {
  for (const char* name : {"none", "None", "nOnE", "", "HS384", "HS512", "ES512", "ES256K", "es256",
                           "Ed25519", "RSA-OAEP", "RS256 "}) {
    EXPECT_EQ(Of(Ec().Sign("ES256", base::Concat(R"({"alg":")", name, "\"}"), kGood)), "algorithm")
        << name;
  }
  // An algorithm that there is, in a configuration without it.
  Verifier strict(TokenRules{.algorithms = {Algorithm::kRs256}});
  strict.SetKeys(SetOf({Rsa().Jwk()}, {Algorithm::kRs256}));
  const auto failure = [&](std::string_view token) {
    return std::get<Refusal>(strict.Verify(token, kNow)).failure;
  };
  EXPECT_EQ(failure(Rsa().Token("PS256", kGood)), Failure::kAlgorithm);
  EXPECT_EQ(failure(Ec().Token("ES256", kGood)), Failure::kAlgorithm);
  EXPECT_TRUE(std::holds_alternative<TokenPtr>(strict.Verify(Rsa().Token("RS256", kGood), kNow)));
}

// The default is what DESIGN 5.7 has: no HS256, which makes a secret of the gateway's keys.
TEST(TokenRulesTest, AllowFourAlgorithmsUnlessOthersAreNamed) {
  EXPECT_EQ(TokenRules().algorithms, (AlgorithmSet{Algorithm::kRs256, Algorithm::kPs256,
                                                   Algorithm::kEs256, Algorithm::kEdDsa}));
}

// The public key, which everybody knows, as the secret of an HMAC.
TEST_F(VerifierTest, RefusesAPublicKeyThatIsUsedAsASecret) {
  verifier_.SetKeys(SetOf({Rsa().Jwk(R"("kid":"r")"), Ec().Jwk()}));
  const SigningKey forged = SigningKey::Secret(Rsa().Jwk(R"("kid":"r")"));
  EXPECT_EQ(Of(forged.Token("HS256", kGood, "r")), "key");
  EXPECT_EQ(Of(forged.Token("HS256", kGood)), "key");
}

TEST_F(VerifierTest, RefusesAKeyOfAnotherTypeThanTheAlgorithms) {
  EXPECT_EQ(Of(Ec().Token("ES256", kGood, "r")), "key");  // "r" is an RSA key
  EXPECT_EQ(Of(SigningKey::P384().Token("ES384", kGood)), "key");
  EXPECT_EQ(Of(SigningKey::Ed25519().Token("EdDSA", kGood)), "key");
  verifier_.SetKeys(SetOf({Rsa().Jwk(R"("kid":"r","alg":"PS256")")}));
  EXPECT_EQ(Of(Rsa().Token("RS256", kGood, "r")), "key");
  EXPECT_EQ(Of(Rsa().Token("RS256", kGood)), "key");
  EXPECT_EQ(Of(Rsa().Token("PS256", kGood, "r")), "ok");
}

TEST_F(VerifierTest, RefusesAKeyThatIsThereAndCannotBeUsed) {
  const SigningKey weak = SigningKey::Rsa(1024);
  verifier_.SetKeys(
      SetOf({Ec().Jwk(), weak.Jwk(R"("kid":"weak")"), Rsa().Jwk(R"("kid":"enc","use":"enc")"),
             Rsa().Jwk(R"("kid":"ops","key_ops":["encrypt"])")}));
  // Newer keys would not help: it is not unknown.
  EXPECT_EQ(Of(weak.Token("RS256", kGood, "weak")), "key");
  EXPECT_EQ(Of(Rsa().Token("RS256", kGood, "enc")), "key");
  EXPECT_EQ(Of(Rsa().Token("RS256", kGood, "ops")), "key");
}

TEST_F(VerifierTest, AsksForNewerKeysWhereTheKidIsUnknown) {
  EXPECT_EQ(Of(Rsa().Token("RS256", kGood, "new")), "unknown key");
  verifier_.SetKeys(SetOf({Rsa().Jwk(R"("kid":"new")")}));
  EXPECT_EQ(Of(Rsa().Token("RS256", kGood, "new")), "ok");
  Verifier without_keys((TokenRules()));
  EXPECT_TRUE(
      std::holds_alternative<UnknownKey>(without_keys.Verify(Rsa().Token("RS256", kGood), kNow)));
  // What no key would make good is refused at once.
  EXPECT_TRUE(std::holds_alternative<Refusal>(without_keys.Verify("a.b.c", kNow)));
}

TEST_F(VerifierTest, WithoutAKidEveryKeyThatFitsIsTried) {
  std::vector<std::string> jwks;
  for (int i = 0; i < 20; ++i) jwks.push_back(SigningKey::P256().Jwk());
  jwks.push_back(Ec().Jwk());
  verifier_.SetKeys(SetOf(jwks));
  EXPECT_EQ(Of(Ec().Token("ES256", kGood)), "ok");
  EXPECT_EQ(Of(SigningKey::P256().Token("ES256", kGood)), "signature");
}

TEST_F(VerifierTest, SeveralKeysWithOneKidAreAllTried) {
  const SigningKey other = SigningKey::P256();
  verifier_.SetKeys(
      SetOf({other.Jwk(R"("kid":"a")"), Ec().Jwk(R"("kid":"a")"), Rsa().Jwk(R"("kid":"a")")}));
  EXPECT_EQ(Of(Ec().Token("ES256", kGood, "a")), "ok");
  EXPECT_EQ(Of(other.Token("ES256", kGood, "a")), "ok");
  EXPECT_EQ(Of(Rsa().Token("RS256", kGood, "a")), "ok");
  EXPECT_EQ(Of(SigningKey::P256().Token("ES256", kGood, "a")), "signature");
}

TEST_F(VerifierTest, RefusesAnotherSignature) {
  const std::string token = Ec().Token("ES256", kGood);
  const std::string signed_part = token.substr(0, token.rfind('.') + 1);
  const std::string other = Ec().Token(
      "ES256", R"({"iss":"https://issuer","aud":"gateway","sub":"eve","exp":1800000600})");
  EXPECT_EQ(Of(SigningKey::P256().Token("ES256", kGood)), "signature");
  // The payload of one with the signature of the other.
  EXPECT_EQ(Of(other.substr(0, other.rfind('.')) + token.substr(token.rfind('.'))), "signature");
  EXPECT_EQ(Of(signed_part), "signature");  // none
  EXPECT_EQ(Of(signed_part + EncodeBase64Url(std::string(64, '\0'))), "signature");
  EXPECT_EQ(Of(signed_part + EncodeBase64Url(std::string(64, '\xFF'))), "signature");
  EXPECT_EQ(Of(signed_part + EncodeBase64Url(std::string(3'000, 'a'))), "signature");
  // The form of X.509 is not that of JWS (RFC 7518 section 3.4).
  EXPECT_EQ(Of(signed_part + EncodeBase64Url("0\x06\x02\x01\x01\x02\x01\x01")), "signature");
}

TEST_F(VerifierTest, ThePayloadIsReadAfterTheSignatureAlone) {
  const SigningKey stranger = SigningKey::P256();
  EXPECT_EQ(Of(stranger.Token("ES256", "{}")), "signature");
  EXPECT_EQ(Of(stranger.Token("ES256", R"({"exp":1})")), "signature");
}

TEST_F(VerifierTest, RefusesAPayloadThatIsNoSetOfClaims) {
  for (const char* payload :
       {"", "null", "[]", "\"x\"", "7", "{", R"({"exp":1800000600,"exp":1800000600})",
        R"({"exp":1800000600,"a":{"b":1,"b":1}})", R"([{"exp":1800000600}])",
        "{\"exp\":1800000600,\"a\":\"\xFF\"}", R"({"exp":1800000600}{})"}) {
    EXPECT_EQ(OfPayload(payload), "malformed") << payload;
  }
  EXPECT_EQ(OfPayload(base::Concat(R"({"exp":1800000600,"a":)", std::string(500, '['),
                                   std::string(500, ']'), "}")),
            "malformed");
  EXPECT_EQ(OfPayload(R"({"iss":"https://issuer","aud":"all","exp":1800000600,"sub":7})"),
            "malformed");
}

TEST_F(VerifierTest, RefusesATimeThatIsNone) {
  const auto of_claims = [&](std::string_view claims) {
    return OfPayload(base::Concat(R"({"iss":"https://issuer","aud":"gateway",)", claims, "}"));
  };
  EXPECT_EQ(of_claims(R"("sub":"a")"), "malformed");  // no exp
  for (const char* exp : {"\"1800000600\"", "null", "true", "[]", "{}", "-1", "-0.5", "1e300",
                          "1e15", "253402300800", "18446744073709551616"}) {
    EXPECT_EQ(of_claims(base::Concat(R"("exp":)", exp)), "malformed") << exp;
    EXPECT_EQ(of_claims(base::Concat(R"("exp":1800000600,"nbf":)", exp)), "malformed") << exp;
    EXPECT_EQ(of_claims(base::Concat(R"("exp":1800000600,"iat":)", exp)), "malformed") << exp;
  }
  EXPECT_EQ(of_claims(R"("exp":253402300799)"), "ok");  // the last second of the year 9999
  EXPECT_EQ(of_claims(R"("exp":1.8000006e9)"), "ok");
  EXPECT_EQ(of_claims(R"("exp":0)"), "expired");
  // When it was issued says nothing about when it is good.
  EXPECT_EQ(of_claims(R"("exp":1800000600,"iat":1900000000)"), "ok");
}

// 30 s of leeway, on both sides (DESIGN 5.7).
TEST_F(VerifierTest, IsStrictAtTheBordersOfTime) {
  const std::string token = Ec().Token("ES256", R"({"iss":"https://issuer","aud":"gateway",)"
                                                R"("nbf":1800000100,"exp":1800000200})");
  EXPECT_EQ(Of(token, kNow + milliseconds(69'999)), "not_yet");
  EXPECT_EQ(Of(token, kNow + seconds(70)), "ok");
  EXPECT_EQ(Of(token, kNow + milliseconds(229'999)), "ok");
  EXPECT_EQ(Of(token, kNow + seconds(230)), "expired");
  EXPECT_EQ(Of(token, kNow + seconds(300)), "expired");
  const std::string fraction =
      Ec().Token("ES256", R"({"iss":"https://issuer","aud":"gateway","exp":1800000200.25})");
  EXPECT_EQ(Of(fraction, kNow + milliseconds(230'249)), "ok");
  EXPECT_EQ(Of(fraction, kNow + milliseconds(230'250)), "expired");
}

// The log says whose token it was, where that is known to be true.
TEST_F(VerifierTest, ARefusalNamesTheSubjectOfARightSignatureAlone) {
  const auto subject = [&](const SigningKey& key, std::string_view claims) {
    const std::string token =
        key.Token("ES256", base::Concat(R"({"sub":"ann","iss":"https://issuer",)", claims, "}"));
    return std::get<Refusal>(verifier_.Verify(token, kNow)).subject;
  };
  EXPECT_EQ(subject(Ec(), R"("exp":1)"), "ann");
  EXPECT_EQ(subject(Ec(), R"("exp":1800000600,"aud":"other")"), "ann");
  EXPECT_EQ(subject(SigningKey::P256(), R"("exp":1)"), "");
}

TEST_F(VerifierTest, RefusesAnotherIssuer) {
  const auto of_issuer = [&](std::string_view member) {
    return OfPayload(base::Concat(R"({"aud":"gateway","exp":1800000600)", member, "}"));
  };
  EXPECT_EQ(of_issuer(R"(,"iss":"https://issuer")"), "ok");
  EXPECT_EQ(of_issuer(R"(,"iss":"https://old-issuer")"), "ok");
  for (const char* member : {"", R"(,"iss":"")", R"(,"iss":"https://issuer/")",
                             R"(,"iss":"https://ISSUER")", R"(,"iss":"https://issue")",
                             R"(,"iss":["https://issuer"])", R"(,"iss":7)", R"(,"iss":null)"}) {
    EXPECT_EQ(of_issuer(member), "issuer") << member;
  }
}

TEST_F(VerifierTest, RefusesAnotherAudience) {
  const auto of_audience = [&](std::string_view member) {
    return OfPayload(base::Concat(R"({"iss":"https://issuer","exp":1800000600)", member, "}"));
  };
  EXPECT_EQ(of_audience(R"(,"aud":"gateway")"), "ok");
  EXPECT_EQ(of_audience(R"(,"aud":["other","all"])"), "ok");
  for (const char* member :
       {"", R"(,"aud":"")", R"(,"aud":"gatewa")", R"(,"aud":"Gateway")", R"(,"aud":[])",
        R"(,"aud":["other"])", R"(,"aud":["gateway",7])", R"(,"aud":[["gateway"]])",
        R"(,"aud":{"gateway":1})", R"(,"aud":7)", R"(,"aud":"gateway all")"}) {
    EXPECT_EQ(of_audience(member), "audience") << member;
  }
}

TEST_F(VerifierTest, WithoutIssuersAndAudiencesAnyWillDo) {
  Verifier verifier{TokenRules()};
  verifier.SetKeys(SetOf({Ec().Jwk()}));
  const auto good = [&](std::string_view payload) {
    return std::holds_alternative<TokenPtr>(verifier.Verify(Ec().Token("ES256", payload), kNow));
  };
  EXPECT_TRUE(good(R"({"exp":1800000600})"));
  EXPECT_TRUE(good(R"({"exp":1800000600,"iss":"x","aud":["y"]})"));
}

TEST_F(VerifierTest, ATokenThatHasBeenVerifiedIsNotVerifiedAgain) {
  const std::string token = Ec().Token("ES256", kGood);
  const auto first = std::get<TokenPtr>(verifier_.Verify(token, kNow));
  EXPECT_EQ(std::get<TokenPtr>(verifier_.Verify(token, kNow)), first);  // the same object
  EXPECT_EQ(verifier_.cache().entries(), 1U);
  // Another signature of the same claims is another token.
  const auto other = std::get<TokenPtr>(verifier_.Verify(Ec().Token("ES256", kGood), kNow));
  EXPECT_NE(other, first);
  EXPECT_EQ(Of("a.b.c"), "malformed");
  EXPECT_EQ(Of(SigningKey::P256().Token("ES256", kGood)), "signature");
  EXPECT_EQ(verifier_.cache().entries(), 2U);  // what is refused is not kept
  EXPECT_EQ(Of(token, kNow + seconds(630)), "expired");
}

TEST_F(VerifierTest, AKeyThatHasGoneTakesItsTokensWithIt) {
  const std::string token = Ec().Token("ES256", kGood);
  EXPECT_EQ(Of(token), "ok");
  verifier_.SetKeys(SetOf({SigningKey::P256().Jwk()}));
  EXPECT_EQ(verifier_.cache().entries(), 0U);
  EXPECT_EQ(Of(token), "signature");
}

TEST_F(VerifierTest, ManyThreadsVerifyWhileKeysChange) {
  const std::string good = Ec().Token("ES256", kGood);
  const std::string bad = SigningKey::P256().Token("ES256", kGood);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        EXPECT_TRUE(std::holds_alternative<TokenPtr>(verifier_.Verify(good, kNow)));
        if (i % 50 == 0) {
          EXPECT_FALSE(std::holds_alternative<TokenPtr>(verifier_.Verify(bad, kNow)));
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) verifier_.SetKeys(SetOf({Ec().Jwk(), SigningKey::P256().Jwk()}));
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ssegw::auth
