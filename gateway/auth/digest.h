#ifndef SSEGW_GATEWAY_AUTH_DIGEST_H_
#define SSEGW_GATEWAY_AUTH_DIGEST_H_

#include <string>
#include <string_view>

namespace ssegw::auth {

// 96 bits of SHA-256 of text, as 16 characters of base64url: two texts that somebody can think of
// have different ones.
std::string ShortDigest(std::string_view text);

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_DIGEST_H_
