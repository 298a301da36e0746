#ifndef SSEGW_INTERNAL_BASE_KEY_FILE_H_
#define SSEGW_INTERNAL_BASE_KEY_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ssegw::base {

using SecretKey = std::array<uint8_t, 32>;

// More is a mistake: each key that is tried costs whoever opens something a cipher.
inline constexpr size_t kMaxSecretKeys = 16;
inline constexpr size_t kMaxKeyFileBytes = 4096;

// The keys that a file of secret keys holds: one of 32 bytes a line, in base64, as `openssl rand
// -base64 32` prints it. The first seals, and all open. Empty lines are skipped. The Status names
// the line and what is wrong with it, and nothing that it holds.
absl::StatusOr<std::vector<SecretKey>> ParseKeyFile(std::string_view text);

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_KEY_FILE_H_
