#include "gateway/auth/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/hex.h"
#include "internal/base/text.h"

namespace ssegw::auth {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kService = "execute-api";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::string_view kDateField = "x-amz-date";
constexpr std::string_view kHashField = "x-amz-content-sha256";
constexpr std::string_view kTokenField = "x-amz-security-token";
constexpr size_t kHashHexBytes = size_t{2} * SHA256_DIGEST_LENGTH;
constexpr size_t kMaxSignedHeaders = 64;

absl::Status Refused(std::string_view why) {
  return absl::PermissionDeniedError(base::Concat("signature: ", why));
}

absl::Status NoMatch() { return Refused("does not match the request"); }

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Hex(const unsigned char* bytes, size_t count) {
  std::string hex;
  hex.reserve(2 * count);
  for (size_t i = 0; i < count; ++i) base::AppendHex(hex, static_cast<char>(bytes[i]));
  for (char& c : hex) c = base::ToLower(c);
  return hex;
}

std::string HashHex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(Bytes(text), text.size(), digest.data());
  return Hex(digest.data(), digest.size());
}

std::string Hmac(std::string_view key, std::string_view text) {
  std::string mac(SHA256_DIGEST_LENGTH, '\0');
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(text), text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &length);
  return mac;
}

bool AreEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool IsHash(std::string_view text) {
  return text.size() == kHashHexBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return base::IsHexDigit(c); });
}

bool Has(const SignedParts& parts, std::string_view name) {
  return std::ranges::any_of(parts.fields,
                             [&](const auto& f) { return base::EqualsIgnoreCase(f.name, name); });
}

// The only field of that name; empty: there is none, or there are several.
std::string_view Only(const SignedParts& parts, std::string_view name) {
  std::string_view value;
  size_t count = 0;
  for (const SignedParts::Field& field : parts.fields) {
    if (!base::EqualsIgnoreCase(field.name, name)) continue;
    value = field.value;
    ++count;
  }
  return count == 1 ? value : std::string_view();
}

// "20150830T123600Z"
std::optional<base::WallTime> ParseDateTime(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [&](size_t at, size_t digits) {
    int value = 0;
    for (const char c : text.substr(at, digits)) value = value * 10 + (c - '0');
    return value;
  };
  const auto is_digit = [](char c) { return base::IsDigit(c); };
  if (std::count_if(text.begin(), text.end(), is_digit) != 14) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(number(9, 2)) +
         std::chrono::minutes(number(11, 2)) + std::chrono::seconds(number(13, 2));
}

std::string_view TakeUntil(std::string_view& rest, char end) {
  const std::string_view part = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

absl::Status ParseCredential(std::string_view text, Sigv4Authorization& authorization) {
  authorization.access_key_id = TakeUntil(text, '/');
  authorization.date = TakeUntil(text, '/');
  authorization.region = TakeUntil(text, '/');
  authorization.service = TakeUntil(text, '/');
  const bool whole = !authorization.access_key_id.empty() && !authorization.date.empty() &&
                     !authorization.region.empty() && !authorization.service.empty() &&
                     text == kTerminator;
  if (whole) return absl::OkStatus();
  return Refused("Credential is not <key>/<date>/<region>/<service>/aws4_request");
}

absl::Status ParseSignedHeaders(std::string_view text, Sigv4Authorization& authorization) {
  while (!text.empty()) {
    const std::string_view name = TakeUntil(text, ';');
    const bool in_order =
        authorization.signed_headers.empty() || authorization.signed_headers.back() < name;
    if (name.empty() || !in_order || base::ToLower(name) != name) {
      return Refused("SignedHeaders are not lower-case names in order");
    }
    authorization.signed_headers.push_back(name);
    if (authorization.signed_headers.size() > kMaxSignedHeaders) {
      return Refused(base::Concat("more than ", kMaxSignedHeaders, " SignedHeaders"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckScope(const Sigv4Authorization& authorization, std::string_view date_time,
                        base::WallTime now) {
  if (authorization.service != kService) {
    return Refused(base::Concat("is for another service than ", kService));
  }
  const std::optional<base::WallTime> signed_at = ParseDateTime(date_time);
  if (!signed_at) return Refused("there is not one X-Amz-Date like 20150830T123600Z");
  if (!date_time.starts_with(authorization.date) || authorization.date.size() != 8) {
    return Refused("the scope has another date than X-Amz-Date");
  }
  const auto skew = now > *signed_at ? now - *signed_at : *signed_at - now;
  if (skew > Sigv4Claim::kMaxSkew) {
    return Refused("X-Amz-Date is more than 5 minutes from the gateway's clock");
  }
  return absl::OkStatus();
}

absl::Status CheckSignedHeaders(const SignedParts& parts,
                                const std::vector<std::string_view>& signed_headers) {
  for (const std::string_view name : {std::string_view("host"), kDateField}) {
    if (std::find(signed_headers.begin(), signed_headers.end(), name) == signed_headers.end()) {
      return Refused(base::Concat(name, " is not signed"));
    }
  }
  for (const std::string_view name : signed_headers) {
    if (!Has(parts, name)) return Refused("a signed field is missing");
  }
  return absl::OkStatus();
}

// Empty: the request does not tell it.
absl::StatusOr<std::string> DeclaredHash(const SignedParts& parts) {
  if (!Has(parts, kHashField)) return std::string();
  const std::string_view hash = Only(parts, kHashField);
  if (!IsHash(hash)) return Refused("the payload is not signed with its SHA-256");
  return base::ToLower(hash);
}

}  // namespace

bool Sigv4Authorization::IsScheme(std::string_view authorization) {
  return authorization.starts_with("AWS4-");
}

absl::StatusOr<Sigv4Authorization> Sigv4Authorization::Parse(std::string_view text) {
  if (!text.starts_with(kAlgorithm) || !text.substr(kAlgorithm.size()).starts_with(' ')) {
    return Refused(base::Concat("the algorithm is not ", kAlgorithm));
  }
  text.remove_prefix(kAlgorithm.size());
  Sigv4Authorization authorization;
  absl::Status status = Refused("Credential is missing");
  while (!text.empty()) {
    std::string_view part = base::Trim(TakeUntil(text, ','));
    const std::string_view name = TakeUntil(part, '=');
    if (name == "Credential") {
      status = ParseCredential(part, authorization);
    } else if (name == "SignedHeaders") {
      if (absl::Status headers = ParseSignedHeaders(part, authorization); !headers.ok()) {
        return headers;
      }
    } else if (name == "Signature") {
      authorization.signature = part;
    }
  }
  if (!status.ok()) return status;
  if (!IsHash(authorization.signature)) return Refused("Signature is not 64 hex digits");
  return authorization;
}

std::string Sigv4Scope(const Sigv4Authorization& authorization, std::string_view date_time) {
  return base::Concat(kAlgorithm, '\n', date_time, '\n', authorization.date, '/',
                      authorization.region, '/', authorization.service, '/', kTerminator, '\n');
}

std::string Sigv4SigningKey(const Sigv4Authorization& authorization, std::string_view secret) {
  std::string key = Hmac(base::Concat("AWS4", secret), authorization.date);
  key = Hmac(key, authorization.region);
  key = Hmac(key, authorization.service);
  return Hmac(key, kTerminator);
}

std::string Sigv4Signature(std::string_view scope, std::string_view canonical_request,
                           std::string_view signing_key) {
  const std::string mac = Hmac(signing_key, base::Concat(scope, HashHex(canonical_request)));
  return Hex(Bytes(mac), mac.size());
}

absl::StatusOr<Sigv4Claim> Sigv4Claim::Check(const SignedParts& parts, base::WallTime now,
                                             FindSecret find_secret) {
  if (Has(parts, kTokenField)) {
    return Refused("temporary credentials (X-Amz-Security-Token) are not known here");
  }
  const auto authorization = Sigv4Authorization::Parse(Only(parts, "authorization"));
  if (!authorization.ok()) return authorization.status();
  const std::string date_time(Only(parts, kDateField));
  if (absl::Status status = CheckScope(*authorization, date_time, now); !status.ok()) return status;
  const auto& signed_headers = authorization->signed_headers;
  if (absl::Status status = CheckSignedHeaders(parts, signed_headers); !status.ok()) return status;
  absl::StatusOr<std::string> hash = DeclaredHash(parts);
  if (!hash.ok()) return hash.status();
  const std::optional<std::string> secret = find_secret(authorization->access_key_id);
  if (!secret) return Refused("the access key is not known");

  Sigv4Claim claim;
  claim.access_key_id_ = authorization->access_key_id;
  claim.signature_ = base::ToLower(authorization->signature);
  claim.request_ = CanonicalRequest(parts, signed_headers, "");
  claim.scope_ = Sigv4Scope(*authorization, date_time);
  claim.signing_key_ = Sigv4SigningKey(*authorization, *secret);
  claim.body_hash_ = *std::move(hash);
  if (!claim.body_hash_.empty() && !claim.IsGoodFor(claim.body_hash_)) return NoMatch();
  return claim;
}

bool Sigv4Claim::IsGoodFor(std::string_view body_hash) const {
  return AreEqual(Sigv4Signature(scope_, base::Concat(request_, body_hash), signing_key_),
                  signature_);
}

absl::Status Sigv4Claim::CheckBody(std::string_view body) const {
  const std::string hash = HashHex(body);
  if (!body_hash_.empty()) {
    return hash == body_hash_ ? absl::OkStatus() : Refused("is of another body");
  }
  return IsGoodFor(hash) ? absl::OkStatus() : NoMatch();
}

}  // namespace ssegw::auth
