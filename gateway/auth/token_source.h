#ifndef SSEGW_GATEWAY_AUTH_TOKEN_SOURCE_H_
#define SSEGW_GATEWAY_AUTH_TOKEN_SOURCE_H_

#include <functional>
#include <string_view>

#include "gateway/auth/token.h"
#include "internal/base/time.h"

namespace ssegw::auth {

// What tells a token from a text that looks like one. Implemented by Verifier.
//
// Thread: any.
class TokenVerifier {
 public:
  virtual ~TokenVerifier() = default;
  // compact: what follows "Bearer ".
  virtual Verified Verify(std::string_view compact, base::WallTime now) = 0;
};

// Who can look for newer keys when a token names one that nobody knows.
//
// Thread: any.
class KeyRequests {
 public:
  virtual ~KeyRequests() = default;
  // False: there are no newer keys to be had now (keys of a file, or they have just been asked
  // for), and done is not called. Otherwise done is called once, on any thread, within 2 s, whether
  // new keys came or not; perhaps before Ask returns.
  virtual bool Ask(std::function<void()> done) = 0;
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_TOKEN_SOURCE_H_
