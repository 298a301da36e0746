#include "gateway/app/certificate_files.h"

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::app {
namespace {

// A chain has some 5 KiB, a bundle of CAs 250 KiB.
constexpr size_t kMaxFileBytes = size_t{4} * 1024 * 1024;

absl::Status Fault(std::string_view flag, std::string_view path, const absl::Status& status) {
  return absl::InvalidArgumentError(
      base::Concat("--", flag, '=', path, ": ",
                   std::string_view(status.message().data(), status.message().size())));
}

}  // namespace

CertificateFiles::CertificateFiles(std::string listener, const Paths& paths)
    : listener_(std::move(listener)),
      cert_{.flag = listener_ + "_tls_cert_file",
            .watched = base::WatchedFile(paths.cert, kMaxFileBytes)},
      key_{.flag = listener_ + "_tls_key_file",
           .watched = base::WatchedFile(paths.key, kMaxFileBytes)} {
  if (paths.ca.empty()) return;
  ca_.emplace(File{.flag = listener_ + "_client_ca_file",
                   .watched = base::WatchedFile(paths.ca, kMaxFileBytes)});
}

std::optional<absl::StatusOr<CertificateFiles::Found>> CertificateFiles::ReadIfChanged() {
  bool changed = false;
  for (File* const file : {&cert_, &key_, ca_ ? &*ca_ : nullptr}) {
    if (file == nullptr) continue;
    std::optional<absl::StatusOr<std::string>> now = file->watched.ReadIfChanged();
    if (!now) continue;
    changed = true;
    file->held = *std::move(now);
  }
  if (!changed) return std::nullopt;
  return Check();
}

absl::StatusOr<CertificateFiles::Found> CertificateFiles::Check() const {
  for (const File* const file : {&cert_, &key_, ca_ ? &*ca_ : nullptr}) {
    if (file == nullptr || file->held.ok()) continue;
    return Fault(file->flag, file->watched.path(), file->held.status());
  }
  if (ca_) {
    const auto authorities = net::ParseCertificates(*ca_->held);
    if (!authorities.ok()) return Fault(ca_->flag, ca_->watched.path(), authorities.status());
  }
  auto certificate =
      net::Certificate::Parse(*cert_.held, *key_.held, std::chrono::system_clock::now());
  if (!certificate.ok()) {
    return Fault(base::Concat(cert_.flag, '=', cert_.watched.path(), ", --", key_.flag),
                 key_.watched.path(), certificate.status());
  }
  return Found{.chain = *cert_.held,
               .key = *key_.held,
               .client_ca = ca_ ? *ca_->held : std::string(),
               .certificate = *std::move(certificate)};
}

}  // namespace ssegw::app
