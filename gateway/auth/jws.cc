#include "gateway/auth/jws.h"

#include <utility>

#include "gateway/auth/base64url.h"
#include "gateway/auth/json.h"

namespace ssegw::auth {
namespace {

Refusal Malformed(std::string_view text) { return {.failure = Failure::kMalformed, .text = text}; }

}  // namespace

std::variant<Jws, Refusal> ParseJws(std::string_view compact, AlgorithmSet allowed) {
  if (compact.size() > kMaxTokenBytes) return Malformed("has more than 8192 bytes");
  const size_t first = compact.find('.');
  const size_t second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  // A third dot is none of base64url's characters.
  if (second == std::string_view::npos) return Malformed("is not three parts with dots between");

  const std::optional<std::string> header_text = DecodeBase64Url(compact.substr(0, first));
  std::optional<std::string> payload =
      DecodeBase64Url(compact.substr(first + 1, second - first - 1));
  std::optional<std::string> signature = DecodeBase64Url(compact.substr(second + 1));
  if (!header_text || !payload || !signature) return Malformed("is not three parts of base64url");
  const std::optional<JsonObject> header = ParseJsonObject(*header_text);
  if (!header) return Malformed("has a header that is not a JSON object with unique names");
  if (header->contains("crit")) return Malformed("has a crit in its header");

  const auto* const name = FindMember<std::string>(*header, "alg");
  if (name == nullptr) return Malformed("has no alg in its header");
  const auto* const kid = FindMember<std::string>(*header, "kid");
  if (kid == nullptr && header->contains("kid")) return Malformed("has a kid that is not a string");
  const std::optional<Algorithm> algorithm = ParseAlgorithm(*name);
  if (!algorithm || !allowed.Has(*algorithm)) {
    return Refusal{.failure = Failure::kAlgorithm,
                   .text = "is signed with an algorithm that is not allowed"};
  }
  Jws jws{.algorithm = *algorithm,
          .kid = {},
          .signed_part = compact.substr(0, second),
          .payload = *std::move(payload),
          .signature = *std::move(signature)};
  if (kid != nullptr) jws.kid = *kid;
  return jws;
}

}  // namespace ssegw::auth
