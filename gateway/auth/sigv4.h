#ifndef SSEGW_GATEWAY_AUTH_SIGV4_H_
#define SSEGW_GATEWAY_AUTH_SIGV4_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/auth/canonical_request.h"
#include "internal/base/time.h"

namespace ssegw::auth {

// The Authorization field of a request that is signed by AWS Signature Version 4. Its texts are
// views into the field.
struct Sigv4Authorization {
  std::string_view access_key_id;
  // Of the credential scope: "20150830", "eu-central-1", "execute-api".
  std::string_view date;
  std::string_view region;
  std::string_view service;
  // In lower case and in order, as they are signed.
  std::vector<std::string_view> signed_headers;
  std::string_view signature;

  // Whether a field has this scheme.
  static bool IsScheme(std::string_view authorization);
  static absl::StatusOr<Sigv4Authorization> Parse(std::string_view authorization);
};

// The steps of the specification, each with what the one before gives. The scope is the string to
// sign without its last line; date_time: "20150830T123600Z". The signature is in hex.
std::string Sigv4Scope(const Sigv4Authorization& authorization, std::string_view date_time);
std::string Sigv4SigningKey(const Sigv4Authorization& authorization, std::string_view secret);
std::string Sigv4Signature(std::string_view scope, std::string_view canonical_request,
                           std::string_view signing_key);

// A signed request on its way through verification. A signature covers the body, so it is only
// known to be good when the body is there; most signers tell the body's hash in a field, and then a
// bad signature is found before.
//
// What is accepted: the header form for the service execute-api, of any region, with host and
// x-amz-date among what is signed, at most kMaxSkew from now, with the hash of the body. Presigned
// URLs, unsigned payloads and temporary credentials (X-Amz-Security-Token) are refused: who holds
// the secrets of these is not known here.
//
// Specification: "Create a signed AWS API request" of the AWS documentation.
//
// Thread: one at a time; no views of the request are kept.
// Errors: PERMISSION_DENIED says which check failed, and nothing of secrets.
class Sigv4Claim {
 public:
  static constexpr base::Duration kMaxSkew = std::chrono::minutes(5);

  // The secret of an access key; nullopt: there is no such key.
  using FindSecret = absl::FunctionRef<std::optional<std::string>(std::string_view id)>;

  // Checks all that can be checked before the body is there.
  static absl::StatusOr<Sigv4Claim> Check(const SignedParts& parts, base::WallTime now,
                                          FindSecret find_secret);

  const std::string& access_key_id() const { return access_key_id_; }

  // Whether this is the body that was signed.
  absl::Status CheckBody(std::string_view body) const;

 private:
  bool IsGoodFor(std::string_view body_hash) const;

  std::string access_key_id_;
  std::string signature_;
  // The canonical request without the hash at its end, and what signs it.
  std::string request_;
  std::string scope_;
  std::string signing_key_;
  // What the request says of its body; empty: nothing. Then the signature is checked with the body.
  std::string body_hash_;
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_SIGV4_H_
