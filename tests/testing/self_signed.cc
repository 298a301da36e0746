#include "tests/testing/self_signed.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "tests/testing/failure.h"
#include "tests/testing/test_certificate.h"

namespace ssegw::testing {
namespace {

void Write(const std::string& path, const std::string& text) {
  if (!(std::ofstream(path) << text << std::flush)) throw Failure(path + " cannot be written");
}

}  // namespace

SelfSigned::SelfSigned() : directory_(std::filesystem::temp_directory_path() / "ssegw-tls-XXXXXX") {
  if (mkdtemp(directory_.data()) == nullptr) throw Failure("no directory can be made");
  const TestCertificate made = TestCertificate::Make({.self_signed = true});
  Write(cert_file(), made.certificate);
  Write(key_file(), made.key);
}

SelfSigned::~SelfSigned() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace ssegw::testing
