#include "gateway/auth/key_set.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "gateway/auth/base64url.h"
#include "gateway/auth/json.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::auth {
namespace {

absl::Status Fault(std::string_view text) { return absl::InvalidArgumentError(std::string(text)); }

std::string_view TextOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

// The bytes of a member; absent: it is missing or no base64url.
std::optional<std::string> BytesOf(const JsonObject& jwk, std::string_view name) {
  const auto* const text = FindMember<std::string>(jwk, name);
  return text == nullptr ? std::nullopt : DecodeBase64Url(*text);
}

absl::StatusOr<VerificationKey> RsaKey(const JsonObject& jwk) {
  const std::optional<std::string> n = BytesOf(jwk, "n");
  const std::optional<std::string> e = BytesOf(jwk, "e");
  if (!n || !e) return Fault("has no n or e in base64url");
  return VerificationKey::Rsa(*n, *e);
}

absl::StatusOr<VerificationKey> EcKey(const JsonObject& jwk) {
  const auto* const curve = FindMember<std::string>(jwk, "crv");
  if (curve == nullptr || (*curve != "P-256" && *curve != "P-384")) {
    return Fault("has a crv that is neither P-256 nor P-384");
  }
  const std::optional<std::string> x = BytesOf(jwk, "x");
  const std::optional<std::string> y = BytesOf(jwk, "y");
  if (!x || !y) return Fault("has no x or y in base64url");
  return VerificationKey::Ec(*curve == "P-256" ? Curve::kP256 : Curve::kP384, *x, *y);
}

absl::StatusOr<VerificationKey> OkpKey(const JsonObject& jwk) {
  const auto* const curve = FindMember<std::string>(jwk, "crv");
  if (curve == nullptr || *curve != "Ed25519") return Fault("has a crv that is not Ed25519");
  const std::optional<std::string> x = BytesOf(jwk, "x");
  if (!x) return Fault("has no x in base64url");
  return VerificationKey::Ed25519(*x);
}

absl::StatusOr<VerificationKey> OctKey(const JsonObject& jwk) {
  std::optional<std::string> k = BytesOf(jwk, "k");
  if (!k) return Fault("has no k in base64url");
  return VerificationKey::Secret(*std::move(k));
}

absl::StatusOr<VerificationKey> VerificationKeyOf(const JsonObject& jwk) {
  const auto* const kty = FindMember<std::string>(jwk, "kty");
  if (kty == nullptr) return Fault("has no kty");
  if (*kty == "RSA") return RsaKey(jwk);
  if (*kty == "EC") return EcKey(jwk);
  if (*kty == "OKP") return OkpKey(jwk);
  if (*kty == "oct") return OctKey(jwk);
  return Fault("has a kty that is none of RSA, EC, OKP and oct");
}

// Whether its holder has it for signatures (RFC 7517 sections 4.2 and 4.3).
absl::Status CheckPurpose(const JsonObject& jwk) {
  if (jwk.contains("use")) {
    const auto* const use = FindMember<std::string>(jwk, "use");
    if (use == nullptr || *use != "sig") return Fault("has a use that is not sig");
  }
  if (!jwk.contains("key_ops")) return absl::OkStatus();
  const auto* const operations = FindMember<JsonArray>(jwk, "key_ops");
  const auto verifies = [](const Json& operation) {
    const auto* const name = std::get_if<std::string>(&operation.value);
    return name != nullptr && *name == "verify";
  };
  if (operations == nullptr || std::none_of(operations->begin(), operations->end(), verifies)) {
    return Fault("has key_ops without verify");
  }
  return absl::OkStatus();
}

// What its alg (RFC 7517 section 4.4) leaves of the algorithms.
absl::StatusOr<AlgorithmSet> Restrict(AlgorithmSet algorithms, const JsonObject& jwk) {
  if (!jwk.contains("alg")) return algorithms;
  const auto* const name = FindMember<std::string>(jwk, "alg");
  const std::optional<Algorithm> only = name == nullptr ? std::nullopt : ParseAlgorithm(*name);
  if (!only || !algorithms.Has(*only)) {
    return Fault("has an alg that does not verify with a key of its type");
  }
  return AlgorithmSet({*only});
}

// Fills in what can be used of it.
absl::Status ReadKey(const JsonObject& jwk, AlgorithmSet allowed, Key& key) {
  if (jwk.contains("kid")) {
    const auto* const kid = FindMember<std::string>(jwk, "kid");
    if (kid == nullptr) return Fault("has a kid that is not a string");
    key.kid = *kid;
  }
  if (absl::Status purpose = CheckPurpose(jwk); !purpose.ok()) return purpose;
  absl::StatusOr<VerificationKey> verification = VerificationKeyOf(jwk);
  if (!verification.ok()) return verification.status();
  const absl::StatusOr<AlgorithmSet> algorithms = Restrict(verification->algorithms(), jwk);
  if (!algorithms.ok()) return algorithms.status();
  const AlgorithmSet usable = *algorithms & allowed;
  if (usable.empty()) return Fault("is for algorithms that jwt_algorithms does not have");
  key.algorithms = usable;
  key.verification = *std::move(verification);
  return absl::OkStatus();
}

std::string NameOfKey(size_t index, const Key& key) {
  std::string name = base::Concat("key ", index + 1);
  if (key.kid) {
    name += " (kid ";
    base::AppendJsonString(name, *key.kid);
    name += ')';
  }
  return name;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::Parse(std::string_view text,
                                                            AlgorithmSet allowed) {
  if (text.size() > kMaxBytes) {
    return Fault(base::Concat("has ", text.size(), " bytes, ", kMaxBytes, " at most"));
  }
  const std::optional<JsonObject> root = ParseJsonObject(text);
  if (!root) return Fault("is not a JSON object in which each member is there once");
  const auto* const jwks = FindMember<JsonArray>(*root, "keys");
  if (jwks == nullptr) return Fault("has no array \"keys\"");
  if (jwks->size() > kMaxKeys) {
    return Fault(base::Concat("has ", jwks->size(), " keys, ", kMaxKeys, " at most"));
  }
  std::shared_ptr<KeySet> set(new KeySet());
  for (const Json& element : *jwks) {
    const auto* const jwk = std::get_if<JsonObject>(&element.value);
    if (jwk == nullptr) return Fault("has an element of \"keys\" that is not an object");
    Key& key = set->keys_.emplace_back();
    if (const absl::Status read = ReadKey(*jwk, allowed, key); read.ok()) {
      ++set->usable_;
    } else {
      set->faults_.push_back(
          base::Concat(NameOfKey(set->keys_.size() - 1, key), " ", TextOf(read)));
    }
  }
  if (set->usable_ > 0) return set;
  std::string fault = "has no key that can be used";
  if (!set->faults_.empty()) fault += ": " + set->faults_.front();
  return Fault(fault);
}

}  // namespace ssegw::auth
