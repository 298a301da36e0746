// The examples of the RFCs: what they say is signed verifies, and no bit of it may change.
#include "tests/unit/auth/vectors.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "gateway/auth/jws.h"
#include "gateway/auth/key_set.h"
#include "gateway/auth/verifier.h"
#include "internal/base/concat.h"
#include "internal/base/enum_array.h"

namespace ssegw::auth {
namespace {

AlgorithmSet Every() {
  AlgorithmSet all;
  for (const Algorithm algorithm : base::AllOf<Algorithm>()) all.Add(algorithm);
  return all;
}

std::shared_ptr<const KeySet> SetOf(std::string_view jwk) {
  auto set = KeySet::Parse(base::Concat(R"({"keys":[)", jwk, "]}"), Every());
  EXPECT_TRUE(set.ok()) << set.status();
  return set.ok() ? *set : nullptr;
}

struct SignedVector {
  const char* name;
  Vector vector;
  Algorithm algorithm;
};

class SignedVectorTest : public testing::TestWithParam<SignedVector> {};

TEST_P(SignedVectorTest, VerifiesAndNothingElseDoes) {
  const auto set = SetOf(GetParam().vector.jwk);
  ASSERT_TRUE(set);
  const auto parsed = ParseJws(GetParam().vector.compact, Every());
  ASSERT_TRUE(std::holds_alternative<Jws>(parsed));
  const auto& jws = std::get<Jws>(parsed);
  EXPECT_EQ(jws.algorithm, GetParam().algorithm);
  const VerificationKey& key = *set->keys().front().verification;
  EXPECT_TRUE(key.Verify(jws.algorithm, jws.signed_part, jws.signature));

  for (size_t bit = 0; bit < jws.signature.size() * 8; ++bit) {
    std::string flipped = jws.signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(key.Verify(jws.algorithm, jws.signed_part, flipped)) << "bit " << bit;
  }
  for (size_t size = 0; size < jws.signature.size(); ++size) {
    ASSERT_FALSE(key.Verify(jws.algorithm, jws.signed_part, jws.signature.substr(0, size)));
  }
  EXPECT_FALSE(key.Verify(jws.algorithm, jws.signed_part, jws.signature + '\0'));
  const std::string other = base::Concat(jws.signed_part, "A");
  EXPECT_FALSE(key.Verify(jws.algorithm, other, jws.signature));
  for (const Algorithm algorithm : base::AllOf<Algorithm>()) {
    if (algorithm == jws.algorithm) continue;
    EXPECT_FALSE(key.Verify(algorithm, jws.signed_part, jws.signature)) << NameOf(algorithm);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rfcs, SignedVectorTest,
    testing::Values(SignedVector{"Rfc7515A1", kRfc7515A1, Algorithm::kHs256},
                    SignedVector{"Rfc7515A2", kRfc7515A2, Algorithm::kRs256},
                    SignedVector{"Rfc7515A3", kRfc7515A3, Algorithm::kEs256},
                    SignedVector{"Rfc7520Section41", kRfc7520Section41, Algorithm::kRs256},
                    SignedVector{"Rfc7520Section42", kRfc7520Section42, Algorithm::kPs384},
                    SignedVector{"Rfc7520Section44", kRfc7520Section44, Algorithm::kHs256},
                    SignedVector{"Rfc8037A4", kRfc8037A4, Algorithm::kEdDsa}),
    [](const auto& instance) { return std::string(instance.param.name); });

// Those whose payload is a set of claims are tokens.
TEST(VectorsTest, AreTokensUntilTheyExpire) {
  constexpr base::WallTime kExpiry{std::chrono::seconds(kRfc7515Expiry)};
  for (const Vector& vector : {kRfc7515A1, kRfc7515A2, kRfc7515A3}) {
    Verifier verifier({.algorithms = Every(), .issuers = {"joe"}, .audiences = {}});
    verifier.SetKeys(SetOf(vector.jwk));
    const Verified good = verifier.Verify(vector.compact, kExpiry);
    ASSERT_TRUE(std::holds_alternative<TokenPtr>(good));
    const Token& token = *std::get<TokenPtr>(good);
    EXPECT_EQ(token.expires_at, kExpiry);
    EXPECT_EQ(std::get<std::string>(token.claims.at("iss")), "joe");
    EXPECT_EQ(token.claims.at("http://example.com/is_root"), Claim(OtherClaim()));
    const Verified late = verifier.Verify(vector.compact, kExpiry + std::chrono::seconds(30));
    EXPECT_EQ(std::get<Refusal>(late).failure, Failure::kExpired);
  }
}

// RFC 7519 section 6.1 is RFC 7515 appendix A.5: a token without a signature.
TEST(VectorsTest, WhatNoConfigurationAllowsIsRefusedAsAnAlgorithm) {
  for (const Vector& vector : {kRfc7515A4, kRfc7515A5, kRfc7520Section43}) {
    const auto parsed = ParseJws(vector.compact, Every());
    ASSERT_TRUE(std::holds_alternative<Refusal>(parsed));
    EXPECT_EQ(std::get<Refusal>(parsed).failure, Failure::kAlgorithm);
  }
  // And their keys are no keys.
  for (const Vector& vector : {kRfc7515A4, kRfc7520Section43}) {
    EXPECT_FALSE(KeySet::Parse(base::Concat(R"({"keys":[)", vector.jwk, "]}"), Every()).ok());
  }
}

}  // namespace
}  // namespace ssegw::auth
