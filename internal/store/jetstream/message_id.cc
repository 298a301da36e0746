#include "internal/store/jetstream/message_id.h"

#include <openssl/evp.h>

#include <array>
#include <random>

#include "internal/store/jetstream/escape.h"

namespace ssegw::store::jetstream {
namespace {

constexpr size_t kSha256Bytes = 32;
constexpr size_t kWriterCharacters = 16;

std::string Sha256(std::string_view text) {
  std::array<unsigned char, kSha256Bytes> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return hex;
}

}  // namespace

std::string PublisherMessageId(std::string_view message_id) {
  if (message_id.size() > kMaxPlainMessageIdBytes) return "h:" + Sha256(message_id);
  std::string id = "p:";
  for (const char c : message_id) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '=') {
      AppendEscaped(id, c);
    } else {
      id += c;
    }
  }
  return id;
}

std::string DeletionMessageId(std::string_view event_id) { return "t:" + std::string(event_id); }

std::string NewWriter() {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::uniform_int_distribution<size_t> index(0, kCharacters.size() - 1);
  std::string writer;
  while (writer.size() < kWriterCharacters) writer += kCharacters[index(random)];
  return writer;
}

}  // namespace ssegw::store::jetstream
