#ifndef SSEGW_GATEWAY_KEYS_KEY_FILE_H_
#define SSEGW_GATEWAY_KEYS_KEY_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "gateway/auth/algorithm.h"
#include "gateway/keys/key_intake.h"
#include "internal/base/watched_file.h"

namespace ssegw::keys {

// Whether a file has keys that can be used.
// Errors: INVALID_ARGUMENT in one line that names the file.
absl::Status CheckKeyFile(const std::string& path, auth::AlgorithmSet algorithms);

// Keys in a file that others replace.
//
// Thread: one.
class KeyFile {
 public:
  // intake outlives it.
  KeyFile(std::string path, KeyIntake& intake);

  // Looks at the file; where it holds something else than before, takes it over or logs why not.
  void Reread();

 private:
  base::WatchedFile file_;
  KeyIntake& intake_;
  bool is_taken_ = false;  // what it holds
};

}  // namespace ssegw::keys

#endif  // SSEGW_GATEWAY_KEYS_KEY_FILE_H_
