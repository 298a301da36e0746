#include "internal/nats/nkey.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "internal/base/ascii.h"
#include "internal/base/free_with.h"

namespace ssegw::nats {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";  // RFC 4648 section 6
constexpr size_t kKeyBytes = 32;
constexpr size_t kCrcBytes = 2;
// The first byte of a key, so that its text begins with that letter.
constexpr uint8_t kSeed = 18 << 3;  // S
constexpr uint8_t kUser = 20 << 3;  // U
constexpr std::string_view kSeedOfUser = "SU";

std::optional<std::vector<uint8_t>> DecodeBase32(std::string_view text) {
  std::vector<uint8_t> bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t value = kBase32.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 5 | static_cast<uint32_t>(value);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<uint8_t>(bits >> count));
  }
  return bytes;
}

std::string EncodeBase32(std::span<const uint8_t> bytes) {
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    count += 8;
    while (count >= 5) {
      count -= 5;
      text += kBase32[bits >> count & 31];
    }
  }
  if (count > 0) text += kBase32[bits << (5 - count) & 31];
  return text;
}

// CRC-16/XMODEM.
uint16_t Crc16(std::span<const uint8_t> bytes) {
  uint32_t crc = 0;
  for (const uint8_t byte : bytes) {
    crc ^= uint32_t{byte} << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return static_cast<uint16_t>(crc);
}

// nullopt: not the seed of a user.
std::optional<std::array<uint8_t, kKeyBytes>> DecodeSeed(std::string_view text) {
  constexpr size_t kPrefixBytes = 2;
  constexpr size_t kTextBytes = ((kPrefixBytes + kKeyBytes + kCrcBytes) * 8 + 4) / 5;
  if (text.size() != kTextBytes) return std::nullopt;
  std::optional<std::vector<uint8_t>> bytes = DecodeBase32(text);
  if (!bytes) return std::nullopt;
  const std::span<const uint8_t> all(*bytes);
  const uint16_t crc = Crc16(all.first(kPrefixBytes + kKeyBytes));
  std::optional<std::array<uint8_t, kKeyBytes>> seed;
  // The two kinds share the bits of the first two bytes: S has five, and U the rest.
  if (((*bytes)[0] & 0xf8) == kSeed &&
      ((((*bytes)[0] & 7) << 5) | (((*bytes)[1] & 0xf8) >> 3)) == kUser &&
      (*bytes)[34] == (crc & 0xff) && (*bytes)[35] == crc >> 8) {
    seed.emplace();
    for (size_t i = 0; i < kKeyBytes; ++i) (*seed)[i] = (*bytes)[kPrefixBytes + i];
  }
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return seed;
}

std::optional<std::string> PublicKey(std::string_view seed_text) {
  std::optional<std::array<uint8_t, kKeyBytes>> seed = DecodeSeed(seed_text);
  if (!seed) return std::nullopt;
  const std::unique_ptr<EVP_PKEY, base::FreeWith<EVP_PKEY_free>> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed->data(), seed->size()));
  OPENSSL_cleanse(seed->data(), seed->size());
  std::array<uint8_t, 1 + kKeyBytes + kCrcBytes> bytes{kUser};
  size_t length = kKeyBytes;
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), &bytes[1], &length) != 1) return std::nullopt;
  const uint16_t crc = Crc16(std::span(bytes).first(1 + kKeyBytes));
  bytes[33] = static_cast<uint8_t>(crc & 0xff);
  bytes[34] = static_cast<uint8_t>(crc >> 8);
  return EncodeBase32(bytes);
}

}  // namespace

absl::StatusOr<std::string> PublicKeyOfSeedFile(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = base::Trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.starts_with(kSeedOfUser)) continue;
    if (std::optional<std::string> key = PublicKey(line)) return *std::move(key);
  }
  return absl::InvalidArgumentError("no line is the seed of a user's nkey");
}

}  // namespace ssegw::nats
