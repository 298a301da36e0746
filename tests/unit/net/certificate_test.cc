#include "internal/net/transport/certificate.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <chrono>
#include <string>

#include "tests/testing/test_certificate.h"

namespace ssegw::net {
namespace {

using testing::TestCertificate;

std::string FaultOf(const std::string& chain, const std::string& key) {
  const auto parsed = Certificate::Parse(chain, key, std::chrono::system_clock::now());
  // A queue of errors that is not empty would be taken for another call's.
  EXPECT_EQ(ERR_peek_error(), 0U);
  return std::string(parsed.status().message());
}

TEST(CertificateTest, HasItsChainAndItsEnd) {
  const TestCertificate pair = TestCertificate::Make({.ends = std::chrono::hours(10)});
  const auto now = std::chrono::system_clock::now();
  const auto parsed = Certificate::Parse(pair.certificate + TestCertificate::Ca(), pair.key, now);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->intermediates().size(), 1U);
  EXPECT_LT(std::chrono::abs(parsed->expires_at() - now - std::chrono::hours(10)),
            std::chrono::seconds(10));
}

TEST(CertificateTest, SaysWhatIsWrong) {
  const TestCertificate good = TestCertificate::Make();
  const TestCertificate other = TestCertificate::Make();
  const TestCertificate expired = TestCertificate::Make({.ends = -std::chrono::minutes(1)});
  const TestCertificate early = TestCertificate::Make({.begins = std::chrono::hours(1)});
  EXPECT_EQ(FaultOf(good.certificate, good.key), "");
  EXPECT_EQ(FaultOf("", good.key), "no certificate in PEM");
  EXPECT_EQ(FaultOf(good.key, good.key), "no certificate in PEM");
  EXPECT_EQ(FaultOf(good.certificate, ""), "no private key in PEM");
  EXPECT_EQ(FaultOf(good.certificate, good.certificate), "no private key in PEM");
  EXPECT_EQ(FaultOf(good.certificate, other.key), "the key is not that of the certificate");
  EXPECT_EQ(FaultOf(expired.certificate, expired.key), "the certificate has expired");
  EXPECT_EQ(FaultOf(early.certificate, early.key), "the certificate is not valid yet");
}

TEST(CertificateTest, HalfAFileIsAFaultAndNotAShorterChain) {
  const TestCertificate pair = TestCertificate::Make();
  const std::string chain = pair.certificate + TestCertificate::Ca();
  const std::string cut = chain.substr(0, chain.size() - 60);
  EXPECT_TRUE(FaultOf(cut, pair.key).starts_with("certificate 2 cannot be read: "))
      << FaultOf(cut, pair.key);
}

TEST(CertificateTest, AKeyWithAPasswordIsAFaultAndAsksNobody) {
  const TestCertificate pair = TestCertificate::Make();
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg5Y0KRFqvbmwICCAAw\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_TRUE(FaultOf(pair.certificate, encrypted).starts_with("the key cannot be read: "));
}

}  // namespace
}  // namespace ssegw::net
