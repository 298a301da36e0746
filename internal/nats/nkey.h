#ifndef SSEGW_INTERNAL_NATS_NKEY_H_
#define SSEGW_INTERNAL_NATS_NKEY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ssegw::nats {

// The public key, "U…", of the user whose seed, "SU…", the text of a seed file has: an Ed25519 key,
// a prefix and a CRC-16, in base32. libnats signs with the seed, but wants to be told the key.
//
// Errors: INVALID_ARGUMENT: no line is a seed of a user. It says nothing of what the text has.
absl::StatusOr<std::string> PublicKeyOfSeedFile(std::string_view text);

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_NKEY_H_
