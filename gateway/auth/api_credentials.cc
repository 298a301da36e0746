#include "gateway/auth/api_credentials.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "internal/base/ascii.h"
#include "internal/base/concat.h"

namespace ssegw::auth {
namespace {

using Line = absl::FunctionRef<absl::Status(std::string_view line)>;

// Calls take for each line that holds something.
absl::Status ForEachLine(std::string_view text, Line take) {
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const std::string_view line = base::Trim(whole);
    if (line.empty() || line.front() == '#') continue;
    const absl::Status status = take(line);
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          base::Concat("line ", number, ": ",
                       std::string_view(status.message().data(), status.message().size())));
    }
  }
  return absl::OkStatus();
}

// b64token of RFC 6750.
bool IsToken(std::string_view text) {
  const size_t padding = text.find_last_not_of('=') + 1;
  text = text.substr(0, padding);
  const auto allowed = [](char c) {
    return base::IsLetterOrDigit(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

std::array<uint8_t, 32> HashOf(std::string_view text) {
  // To look it up takes OpenSSL longer than to hash a token.
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::array<uint8_t, 32> hash{};
  // Fails only without memory; then no token is known.
  EVP_Digest(text.data(), text.size(), hash.data(), nullptr, sha256, nullptr);
  return hash;
}

bool IsAccessKeyId(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return base::IsLetterOrDigit(c) ||
           std::string_view("-._~+=@").find(c) != std::string_view::npos;
  });
}

}  // namespace

absl::StatusOr<ApiTokens> ApiTokens::Parse(std::string_view text) {
  ApiTokens tokens;
  absl::Status status = ForEachLine(text, [&](std::string_view line) -> absl::Status {
    if (!IsToken(line)) {
      return absl::InvalidArgumentError(
          "a token has letters, digits, -._~+/ and = at its end, and nothing else");
    }
    tokens.hashes_.push_back(HashOf(line));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (tokens.hashes_.empty()) return absl::InvalidArgumentError("it has no token");
  return tokens;
}

bool ApiTokens::Has(std::string_view token) const {
  const Hash hash = HashOf(token);
  bool found = false;
  for (const Hash& known : hashes_) {
    const bool equal = CRYPTO_memcmp(known.data(), hash.data(), hash.size()) == 0;
    found = found || equal;
  }
  return found;
}

absl::StatusOr<AccessKeys> AccessKeys::Parse(std::string_view text) {
  AccessKeys keys;
  absl::Status status = ForEachLine(text, [&](std::string_view line) -> absl::Status {
    const size_t blank = line.find_first_of(" \t");
    const std::string_view id = line.substr(0, blank);
    const std::string_view secret =
        blank == std::string_view::npos ? std::string_view() : base::Trim(line.substr(blank));
    if (secret.empty() || secret.find_first_of(" \t") != std::string_view::npos) {
      return absl::InvalidArgumentError("expected an access key id and its secret");
    }
    if (!IsAccessKeyId(id)) {
      return absl::InvalidArgumentError("an access key id has letters, digits and -._~+=@");
    }
    if (!keys.secrets_.try_emplace(std::string(id), secret).second) {
      return absl::InvalidArgumentError("the access key id has a line already");
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (keys.secrets_.empty()) return absl::InvalidArgumentError("it has no access key");
  return keys;
}

std::optional<std::string> AccessKeys::FindSecret(std::string_view access_key_id) const {
  const auto found = secrets_.find(access_key_id);
  if (found == secrets_.end()) return std::nullopt;
  return found->second;
}

}  // namespace ssegw::auth
