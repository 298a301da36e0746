#ifndef SSEGW_TESTS_TESTING_TOKEN_SIGNER_H_
#define SSEGW_TESTS_TESTING_TOKEN_SIGNER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace ssegw::testing {

// A key that signs tokens, as an issuer has it. Each is new; it ends the process where OpenSSL
// fails.
class SigningKey {
 public:
  static SigningKey Rsa(int bits = 2048);
  static SigningKey P256();
  static SigningKey P384();
  static SigningKey Ed25519();
  static SigningKey Secret(std::string secret);

  // The JWK, of the public part alone but for a secret. more: members that it has too, such as
  // R"("kid":"a","use":"sig")".
  std::string Jwk(std::string_view more = "") const;

  // The compact JWS of two JSON texts, or of whatever else they are. algorithm: what the key signs
  // with, whatever the header says.
  std::string Sign(std::string_view algorithm, std::string_view header,
                   std::string_view payload) const;
  // The same with {"alg":algorithm}, or {"alg":algorithm,"kid":kid}.
  std::string Token(std::string_view algorithm, std::string_view payload,
                    std::string_view kid = "") const;

 private:
  SigningKey() = default;
  explicit SigningKey(evp_pkey_st* key);
  std::string SignBytes(std::string_view algorithm, std::string_view input) const;

  std::shared_ptr<evp_pkey_st> key_;  // null: it is a secret
  std::string secret_;
};

// {"keys":[…]}
std::string KeySetOf(const std::vector<std::string>& jwks);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_TOKEN_SIGNER_H_
