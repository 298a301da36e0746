#ifndef SSEGW_GATEWAY_AUTH_JWS_H_
#define SSEGW_GATEWAY_AUTH_JWS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/auth/algorithm.h"
#include "gateway/auth/token.h"

namespace ssegw::auth {

inline constexpr size_t kMaxTokenBytes = size_t{8} * 1024;

// A compact JWS (RFC 7515 section 7.1) as it has come: nothing of it is verified.
struct Jws {
  Algorithm algorithm = {};
  std::optional<std::string> kid;
  std::string_view signed_part;  // of the text: what the signature is over
  std::string payload;           // decoded
  std::string signature;         // decoded
};

// The views point into compact. An extension that the token marks as critical is refused, as none
// is known here (section 4.1.11).
// Errors: kMalformed, kAlgorithm.
std::variant<Jws, Refusal> ParseJws(std::string_view compact, AlgorithmSet allowed);

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_JWS_H_
