#include "gateway/auth/token.h"

namespace ssegw::auth {

std::string_view NameOf(Failure failure) {
  switch (failure) {
    case Failure::kMalformed:
      return "malformed";
    case Failure::kAlgorithm:
      return "algorithm";
    case Failure::kKey:
      return "key";
    case Failure::kSignature:
      return "signature";
    case Failure::kExpired:
      return "expired";
    case Failure::kNotYet:
      return "not_yet";
    case Failure::kIssuer:
      return "issuer";
    case Failure::kAudience:
      return "audience";
  }
  return "";
}

}  // namespace ssegw::auth
