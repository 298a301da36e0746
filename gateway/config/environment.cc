#include "gateway/config/environment.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "gateway/config/options.h"
#include "gateway/config/suggestion.h"
#include "internal/base/concat.h"

namespace ssegw::config {
namespace {

constexpr std::string_view kPrefix = "SSE_GATEWAY_";
// If at most this many characters of a whole name are wrong, it is a typing error.
constexpr size_t kMaxDistance = 2;
constexpr size_t kMaxLength = 64;

bool IsRead(std::string_view name) {
  return std::ranges::any_of(Options(), [&](const Option& option) {
    return option.in_environment && option.EnvironmentName() == name;
  });
}

// name: in capitals. Empty if nothing is near to it.
std::string MeantBy(std::string_view name) {
  if (!name.starts_with(kPrefix)) {
    for (const Option& option : Options()) {
      const std::string whole = option.EnvironmentName();
      if (option.in_environment && EditDistance(name, whole) <= kMaxDistance) return whole;
    }
    return "";
  }
  const std::string nearest = NearestOptionName(name.substr(kPrefix.size()));
  // Images are labelled with SSE_GATEWAY_VERSION, which does not mean the flag.
  if (nearest.empty() || nearest == "help" || nearest == "version") return "";
  const Option& option = *FindOption(nearest);
  return option.in_environment ? option.EnvironmentName() : base::Concat("--", nearest);
}

}  // namespace

std::vector<UnusedVariable> FindUnusedVariables(const char* const* environment) {
  std::vector<UnusedVariable> unused;
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const size_t equals = entry.find('=');
    if (equals == entry.npos || equals + 1 == entry.size()) continue;
    const std::string_view name = entry.substr(0, equals);
    if (IsRead(name)) continue;
    std::string capitals(name);
    absl::AsciiStrToUpper(&capitals);
    // The environment may be large, with a dozen variables for each Service of a namespace.
    if (capitals.find("GAT") == capitals.npos || capitals.size() > kMaxLength) continue;
    std::string meant = MeantBy(capitals);
    if (!meant.empty()) unused.push_back({.name = std::string(name), .meant = std::move(meant)});
  }
  std::ranges::sort(unused, {}, &UnusedVariable::name);
  return unused;
}

}  // namespace ssegw::config
