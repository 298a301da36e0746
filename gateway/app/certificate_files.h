#ifndef SSEGW_GATEWAY_APP_CERTIFICATE_FILES_H_
#define SSEGW_GATEWAY_APP_CERTIFICATE_FILES_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "internal/base/watched_file.h"
#include "internal/net/transport/certificate.h"

namespace ssegw::app {

// A listener's certificate, its key, and the CAs of its clients, in files that others replace, one
// after the other or all at once.
//
// Thread: one.
class CertificateFiles {
 public:
  // What the files hold, which has been found to fit together.
  struct Found {
    std::string chain;
    std::string key;
    std::string client_ca;
    net::Certificate certificate;
  };

  // As flags name them, for faults. ca: empty: none.
  struct Paths {
    std::string cert;
    std::string key;
    std::string ca = {};
  };
  // listener: "http" or "grpc".
  CertificateFiles(std::string listener, const Paths& paths);

  // nullopt: nothing has changed since the last call. A Status begins with the flag.
  std::optional<absl::StatusOr<Found>> ReadIfChanged();

  const std::string& listener() const { return listener_; }

 private:
  // One file, with what it held last.
  struct File {
    std::string flag;
    base::WatchedFile watched;
    absl::StatusOr<std::string> held = std::string();
  };

  absl::StatusOr<Found> Check() const;

  const std::string listener_;
  File cert_;
  File key_;
  std::optional<File> ca_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_CERTIFICATE_FILES_H_
