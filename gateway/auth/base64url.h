#ifndef SSEGW_GATEWAY_AUTH_BASE64URL_H_
#define SSEGW_GATEWAY_AUTH_BASE64URL_H_

#include <optional>
#include <string>
#include <string_view>

namespace ssegw::auth {

// base64url without padding (RFC 7515 section 2). Every string of bytes has exactly one text: bits
// of the last character that say nothing are zero (RFC 4648 section 3.5), nothing else may stand
// between the characters. So nobody makes a second token, or a second ticket, of one that he has.
std::optional<std::string> DecodeBase64Url(std::string_view text);
std::string EncodeBase64Url(std::string_view bytes);

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_BASE64URL_H_
