#ifndef SSEGW_GATEWAY_AUTH_TOKEN_H_
#define SSEGW_GATEWAY_AUTH_TOKEN_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "internal/base/time.h"

namespace ssegw::auth {

// Why a token is refused: the first check that fails, in the order of the checks. Each is a result
// of auth_total.
enum class Failure : uint8_t {
  kMalformed,  // no compact JWS of JSON objects, too long, a crit, no exp
  kAlgorithm,  // one that is not allowed, none among them
  kKey,        // no key fits
  kSignature,
  kExpired,
  kNotYet,
  kIssuer,
  kAudience,
  kLast = kAudience,
};

// "malformed", "algorithm", "key" …: the result of auth_total and the word in log lines.
std::string_view NameOf(Failure failure);

// A JSON array. others: how many of its elements are not strings.
struct StringList {
  std::vector<std::string> strings;
  size_t others = 0;

  bool operator==(const StringList&) const = default;
};

// A value of another type: a fraction, true, null, an object, an integer beyond ±2^53.
struct OtherClaim {
  bool operator==(const OtherClaim&) const = default;
};

// A claim's value as far as a grant can come from it.
using Claim = std::variant<OtherClaim, std::string, int64_t, StringList>;
using Claims = std::map<std::string, Claim, std::less<>>;

// What a verified token says.
//
// Thread: immutable; several connections, the cache and any thread share one.
struct Token {
  std::string subject;        // sub; empty: the token has none
  base::WallTime expires_at;  // exp, without leeway
  base::WallTime ends_at;     // exp with leeway: what the token opened ends then
  Claims claims;              // all of them, sub and exp too
};

using TokenPtr = std::shared_ptr<const Token>;

// text: what is wrong, for a human, as it follows "the token ": "is not a compact JWS". It holds no
// value of the token. subject: for the log alone: of a token whose signature is right.
struct Refusal {
  Failure failure = Failure::kMalformed;
  std::string_view text;
  std::string subject = {};
};

// The token names a key that is not among the keys, and newer keys may have it: ask KeyRequests for
// them once, then try again; a second UnknownKey is Failure::kKey.
struct UnknownKey {};

using Verified = std::variant<TokenPtr, Refusal, UnknownKey>;

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_TOKEN_H_
