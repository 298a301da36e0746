#ifndef SSEGW_TESTS_TESTING_TEST_CERTIFICATE_H_
#define SSEGW_TESTS_TESTING_TEST_CERTIFICATE_H_

#include <chrono>
#include <string>
#include <vector>

namespace ssegw::testing {

// A certificate and its private key, as PEM. Its CA is made once in a process, and lives in it.
struct TestCertificate {
  std::string certificate;
  std::string key;

  struct Options {
    // Of the certificate, and DNS name among its alternative names.
    std::string name = "localhost";
    // More alternative names, as OpenSSL's configuration has them: "URI:spiffe://x/y".
    std::vector<std::string> alternative_names = {"IP:127.0.0.1"};
    // From now on.
    std::chrono::seconds begins = -std::chrono::hours(1);
    std::chrono::seconds ends = std::chrono::hours(24);
    // Otherwise ECDSA P-256.
    bool rsa = false;
    // Otherwise the CA of the process signs it.
    bool self_signed = false;
  };
  static TestCertificate Make(const Options& options);
  static TestCertificate Make() { return Make(Options()); }

  // The certificate of the process's CA.
  static const std::string& Ca();
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_TEST_CERTIFICATE_H_
