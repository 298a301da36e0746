#include "gateway/auth/token_rules.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "gateway/auth/json.h"

namespace ssegw::auth {
namespace {

constexpr double kEndOf9999 = 253'402'300'800;     // seconds since 1970
constexpr int64_t kMaxInteger = int64_t{1} << 53;  // beyond it, JSON parsers round

Refusal Malformed(std::string_view text) { return {.failure = Failure::kMalformed, .text = text}; }

std::optional<base::WallTime> TimeOf(const Json& claim) {
  const auto* const number = std::get_if<JsonNumber>(&claim.value);
  if (number == nullptr || !(number->value >= 0 && number->value < kEndOf9999)) return std::nullopt;
  constexpr double kLatest = 7'258'118'400;
  if (number->value >= kLatest) return kLatestExpiry;
  return base::WallTime(
      std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(number->value)));
}

Claim ClaimOf(Json json) {
  if (auto* const text = std::get_if<std::string>(&json.value)) return std::move(*text);
  if (const auto* const number = std::get_if<JsonNumber>(&json.value)) {
    const std::optional<int64_t>& integer = number->integer;
    if (integer && *integer >= -kMaxInteger && *integer <= kMaxInteger) return *integer;
  }
  auto* const array = std::get_if<JsonArray>(&json.value);
  if (array == nullptr) return OtherClaim();
  StringList list;
  for (Json& element : *array) {
    if (auto* const text = std::get_if<std::string>(&element.value)) {
      list.strings.push_back(std::move(*text));
    } else {
      ++list.others;
    }
  }
  return list;
}

bool Contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// aud is a string, or an array of strings (RFC 7519 section 4.1.3).
bool IsAudience(const Claims& claims, const std::vector<std::string>& audiences) {
  const auto aud = claims.find("aud");
  if (aud == claims.end()) return false;
  if (const auto* const one = std::get_if<std::string>(&aud->second)) {
    return Contains(audiences, *one);
  }
  const auto* const several = std::get_if<StringList>(&aud->second);
  return several != nullptr && several->others == 0 &&
         std::any_of(several->strings.begin(), several->strings.end(),
                     [&](const std::string& name) { return Contains(audiences, name); });
}

std::optional<Refusal> CheckNames(const Claims& claims, const TokenRules& rules) {
  if (!rules.issuers.empty()) {
    const auto iss = claims.find("iss");
    const auto* const name = iss == claims.end() ? nullptr : std::get_if<std::string>(&iss->second);
    if (name == nullptr || !Contains(rules.issuers, *name)) {
      return Refusal{.failure = Failure::kIssuer, .text = "has an iss that is not accepted"};
    }
  }
  if (!rules.audiences.empty() && !IsAudience(claims, rules.audiences)) {
    return Refusal{.failure = Failure::kAudience,
                   .text = "has an aud that does not name this gateway"};
  }
  return std::nullopt;
}

// Fills in the times of token.
std::optional<Refusal> CheckTimes(const JsonObject& payload, const TokenRules& rules,
                                  base::WallTime now, Token& token) {
  const auto exp = payload.find("exp");
  if (exp == payload.end()) return Malformed("has no exp");
  const std::optional<base::WallTime> expires_at = TimeOf(exp->second);
  if (!expires_at) return Malformed("has an exp that is not a time in seconds");
  base::WallTime not_before;
  for (const std::string_view name : {"nbf", "iat"}) {
    const auto claim = payload.find(name);
    if (claim == payload.end()) continue;
    const std::optional<base::WallTime> time = TimeOf(claim->second);
    if (!time) return Malformed("has an nbf or iat that is not a time in seconds");
    if (name == "nbf") not_before = *time;
  }
  token.expires_at = *expires_at;
  token.ends_at = *expires_at + std::chrono::duration_cast<base::WallTime::duration>(rules.leeway);
  if (now >= token.ends_at) return Refusal{.failure = Failure::kExpired, .text = "has expired"};
  if (now + rules.leeway < not_before) {
    return Refusal{.failure = Failure::kNotYet, .text = "is not valid yet"};
  }
  return std::nullopt;
}

}  // namespace

std::variant<Token, Refusal> ReadToken(std::string_view payload_text, const TokenRules& rules,
                                       base::WallTime now) {
  std::optional<JsonObject> payload = ParseJsonObject(payload_text);
  if (!payload) return Malformed("has a payload that is not a JSON object with unique names");
  Token token;
  if (const auto* const subject = FindMember<std::string>(*payload, "sub")) {
    token.subject = *subject;
  } else if (payload->contains("sub")) {
    return Malformed("has a sub that is not a string");
  }
  if (auto refusal = CheckTimes(*payload, rules, now, token)) {
    refusal->subject = token.subject;
    return *std::move(refusal);
  }
  for (auto& [name, value] : *payload) token.claims.emplace(name, ClaimOf(std::move(value)));
  if (auto refusal = CheckNames(token.claims, rules)) {
    refusal->subject = token.subject;
    return *std::move(refusal);
  }
  return token;
}

}  // namespace ssegw::auth
