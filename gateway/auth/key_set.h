#ifndef SSEGW_GATEWAY_AUTH_KEY_SET_H_
#define SSEGW_GATEWAY_AUTH_KEY_SET_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/auth/algorithm.h"
#include "gateway/auth/verification_key.h"

namespace ssegw::auth {

// A key of a set. algorithms: those that it may verify: its kty, alg, use and key_ops and the
// configuration allow them; none: it is there to be known by its kid.
struct Key {
  std::optional<std::string> kid;
  AlgorithmSet algorithms;
  std::optional<VerificationKey> verification;  // absent: it cannot be used
};

// A JSON Web Key Set (RFC 7517).
//
// Thread: immutable; any.
class KeySet {
 public:
  static constexpr size_t kMaxBytes = size_t{64} * 1024;
  static constexpr size_t kMaxKeys = 100;

  // Keys that cannot be used (RFC 7517 section 5) are left out, and so are those that no algorithm
  // of allowed takes.
  // Errors: INVALID_ARGUMENT, as it follows the set's name: "is not a JSON object …", "has no key
  //         that can be used: …". It holds nothing of a key but its kid.
  static absl::StatusOr<std::shared_ptr<const KeySet>> Parse(std::string_view text,
                                                             AlgorithmSet allowed);

  const std::vector<Key>& keys() const { return keys_; }
  // Keys that verify.
  size_t usable() const { return usable_; }
  // Why the others do not: "key 2 (kid \"a\") is an RSA key of 1024 bits …"; each in one line.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  KeySet() = default;

  std::vector<Key> keys_;
  std::vector<std::string> faults_;
  size_t usable_ = 0;
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_KEY_SET_H_
