#include "gateway/auth/tickets.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "gateway/auth/base64url.h"

// Implementation notes
//
// A ticket's bytes: version, nonce, what is sealed, tag. The version is authenticated with the
// rest. What is sealed: expires_at in milliseconds (8 bytes, big-endian), the lengths of origin and
// subject (2 bytes each), both, and the grants with a space between them.
//
// A random nonce of 96 bits is safe for 2^32 tickets of one key (NIST SP 800-38D section 8.3). The
// text is checked as base64url to its last bit, so each ticket has one spelling.

namespace ssegw::auth {
namespace {

constexpr char kVersion = 1;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kHeadBytes = 1 + kNonceBytes;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// What OpenSSL only refuses for want of memory or entropy ends the process.
void Require(int ok) {
  if (ok != 1) std::abort();
}

void FillRandom(unsigned char* bytes, size_t count) {
  Require(RAND_bytes(bytes, static_cast<int>(count)));
}

std::string SealBytes(const base::SecretKey& key, std::string_view plain) {
  std::string out(kHeadBytes + plain.size() + kTagBytes, '\0');
  out[0] = kVersion;
  unsigned char* const nonce = Bytes(out) + 1;
  FillRandom(nonce, kNonceBytes);
  const Cipher cipher(EVP_CIPHER_CTX_new());
  Require(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce));
  int written = 0;
  Require(EVP_EncryptUpdate(cipher.get(), nullptr, &written, Bytes(out), 1));
  Require(EVP_EncryptUpdate(cipher.get(), Bytes(out) + kHeadBytes, &written, Bytes(plain),
                            static_cast<int>(plain.size())));
  Require(EVP_EncryptFinal_ex(cipher.get(), Bytes(out) + kHeadBytes + written, &written));
  Require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes),
                              Bytes(out) + kHeadBytes + plain.size()));
  return out;
}

// nullopt: it was sealed with another key, or changed. sealed has a head and a tag at least.
std::optional<std::string> OpenBytes(const base::SecretKey& key, std::string_view sealed) {
  const size_t size = sealed.size() - kHeadBytes - kTagBytes;
  std::string plain(size, '\0');
  std::string tag(sealed.substr(kHeadBytes + size));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  Require(
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), Bytes(sealed) + 1));
  int written = 0;
  Require(EVP_DecryptUpdate(cipher.get(), nullptr, &written, Bytes(sealed), 1));
  Require(EVP_DecryptUpdate(cipher.get(), Bytes(plain), &written, Bytes(sealed) + kHeadBytes,
                            static_cast<int>(size)));
  Require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes),
                              Bytes(tag)));
  if (EVP_DecryptFinal_ex(cipher.get(), Bytes(plain) + written, &written) != 1) return std::nullopt;
  return plain;
}

void AppendNumber(std::string& out, uint64_t number, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) out += static_cast<char>(number >> (8 * i));
}

// nullopt: there is less.
std::optional<std::string_view> TakeBytes(std::string_view& rest, size_t bytes) {
  if (rest.size() < bytes) return std::nullopt;
  const std::string_view taken = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return taken;
}

std::optional<uint64_t> TakeNumber(std::string_view& rest, size_t bytes) {
  const std::optional<std::string_view> taken = TakeBytes(rest, bytes);
  if (!taken) return std::nullopt;
  uint64_t number = 0;
  for (const char c : *taken) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

std::string Plain(const Ticket& ticket) {
  std::string plain;
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(ticket.expires_at.time_since_epoch());
  AppendNumber(plain, static_cast<uint64_t>(since_epoch.count()), 8);
  AppendNumber(plain, ticket.origin.size(), 2);
  AppendNumber(plain, ticket.subject.size(), 2);
  plain += ticket.origin;
  plain += ticket.subject;
  plain += ticket.grants.canonical();
  return plain;
}

std::optional<window::Filters> ParseGrants(std::string_view text) {
  std::vector<window::Filter> filters;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    auto filter = window::Filter::Parse(one);
    if (!filter.ok()) return std::nullopt;
    filters.push_back(*std::move(filter));
  }
  return window::Filters(std::move(filters));
}

std::optional<Ticket> FromPlain(std::string_view rest) {
  const std::optional<uint64_t> milliseconds = TakeNumber(rest, 8);
  const std::optional<uint64_t> origin_bytes = TakeNumber(rest, 2);
  const std::optional<uint64_t> subject_bytes = TakeNumber(rest, 2);
  if (!milliseconds || !origin_bytes || !subject_bytes) return std::nullopt;
  const std::optional<std::string_view> origin = TakeBytes(rest, *origin_bytes);
  const std::optional<std::string_view> subject = TakeBytes(rest, *subject_bytes);
  if (!origin || !subject) return std::nullopt;
  std::optional<window::Filters> grants = ParseGrants(rest);
  if (!grants) return std::nullopt;
  const std::chrono::milliseconds since_epoch(static_cast<int64_t>(*milliseconds));
  return Ticket{.origin = std::string(*origin),
                .subject = std::string(*subject),
                .grants = *std::move(grants),
                .expires_at = base::WallTime(since_epoch)};
}

}  // namespace

base::SecretKey RandomTicketKey() {
  base::SecretKey key;
  FillRandom(key.data(), key.size());
  return key;
}

TicketSealer::TicketSealer(std::vector<base::SecretKey> keys)
    : keys_(std::make_shared<const Keys>(std::move(keys))) {}

std::optional<std::string> TicketSealer::Seal(const Ticket& ticket) const {
  // Before the lengths are cut to two bytes.
  if (ticket.origin.size() > kMaxBytes || ticket.subject.size() > kMaxBytes) return std::nullopt;
  const std::string text = EncodeBase64Url(SealBytes(keys()->front(), Plain(ticket)));
  return text.size() <= kMaxBytes ? std::optional(text) : std::nullopt;
}

std::optional<Ticket> TicketSealer::Open(std::string_view text) const {
  if (text.size() > kMaxBytes) return std::nullopt;
  const std::optional<std::string> sealed = DecodeBase64Url(text);
  if (!sealed || sealed->size() < kHeadBytes + kTagBytes || sealed->front() != kVersion) {
    return std::nullopt;
  }
  const std::shared_ptr<const Keys> keys = this->keys();
  for (const base::SecretKey& key : *keys) {
    if (const std::optional<std::string> plain = OpenBytes(key, *sealed)) return FromPlain(*plain);
  }
  return std::nullopt;
}

void TicketSealer::SetKeys(std::vector<base::SecretKey> keys) {
  auto made = std::make_shared<const Keys>(std::move(keys));
  base::MutexLock lock(mutex_);
  keys_ = std::move(made);
}

std::shared_ptr<const TicketSealer::Keys> TicketSealer::keys() const {
  base::MutexLock lock(mutex_);
  return keys_;
}

}  // namespace ssegw::auth
