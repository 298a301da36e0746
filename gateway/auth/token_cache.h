#ifndef SSEGW_GATEWAY_AUTH_TOKEN_CACHE_H_
#define SSEGW_GATEWAY_AUTH_TOKEN_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>

#include "absl/container/flat_hash_map.h"
#include "gateway/auth/token.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::auth {

// SHA-256 of a compact token. Nobody has two tokens with one, so it stands for all of its bytes,
// signature too.
using TokenDigest = std::array<uint8_t, 32>;

struct TokenCacheLimits {
  size_t max_entries = 16'384;
  size_t max_bytes = size_t{16} * 1024 * 1024;
};

// Tokens that have been verified: who reconnects with the same one costs no signature check. Tokens
// that were refused are not kept: anybody makes as many of them as he likes.
//
// Thread: any. A lock guards one of the parts, and nothing slow is done under it.
// Cost:   of Find: a lock, a look-up, no allocation.
class TokenCache {
 public:
  explicit TokenCache(TokenCacheLimits limits);

  // Null: it is not there, it was verified with keys of another generation, or it has ended.
  TokenPtr Find(const TokenDigest& digest, uint64_t generation, base::WallTime now);
  // What has not been used for longest makes room. A token larger than a part's share of max_bytes
  // is not kept.
  void Insert(const TokenDigest& digest, uint64_t generation, TokenPtr token);
  void Clear();

  size_t entries() const;
  size_t bytes() const;

 private:
  static constexpr size_t kParts = 16;

  struct Entry {
    TokenDigest digest;
    uint64_t generation = 0;
    size_t bytes = 0;
    TokenPtr token;
  };
  struct DigestHash {
    size_t operator()(const TokenDigest& digest) const {
      size_t hash = 0;
      std::memcpy(&hash, digest.data(), sizeof(hash));
      return hash;
    }
  };
  struct Part {
    mutable base::Mutex mutex;
    std::list<Entry> by_use ABSL_GUARDED_BY(mutex);  // the last used one first
    absl::flat_hash_map<TokenDigest, std::list<Entry>::iterator, DigestHash> by_digest
        ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;

    std::list<Entry> Take(const TokenDigest& digest) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    std::list<Entry> TakeOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  };

  Part& PartOf(const TokenDigest& digest) { return parts_[digest.back() % kParts]; }

  const size_t max_entries_;  // of a part
  const size_t max_bytes_;
  std::array<Part, kParts> parts_;
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_TOKEN_CACHE_H_
