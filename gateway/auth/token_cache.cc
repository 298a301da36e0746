#include "gateway/auth/token_cache.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ssegw::auth {
namespace {

// An entry with its node, its place in the table, the token's control block.
constexpr size_t kEntryBytes = 320;
// A claim with its node.
constexpr size_t kClaimBytes = 160;

size_t BytesOf(const Token& token) {
  size_t bytes = kEntryBytes + token.subject.capacity();
  for (const auto& [name, claim] : token.claims) {
    bytes += kClaimBytes + name.capacity();
    if (const auto* const text = std::get_if<std::string>(&claim)) bytes += text->capacity();
    if (const auto* const list = std::get_if<StringList>(&claim)) {
      for (const std::string& text : list->strings) bytes += sizeof(std::string) + text.capacity();
    }
  }
  return bytes;
}

}  // namespace

TokenCache::TokenCache(TokenCacheLimits limits)
    : max_entries_(std::max<size_t>(limits.max_entries / kParts, 1)),
      max_bytes_(limits.max_bytes / kParts) {}

// What is taken out is destroyed by the caller, after the lock.
std::list<TokenCache::Entry> TokenCache::Part::Take(const TokenDigest& digest) {
  std::list<Entry> taken;
  const auto found = by_digest.find(digest);
  if (found == by_digest.end()) return taken;
  bytes -= found->second->bytes;
  taken.splice(taken.begin(), by_use, found->second);
  by_digest.erase(found);
  return taken;
}

std::list<TokenCache::Entry> TokenCache::Part::TakeOldest() {
  const TokenDigest digest = by_use.back().digest;
  return Take(digest);
}

TokenPtr TokenCache::Find(const TokenDigest& digest, uint64_t generation, base::WallTime now) {
  Part& part = PartOf(digest);
  std::list<Entry> dropped;
  const base::MutexLock lock(part.mutex);
  const auto found = part.by_digest.find(digest);
  if (found == part.by_digest.end()) return nullptr;
  const Entry& entry = *found->second;
  if (entry.generation != generation || now >= entry.token->ends_at) {
    dropped = part.Take(digest);
    return nullptr;
  }
  part.by_use.splice(part.by_use.begin(), part.by_use, found->second);
  return entry.token;
}

void TokenCache::Insert(const TokenDigest& digest, uint64_t generation, TokenPtr token) {
  const size_t bytes = BytesOf(*token);
  if (bytes > max_bytes_) return;
  std::list<Entry> added;
  added.push_back(
      {.digest = digest, .generation = generation, .bytes = bytes, .token = std::move(token)});
  std::list<Entry> dropped;
  Part& part = PartOf(digest);
  const base::MutexLock lock(part.mutex);
  dropped.splice(dropped.end(), part.Take(digest));
  while (!part.by_use.empty() &&
         (part.by_use.size() >= max_entries_ || part.bytes + bytes > max_bytes_)) {
    dropped.splice(dropped.end(), part.TakeOldest());
  }
  part.by_digest.emplace(digest, added.begin());
  part.by_use.splice(part.by_use.begin(), added);
  part.bytes += bytes;
}

void TokenCache::Clear() {
  for (Part& part : parts_) {
    std::list<Entry> dropped;
    const base::MutexLock lock(part.mutex);
    part.by_digest.clear();
    dropped.swap(part.by_use);
    part.bytes = 0;
  }
}

size_t TokenCache::entries() const {
  size_t entries = 0;
  for (const Part& part : parts_) {
    const base::MutexLock lock(part.mutex);
    entries += part.by_use.size();
  }
  return entries;
}

size_t TokenCache::bytes() const {
  size_t bytes = 0;
  for (const Part& part : parts_) {
    const base::MutexLock lock(part.mutex);
    bytes += part.bytes;
  }
  return bytes;
}

}  // namespace ssegw::auth
