#include "gateway/auth/verifier.h"

#include <openssl/evp.h>

#include <optional>
#include <string_view>
#include <variant>

#include "gateway/auth/jws.h"

namespace ssegw::auth {
namespace {

TokenDigest DigestOf(std::string_view compact) {
  // Fetched once: each use of EVP_sha256() looks for an implementation again.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  TokenDigest digest{};
  EVP_Digest(compact.data(), compact.size(), digest.data(), nullptr, sha256, nullptr);
  return digest;
}

enum class SignatureResult : uint8_t { kGood, kUnknownKey, kNoKeyFits, kBad };

// A key without a kid of its own verifies only tokens without one.
bool HasKid(const Key& key, const std::optional<std::string>& kid) {
  return !kid || key.kid == kid;
}

SignatureResult CheckSignature(const Jws& jws, const KeySet* keys) {
  if (keys == nullptr) return SignatureResult::kUnknownKey;
  SignatureResult result = jws.kid ? SignatureResult::kUnknownKey : SignatureResult::kNoKeyFits;
  for (const Key& key : keys->keys()) {
    if (!HasKid(key, jws.kid)) continue;
    if (result == SignatureResult::kUnknownKey) result = SignatureResult::kNoKeyFits;
    if (!key.verification || !key.algorithms.Has(jws.algorithm)) continue;
    if (key.verification->Verify(jws.algorithm, jws.signed_part, jws.signature)) {
      return SignatureResult::kGood;
    }
    result = SignatureResult::kBad;
  }
  return result;
}

}  // namespace

void Verifier::SetKeys(std::shared_ptr<const KeySet> keys) {
  {
    const base::MutexLock lock(mutex_);
    keys_.set.swap(keys);
    ++keys_.generation;
  }
  cache_.Clear();
}

Verifier::Keys Verifier::keys() const {
  const base::MutexLock lock(mutex_);
  return keys_;
}

Verified Verifier::Verify(std::string_view compact, base::WallTime now) {
  // Nothing is hashed that no token can be.
  if (compact.size() > kMaxTokenBytes) return VerifyAnew(compact, nullptr, now);
  const Keys keys = this->keys();
  const TokenDigest digest = DigestOf(compact);
  if (TokenPtr known = cache_.Find(digest, keys.generation, now)) return known;
  Verified verified = VerifyAnew(compact, keys.set.get(), now);
  if (const auto* const token = std::get_if<TokenPtr>(&verified)) {
    cache_.Insert(digest, keys.generation, *token);
  }
  return verified;
}

Verified Verifier::VerifyAnew(std::string_view compact, const KeySet* keys,
                              base::WallTime now) const {
  const std::variant<Jws, Refusal> parsed = ParseJws(compact, rules_.algorithms);
  if (const auto* const refusal = std::get_if<Refusal>(&parsed)) return *refusal;
  const auto& jws = std::get<Jws>(parsed);
  switch (CheckSignature(jws, keys)) {
    case SignatureResult::kGood:
      break;
    case SignatureResult::kUnknownKey:
      return UnknownKey();
    case SignatureResult::kNoKeyFits:
      return Refusal{.failure = Failure::kKey, .text = "fits none of the keys"};
    case SignatureResult::kBad:
      return Refusal{.failure = Failure::kSignature, .text = "has a wrong signature"};
  }
  std::variant<Token, Refusal> read = ReadToken(jws.payload, rules_, now);
  if (const auto* const refusal = std::get_if<Refusal>(&read)) return *refusal;
  return std::make_shared<const Token>(std::get<Token>(std::move(read)));
}

}  // namespace ssegw::auth
