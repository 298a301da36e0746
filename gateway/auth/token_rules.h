#ifndef SSEGW_GATEWAY_AUTH_TOKEN_RULES_H_
#define SSEGW_GATEWAY_AUTH_TOKEN_RULES_H_

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/auth/algorithm.h"
#include "gateway/auth/token.h"
#include "internal/base/time.h"

namespace ssegw::auth {

// What the configuration asks of every token.
struct TokenRules {
  AlgorithmSet algorithms = {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256,
                             Algorithm::kEdDsa};
  std::vector<std::string> issuers = {};    // iss is one of them; empty: it may be anything
  std::vector<std::string> audiences = {};  // aud has one of them; empty: it may be anything
  // How far the clocks of signers and of this machine may differ.
  base::Duration leeway = std::chrono::seconds(30);
};

// A moment after 2200 is taken for 2200-01-01: the nanoseconds of a WallTime end in 2262.
inline constexpr base::WallTime kLatestExpiry{std::chrono::seconds(7'258'118'400)};

// Reads the payload of a token whose signature is right, and checks its claims. A time is a JSON
// number of seconds from 0 to the end of the year 9999, whole or not (RFC 7519 section 2).
// Errors: kMalformed, kExpired, kNotYet, kIssuer, kAudience, in this order.
std::variant<Token, Refusal> ReadToken(std::string_view payload, const TokenRules& rules,
                                       base::WallTime now);

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_TOKEN_RULES_H_
