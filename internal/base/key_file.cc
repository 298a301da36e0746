#include "internal/base/key_file.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "internal/base/concat.h"

namespace ssegw::base {
namespace {

std::string_view Trimmed(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t begin = line.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

absl::StatusOr<std::vector<SecretKey>> ParseKeyFile(std::string_view text) {
  std::vector<SecretKey> keys;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    std::string bytes;
    const bool is_base64 = absl::Base64Unescape({line.data(), line.size()}, &bytes);
    if (!is_base64 || bytes.size() != SecretKey().size()) {
      return absl::InvalidArgumentError(
          Concat("line ", number, " is not a key of ", SecretKey().size(), " bytes in base64"));
    }
    if (keys.size() == kMaxSecretKeys) {
      return absl::InvalidArgumentError(Concat("more than ", kMaxSecretKeys, " keys"));
    }
    std::copy(bytes.begin(), bytes.end(), keys.emplace_back().begin());
  }
  if (keys.empty()) return absl::InvalidArgumentError("no key");
  return keys;
}

}  // namespace ssegw::base
