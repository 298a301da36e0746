#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/auth/jws.h"
#include "gateway/auth/key_set.h"
#include "gateway/auth/token_rules.h"
#include "gateway/auth/verifier.h"
#include "internal/base/time.h"
#include "tests/testing/token_signer.h"

namespace ssegw::bench {
namespace {

using testing::SigningKey;

constexpr std::string_view kClaims =
    R"({"iss":"https://issuer.example/","sub":"host-1","aud":"dashboards","iat":1764460800,)"
    R"("exp":7258118400,"topics":["dashboards.eu.>","alerts.*"],"tenant":"acme"})";

struct Issuer {
  SigningKey key = SigningKey::P256();
  std::shared_ptr<const auth::KeySet> keys = *auth::KeySet::Parse(
      testing::KeySetOf({key.Jwk(R"("kid":"a")")}), auth::TokenRules().algorithms);
  std::string token = key.Token("ES256", kClaims, "a");
};

// What OpenSSL's verification takes, which is in all of the next.
void Signature(benchmark::State& state) {
  const Issuer issuer;
  const auto parsed = auth::ParseJws(issuer.token, auth::TokenRules().algorithms);
  const auto& jws = std::get<auth::Jws>(parsed);
  const auth::VerificationKey& key = *issuer.keys->keys().front().verification;
  for (auto _ : state) {
    benchmark::DoNotOptimize(key.Verify(jws.algorithm, jws.signed_part, jws.signature));
  }
}
BENCHMARK(Signature)->Name("token/signature_es256");

// Whatever comes before the signature and after it.
void Read(benchmark::State& state) {
  const Issuer issuer;
  const auth::TokenRules rules;
  const base::WallTime now = base::Moment::Now().wall;
  for (auto _ : state) {
    const auto jws = auth::ParseJws(issuer.token, rules.algorithms);
    benchmark::DoNotOptimize(auth::ReadToken(std::get<auth::Jws>(jws).payload, rules, now));
  }
}
BENCHMARK(Read)->Name("token/read");

void Known(benchmark::State& state) {
  const Issuer issuer;
  auth::Verifier verifier{auth::TokenRules()};
  verifier.SetKeys(issuer.keys);
  const base::WallTime now = base::Moment::Now().wall;
  for (auto _ : state) benchmark::DoNotOptimize(verifier.Verify(issuer.token, now));
}
BENCHMARK(Known)->Name("token/known");

}  // namespace
}  // namespace ssegw::bench
