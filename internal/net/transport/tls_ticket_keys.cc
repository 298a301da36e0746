#include "internal/net/transport/tls_ticket_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace ssegw::net {
namespace {

// One secret for each use: what HMAC makes of the purpose's name.
std::array<uint8_t, 32> Derive(const base::SecretKey& secret, std::string_view purpose) {
  std::array<uint8_t, 32> derived;
  unsigned int size = 0;
  const uint8_t* const made =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const uint8_t*>(purpose.data()), purpose.size(), derived.data(), &size);
  if (made == nullptr || size != derived.size()) std::abort();  // only without memory
  return derived;
}

TlsTicketKeys::Key KeyOf(const base::SecretKey& secret) {
  TlsTicketKeys::Key key{.name = {},
                         .cipher = Derive(secret, "tls ticket cipher"),
                         .mac = Derive(secret, "tls ticket mac")};
  std::ranges::copy_n(Derive(secret, "tls ticket name").begin(), key.name.size(), key.name.begin());
  return key;
}

TlsTicketKeys::Key NewKey() {
  base::SecretKey secret;
  // Without random numbers there is no TLS.
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) std::abort();
  return KeyOf(secret);
}

}  // namespace

TlsTicketKeys::TlsTicketKeys() : keys_{NewKey()}, rotates_at_(base::Now() + kTicketLife) {}

void TlsTicketKeys::Set(std::span<const base::SecretKey> keys) {
  std::vector<Key> derived;
  derived.reserve(keys.size());
  for (const base::SecretKey& secret : keys) derived.push_back(KeyOf(secret));
  base::MutexLock lock(mutex_);
  keys_ = std::move(derived);
  rotates_at_ = base::TimePoint::max();
}

void TlsTicketKeys::RotateLocked(base::TimePoint now) {
  if (now < rotates_at_) return;
  // What nobody has used for two lives opens nothing any more.
  const bool still_opens = now < rotates_at_ + kTicketLife;
  keys_.resize(still_opens ? 1 : 0);
  keys_.insert(keys_.begin(), NewKey());
  rotates_at_ = now + kTicketLife;
}

TlsTicketKeys::Key TlsTicketKeys::Sealing(base::TimePoint now) {
  base::MutexLock lock(mutex_);
  RotateLocked(now);
  return keys_.front();
}

std::optional<TlsTicketKeys::Found> TlsTicketKeys::Find(std::span<const uint8_t> name,
                                                        base::TimePoint now) {
  base::MutexLock lock(mutex_);
  RotateLocked(now);
  for (const Key& key : keys_) {
    if (std::ranges::equal(key.name, name)) return Found{key, &key == &keys_.front()};
  }
  return std::nullopt;
}

}  // namespace ssegw::net
