#ifndef SSEGW_GATEWAY_AUTH_VERIFIER_H_
#define SSEGW_GATEWAY_AUTH_VERIFIER_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "gateway/auth/key_set.h"
#include "gateway/auth/token.h"
#include "gateway/auth/token_cache.h"
#include "gateway/auth/token_rules.h"
#include "gateway/auth/token_source.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::auth {

// Verifies tokens with the keys that it has at the moment.
//
// Owns:   the keys' share, and the cache of verified tokens.
// Thread: any.
// Errors: a Failure for each way in which a token is refused; nothing throws.
// Cost:   one signature check for each key that fits: with a kid seldom more than one; without a
//         kid up to all of a set's KeySet::kMaxKeys. A token that is known: a hash of it, a lock.
class Verifier : public TokenVerifier {
 public:
  // Until the first SetKeys every token names an unknown key.
  explicit Verifier(TokenRules rules, TokenCacheLimits cache = {})
      : rules_(std::move(rules)), cache_(cache) {}

  // Tokens that come from now on are verified with these, also those that have been verified
  // before: a key that has gone takes its tokens with it. Not null.
  void SetKeys(std::shared_ptr<const KeySet> keys);

  Verified Verify(std::string_view compact, base::WallTime now) override;

  const TokenRules& rules() const { return rules_; }
  const TokenCache& cache() const { return cache_; }

 private:
  struct Keys {
    std::shared_ptr<const KeySet> set;  // null: there is none yet
    uint64_t generation = 0;
  };

  Keys keys() const;
  Verified VerifyAnew(std::string_view compact, const KeySet* keys, base::WallTime now) const;

  const TokenRules rules_;
  TokenCache cache_;
  mutable base::Mutex mutex_;
  Keys keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_VERIFIER_H_
