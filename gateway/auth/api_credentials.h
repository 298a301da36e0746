#ifndef SSEGW_GATEWAY_AUTH_API_CREDENTIALS_H_
#define SSEGW_GATEWAY_AUTH_API_CREDENTIALS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/base/mutex.h"
#include "internal/base/string_map.h"

namespace ssegw::auth {

inline constexpr size_t kMaxApiCredentialsBytes = size_t{1} << 20;

// The bearer tokens of a file: one a line, of the characters that a token may have (RFC 6750
// section 2.1). Empty lines and what begins with # are skipped.
//
// Owns:   hashes; the tokens themselves are not kept.
// Thread: any; immutable.
class ApiTokens {
 public:
  // The Status names the line and what is wrong with it, and nothing that it holds. A file without
  // a token has a fault.
  static absl::StatusOr<ApiTokens> Parse(std::string_view text);

  // Takes the same time whichever it is, or none.
  bool Has(std::string_view token) const;
  size_t size() const { return hashes_.size(); }

 private:
  using Hash = std::array<uint8_t, 32>;

  std::vector<Hash> hashes_;
};

// The access keys of a file: "access_key_id secret" a line, with spaces between. Empty lines and
// what begins with # are skipped.
//
// Thread: any; immutable.
class AccessKeys {
 public:
  // As ApiTokens::Parse.
  static absl::StatusOr<AccessKeys> Parse(std::string_view text);

  std::optional<std::string> FindSecret(std::string_view access_key_id) const;
  size_t size() const { return secrets_.size(); }

 private:
  base::StringMap<std::string> secrets_;
};

// What holds at the moment.
//
// Thread: any.
template <typename T>
class Current {
 public:
  void Set(std::shared_ptr<const T> value) {
    const base::MutexLock lock(mutex_);
    value_.swap(value);
  }
  // Null: there is none yet.
  std::shared_ptr<const T> Get() const {
    const base::MutexLock lock(mutex_);
    return value_;
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_API_CREDENTIALS_H_
