#include "gateway/auth/token_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace ssegw::auth {
namespace {

using std::chrono::seconds;

constexpr base::WallTime kNow{seconds(1'800'000'000)};

TokenDigest DigestOf(uint64_t n) {
  std::mt19937_64 random(n);
  TokenDigest digest{};
  for (uint8_t& byte : digest) byte = static_cast<uint8_t>(random());
  return digest;
}

TokenPtr TokenOf(std::string subject = "ann", base::WallTime ends_at = kNow + seconds(60)) {
  return std::make_shared<const Token>(Token{
      .subject = std::move(subject), .expires_at = ends_at, .ends_at = ends_at, .claims = {}});
}

TEST(TokenCacheTest, FindsWhatWasInsertedUntilItEnds) {
  TokenCache cache({});
  const TokenPtr token = TokenOf();
  EXPECT_EQ(cache.Find(DigestOf(1), 1, kNow), nullptr);
  cache.Insert(DigestOf(1), 1, token);
  EXPECT_EQ(cache.Find(DigestOf(1), 1, kNow), token);
  EXPECT_EQ(cache.Find(DigestOf(2), 1, kNow), nullptr);
  EXPECT_EQ(cache.Find(DigestOf(1), 1, kNow + seconds(59)), token);
  EXPECT_EQ(cache.Find(DigestOf(1), 1, kNow + seconds(60)), nullptr);
  EXPECT_EQ(cache.entries(), 0U);  // what has ended goes
  EXPECT_EQ(cache.bytes(), 0U);
}

// A verification may begin before new keys come and end after them.
TEST(TokenCacheTest, WhatWasVerifiedWithOtherKeysIsNotFound) {
  TokenCache cache({});
  cache.Insert(DigestOf(1), 1, TokenOf());
  EXPECT_EQ(cache.Find(DigestOf(1), 2, kNow), nullptr);
  cache.Insert(DigestOf(1), 2, TokenOf());
  EXPECT_NE(cache.Find(DigestOf(1), 2, kNow), nullptr);
  EXPECT_EQ(cache.entries(), 1U);
  cache.Clear();
  EXPECT_EQ(cache.Find(DigestOf(1), 2, kNow), nullptr);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(TokenCacheTest, NeverHoldsMoreThanItsLimits) {
  TokenCache cache({.max_entries = 160, .max_bytes = size_t{1} << 20});
  for (uint64_t n = 0; n < 2'000; ++n) {
    cache.Insert(DigestOf(n), 1, TokenOf());
    ASSERT_LE(cache.entries(), 160U);
  }
  EXPECT_GT(cache.entries(), 140U);

  TokenCache narrow({.max_entries = 1'000'000, .max_bytes = 160'000});
  for (uint64_t n = 0; n < 1'000; ++n) {
    narrow.Insert(DigestOf(n), 1, TokenOf(std::string(2'000, 's')));
    ASSERT_LE(narrow.bytes(), 160'000U);
  }
  EXPECT_GT(narrow.entries(), 40U);
  const size_t before = narrow.entries();
  narrow.Insert(DigestOf(5'000), 1, TokenOf(std::string(20'000, 's')));  // more than a part holds
  EXPECT_EQ(narrow.Find(DigestOf(5'000), 1, kNow), nullptr);
  EXPECT_EQ(narrow.entries(), before);
}

TEST(TokenCacheTest, WhatIsUsedStays) {
  TokenCache cache({.max_entries = 160, .max_bytes = size_t{1} << 20});
  cache.Insert(DigestOf(0), 1, TokenOf());
  for (uint64_t n = 1; n < 2'000; ++n) {
    cache.Insert(DigestOf(n), 1, TokenOf());
    ASSERT_NE(cache.Find(DigestOf(0), 1, kNow), nullptr) << n;
  }
  EXPECT_EQ(cache.Find(DigestOf(1), 1, kNow), nullptr);
}

TEST(TokenCacheTest, ManyThreadsUseIt) {
  TokenCache cache({.max_entries = 64, .max_bytes = size_t{1} << 20});
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      std::mt19937_64 random(t);
      for (int i = 0; i < 5'000; ++i) {
        const uint64_t n = random() % 200;
        const TokenPtr token = cache.Find(DigestOf(n), 1, kNow);
        // Of each digest there is one token.
        if (token != nullptr) {
          ASSERT_EQ(token->subject, std::to_string(n));
        }
        if (token == nullptr) cache.Insert(DigestOf(n), 1, TokenOf(std::to_string(n)));
        if (i % 1'000 == 0) cache.Clear();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.entries(), 64U);
}

}  // namespace
}  // namespace ssegw::auth
