#ifndef SSEGW_TESTS_TESTING_SELF_SIGNED_H_
#define SSEGW_TESTS_TESTING_SELF_SIGNED_H_

#include <string>

namespace ssegw::testing {

// A certificate of localhost and 127.0.0.1 that signs itself, and its key, ECDSA with P-256, as
// files of a directory of its own.
//
// Lifetime: the files end with the object. Errors: Failure.
class SelfSigned {
 public:
  SelfSigned();
  ~SelfSigned();
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;

  std::string cert_file() const { return directory_ + "/cert.pem"; }
  std::string key_file() const { return directory_ + "/key.pem"; }

 private:
  std::string directory_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_SELF_SIGNED_H_
