#ifndef SSEGW_INTERNAL_NET_TRANSPORT_OPENSSL_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "internal/base/free_with.h"

namespace ssegw::net {

// OpenSSL's objects, freed as OpenSSL wants it.
using BioPtr = std::unique_ptr<BIO, base::FreeWith<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, base::FreeWith<EVP_PKEY_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, base::FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, base::FreeWith<SSL_free>>;
using X509Ptr = std::unique_ptr<X509, base::FreeWith<X509_free>>;

// What went wrong last on this thread, in OpenSSL's words: "no shared cipher". Its queue of errors
// is empty then, as every call of OpenSSL expects it that asks the queue how it went.
std::string TakeOpenSslError();

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_OPENSSL_H_
