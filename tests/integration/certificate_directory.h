#ifndef SSEGW_TESTS_INTEGRATION_CERTIFICATE_DIRECTORY_H_
#define SSEGW_TESTS_INTEGRATION_CERTIFICATE_DIRECTORY_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/test_certificate.h"

namespace ssegw::testing {

// A directory of files that the gateway's flags name, as a mounted Secret has them.
class CertificateDirectory {
 public:
  CertificateDirectory() {
    static std::atomic<int> number = 0;
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 base::Concat("certificates-", getpid(), "-", number++);
    std::filesystem::create_directory(directory_);
    Write("ca.pem", TestCertificate::Ca());
    Replace(TestCertificate::Make());
  }
  ~CertificateDirectory() { std::filesystem::remove_all(directory_); }
  CertificateDirectory(const CertificateDirectory&) = delete;
  CertificateDirectory& operator=(const CertificateDirectory&) = delete;

  // Another file takes the place of the one that was there.
  void Write(const std::string& name, std::string_view text) const {
    const std::string next = Path(name + ".next");
    std::ofstream(next) << text;
    std::filesystem::rename(next, Path(name));
  }
  void Replace(const TestCertificate& pair) const {
    Write("cert.pem", pair.certificate);
    Write("key.pem", pair.key);
  }
  std::string Path(const std::string& name) const { return directory_ / name; }

  // Both files of one listener: "http" or "grpc".
  std::vector<std::string> Flags(std::string_view listener,
                                 const std::vector<std::string>& others = {}) const {
    std::vector<std::string> flags = others;
    flags.push_back(base::Concat("--", listener, "_tls_cert_file=", Path("cert.pem")));
    flags.push_back(base::Concat("--", listener, "_tls_key_file=", Path("key.pem")));
    return flags;
  }

 private:
  std::filesystem::path directory_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_INTEGRATION_CERTIFICATE_DIRECTORY_H_
