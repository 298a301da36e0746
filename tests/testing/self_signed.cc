#include "tests/testing/self_signed.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

template <auto kFree>
struct Frees {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Frees<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Frees<X509_free>>;
using File = std::unique_ptr<std::FILE, Frees<std::fclose>>;

constexpr long kOneDay = 24L * 60 * 60;

void Must(bool done) {
  if (!done) throw Failure("no certificate can be made");
}

Certificate Sign(EVP_PKEY* key) {
  Certificate cert(X509_new());
  Must(cert != nullptr);
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -kOneDay);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 30 * kOneDay);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* const name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  Must(names != nullptr);
  X509_add_ext(cert.get(), names, -1);
  X509_EXTENSION_free(names);
  Must(X509_sign(cert.get(), key, EVP_sha256()) > 0);
  return cert;
}

}  // namespace

SelfSigned::SelfSigned() : directory_(std::filesystem::temp_directory_path() / "ssegw-tls-XXXXXX") {
  Must(mkdtemp(directory_.data()) != nullptr);
  const Key key(EVP_EC_gen("P-256"));
  Must(key != nullptr);
  const Certificate cert = Sign(key.get());
  const File cert_to(std::fopen(cert_file().c_str(), "w"));
  const File key_to(std::fopen(key_file().c_str(), "w"));
  Must(cert_to != nullptr && key_to != nullptr && PEM_write_X509(cert_to.get(), cert.get()) == 1 &&
       PEM_write_PrivateKey(key_to.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

SelfSigned::~SelfSigned() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace ssegw::testing
