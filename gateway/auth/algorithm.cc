#include "gateway/auth/algorithm.h"

#include "internal/base/enum_array.h"

namespace ssegw::auth {

std::string_view NameOf(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
      return "RS256";
    case Algorithm::kRs384:
      return "RS384";
    case Algorithm::kRs512:
      return "RS512";
    case Algorithm::kPs256:
      return "PS256";
    case Algorithm::kPs384:
      return "PS384";
    case Algorithm::kPs512:
      return "PS512";
    case Algorithm::kEs256:
      return "ES256";
    case Algorithm::kEs384:
      return "ES384";
    case Algorithm::kEdDsa:
      return "EdDSA";
    case Algorithm::kHs256:
      return "HS256";
  }
  return "";
}

std::optional<Algorithm> ParseAlgorithm(std::string_view name) {
  for (const Algorithm algorithm : base::AllOf<Algorithm>()) {
    if (NameOf(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

}  // namespace ssegw::auth
