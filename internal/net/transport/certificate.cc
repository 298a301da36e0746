#include "internal/net/transport/certificate.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::net {
namespace {

using SystemTime = std::chrono::system_clock::time_point;

BioPtr Over(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::optional<SystemTime> TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

// Called where a key is encrypted: there is no password, and nobody is asked for one.
int NoPassword(char*, int, int, void*) { return -1; }

absl::Status CheckValidity(X509* certificate, SystemTime now, SystemTime& expires_at) {
  const std::optional<SystemTime> begins = TimeOf(X509_get0_notBefore(certificate));
  const std::optional<SystemTime> ends = TimeOf(X509_get0_notAfter(certificate));
  if (!begins || !ends) {
    return absl::InvalidArgumentError("the certificate's validity cannot be read");
  }
  expires_at = *ends;
  if (now > *ends) return absl::InvalidArgumentError("the certificate has expired");
  if (now < *begins) return absl::InvalidArgumentError("the certificate is not valid yet");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(std::string_view pem) {
  const BioPtr input = Over(pem);
  std::vector<X509Ptr> certificates;
  for (;;) {
    X509Ptr certificate(PEM_read_bio_X509(input.get(), nullptr, NoPassword, nullptr));
    if (!certificate) break;
    certificates.push_back(std::move(certificate));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string error = TakeOpenSslError();
  if (!at_end) {
    return absl::InvalidArgumentError(
        base::Concat("certificate ", certificates.size() + 1, " cannot be read: ", error));
  }
  if (certificates.empty()) return absl::InvalidArgumentError("no certificate in PEM");
  return certificates;
}

absl::StatusOr<Certificate> Certificate::Parse(std::string_view chain, std::string_view key,
                                               SystemTime now) {
  absl::StatusOr<std::vector<X509Ptr>> certificates = ParseCertificates(chain);
  if (!certificates.ok()) return certificates.status();
  Certificate parsed;
  parsed.own_ = std::move(certificates->front());
  parsed.intermediates_.assign(std::make_move_iterator(certificates->begin() + 1),
                               std::make_move_iterator(certificates->end()));
  parsed.key_.reset(PEM_read_bio_PrivateKey(Over(key).get(), nullptr, NoPassword, nullptr));
  if (!parsed.key_) {
    const std::string error = TakeOpenSslError();
    const bool is_pem = key.find("PRIVATE KEY-----") != std::string_view::npos;
    return absl::InvalidArgumentError(is_pem ? base::Concat("the key cannot be read: ", error)
                                             : std::string("no private key in PEM"));
  }
  if (X509_check_private_key(parsed.own_.get(), parsed.key_.get()) != 1) {
    TakeOpenSslError();
    return absl::InvalidArgumentError("the key is not that of the certificate");
  }
  if (absl::Status valid = CheckValidity(parsed.own_.get(), now, parsed.expires_at_); !valid.ok()) {
    return valid;
  }
  return parsed;
}

}  // namespace ssegw::net
