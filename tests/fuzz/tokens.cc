// Tokens that strangers send, and key sets that issuers serve. Line 1 is a header and line 2 a
// payload, both signed with a secret that the gateway knows; line 3 is a token as it stands; the
// rest is a set of keys.
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/auth/base64url.h"
#include "gateway/auth/jws.h"
#include "gateway/auth/key_set.h"
#include "gateway/auth/verifier.h"
#include "internal/base/text.h"
#include "tests/fuzz/target.h"
#include "tests/testing/token_signer.h"

namespace ssegw::fuzz {
namespace {

using nlohmann::json;

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr auth::AlgorithmSet kAllowed = {auth::Algorithm::kHs256, auth::Algorithm::kEs256,
                                         auth::Algorithm::kEdDsa};

const testing::SigningKey& Secret() {
  static const auto& key =
      *new testing::SigningKey(testing::SigningKey::Secret(std::string(32, 's')));
  return key;
}

std::shared_ptr<const auth::KeySet> SecretSet() {
  static const auto& set =
      *new auto(*auth::KeySet::Parse(testing::KeySetOf({Secret().Jwk()}), kAllowed));
  return set;
}

auth::TokenPtr TokenOf(const auth::Verified& verified) {
  const auto* const token = std::get_if<auth::TokenPtr>(&verified);
  if (token != nullptr) return *token;
  if (const auto* const refusal = std::get_if<auth::Refusal>(&verified)) {
    Holds(!refusal->text.empty() && !base::HasControlCharacter(refusal->text),
          "a refusal says why, in one line");
  }
  return nullptr;
}

// The other parser takes the last of two members, so it must never see two.
void SameClaims(const auth::Token& token, std::string_view payload) {
  const json other = json::parse(payload, nullptr, /*allow_exceptions=*/false);
  Holds(other.is_object(), "claims are an object");
  Holds(other.size() == token.claims.size(), "there are as many claims");
  for (const auto& [name, value] : other.items()) {
    const auto claim = token.claims.find(name);
    Holds(claim != token.claims.end(), "each claim is there");
    if (const auto* const text = std::get_if<std::string>(&claim->second)) {
      Holds(value.is_string(), "a text is a text");
      Same("and the same text", *text, value.get<std::string>());
    } else if (const auto* const number = std::get_if<int64_t>(&claim->second)) {
      Holds(value.is_number_integer() && value.get<int64_t>() == *number, "a number is the same");
    } else {
      Holds(!value.is_string(), "nothing else is a text");
    }
  }
  Holds(other["exp"].is_number() && other["exp"].get<double>() + 30 > 1'800'000'000.0,
        "it has not expired");
  Holds(!other.contains("nbf") || other["nbf"].get<double>() - 30 <= 1'800'000'000.0,
        "it is valid already");
}

// Of what the secret has signed.
void Signed(std::string_view header, std::string_view payload) {
  auth::Verifier verifier(auth::TokenRules{.algorithms = kAllowed});
  verifier.SetKeys(SecretSet());
  const std::string compact = Secret().Sign("HS256", header, payload);
  const auth::TokenPtr token = TokenOf(verifier.Verify(compact, kNow));
  if (token == nullptr) return;
  Holds(compact.size() <= 8192, "no token has more than 8 KiB");
  const json read = json::parse(header, nullptr, /*allow_exceptions=*/false);
  Holds(read.is_object() && read["alg"] == "HS256", "its header says how it is signed");
  Holds(!read.contains("crit"), "it has no crit");
  SameClaims(*token, payload);
  Holds(TokenOf(verifier.Verify(compact, kNow)) == token, "it is known from then on");
  std::string changed = compact;
  char& byte = changed[std::hash<std::string_view>()(payload) % changed.size()];
  byte = byte == 'A' ? 'B' : 'A';
  Holds(TokenOf(verifier.Verify(changed, kNow)) == nullptr, "nothing of it can be changed");
}

// Of a token as somebody sends it.
void Sent(std::string_view compact, const std::shared_ptr<const auth::KeySet>& keys) {
  const std::variant<auth::Jws, auth::Refusal> parsed = auth::ParseJws(compact, kAllowed);
  if (const auto* const jws = std::get_if<auth::Jws>(&parsed)) {
    const std::vector<std::string_view> parts = Split(compact, '.');
    Holds(parts.size() == 3, "a token has three parts");
    Same("its payload has one text", auth::EncodeBase64Url(jws->payload), parts[1]);
    Same("its signature has one text", auth::EncodeBase64Url(jws->signature), parts[2]);
  }
  auth::Verifier verifier(auth::TokenRules{.algorithms = kAllowed});
  if (keys != nullptr) verifier.SetKeys(keys);
  const auth::TokenPtr token = TokenOf(verifier.Verify(compact, kNow));
  if (token == nullptr) return;
  Holds(keys != nullptr, "without keys there are no tokens");
  SameClaims(*token, std::get<auth::Jws>(parsed).payload);
}

}  // namespace

void Tokens(std::string_view input) {
  const std::vector<std::string_view> lines = Lines(input, 4);
  const auto keys = auth::KeySet::Parse(lines[3], kAllowed);
  if (keys.ok()) {
    const size_t usable = (*keys)->usable();
    Holds(usable > 0 && usable + (*keys)->faults().size() == (*keys)->keys().size(),
          "a key verifies, or there is a fault");
    Holds((*keys)->keys().size() <= auth::KeySet::kMaxKeys, "there are no more keys than may be");
    for (const std::string& fault : (*keys)->faults()) {
      Holds(!base::HasControlCharacter(fault), "a fault is one line");
    }
  } else {
    const std::string fault(keys.status().message());
    Holds(!fault.empty() && !base::HasControlCharacter(fault), "a fault of a set is one line");
  }
  Signed(lines[0], lines[1]);
  Sent(lines[2], keys.ok() ? *keys : nullptr);
}

}  // namespace ssegw::fuzz
