#include "tests/testing/test_certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <memory>

#include "internal/base/free_with.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

using Bio = std::unique_ptr<BIO, base::FreeWith<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, base::FreeWith<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, base::FreeWith<X509_free>>;

struct Authority {
  Key key;
  Certificate certificate;
};

void Check(bool ok, const char* what) {
  if (!ok) throw Failure(std::string("OpenSSL refuses: ") + what);
}

std::string Text(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string Pem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_X509(bio.get(), certificate) == 1, "a certificate as PEM");
  return Text(bio);
}

std::string Pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "a key as PEM");
  return Text(bio);
}

void AddExtension(X509* certificate, X509* issuer, int name, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, base::FreeWith<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, name, value.c_str()));
  Check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

// Without issuer and signature.
Certificate Unsigned(EVP_PKEY* key, const std::string& name, std::chrono::seconds begins,
                     std::chrono::seconds ends) {
  static std::atomic<long> serial = 1;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), begins.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends.count());
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

void Sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  Check(X509_sign(certificate, key, EVP_sha256()) > 0, "to sign");
}

const Authority& TheAuthority() {
  static const Authority* const authority = [] {
    auto* made = new Authority;
    made->key.reset(EVP_EC_gen("P-256"));
    made->certificate = Unsigned(made->key.get(), "a test's CA", -std::chrono::hours(24),
                                 std::chrono::hours(24 * 365));
    AddExtension(made->certificate.get(), made->certificate.get(), NID_basic_constraints,
                 "critical,CA:TRUE");
    AddExtension(made->certificate.get(), made->certificate.get(), NID_subject_key_identifier,
                 "hash");
    Sign(made->certificate.get(), made->certificate.get(), made->key.get());
    return made;
  }();
  return *authority;
}

}  // namespace

TestCertificate TestCertificate::Make(const Options& options) {
  const Authority& ca = TheAuthority();
  const Key key(options.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
  const Certificate certificate = Unsigned(key.get(), options.name, options.begins, options.ends);
  X509* const issuer = options.self_signed ? certificate.get() : ca.certificate.get();
  std::string names = "DNS:" + options.name;
  for (const std::string& name : options.alternative_names) names += "," + name;
  AddExtension(certificate.get(), issuer, NID_subject_alt_name, names);
  Sign(certificate.get(), issuer, options.self_signed ? key.get() : ca.key.get());
  return {.certificate = Pem(certificate.get()), .key = Pem(key.get())};
}

const std::string& TestCertificate::Ca() {
  static const std::string pem = Pem(TheAuthority().certificate.get());
  return pem;
}

}  // namespace ssegw::testing
