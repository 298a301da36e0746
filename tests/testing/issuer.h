#ifndef SSEGW_TESTS_TESTING_ISSUER_H_
#define SSEGW_TESTS_TESTING_ISSUER_H_

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/token_signer.h"

namespace ssegw::testing {

// A file of a test that others may read while it is written anew.
class ReplacedFile {
 public:
  explicit ReplacedFile(std::string_view text);
  ~ReplacedFile();
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  // As Kubernetes does it: another file takes its place.
  void Write(std::string_view text) const;
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

// Who signs tokens, with the key "a" of P-256, and publishes its keys in a file.
class Issuer {
 public:
  Issuer();

  // What a gateway needs to take its tokens.
  std::vector<std::string> Flags(const std::vector<std::string>& more = {}) const;

  // members: of the payload beside exp, R"("sub":"me","topics":["eu.>"])".
  std::string Token(std::string_view members,
                    std::chrono::seconds good_for = std::chrono::hours(1)) const;
  const SigningKey& key() const { return key_; }

 private:
  const SigningKey key_ = SigningKey::P256();
  const ReplacedFile jwks_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_ISSUER_H_
