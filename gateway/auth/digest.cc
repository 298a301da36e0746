#include "gateway/auth/digest.h"

#include <openssl/sha.h>

#include <array>

#include "gateway/auth/base64url.h"

namespace ssegw::auth {

std::string ShortDigest(std::string_view text) {
  constexpr size_t kBytes = 12;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), kBytes});
}

}  // namespace ssegw::auth
