#ifndef SSEGW_GATEWAY_APP_TLS_H_
#define SSEGW_GATEWAY_APP_TLS_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "gateway/app/certificate_files.h"
#include "gateway/app/file_watch.h"
#include "gateway/config/config.h"
#include "gateway/ingest/tls_credentials.h"
#include "internal/base/watched_file.h"
#include "internal/metrics/counter.h"
#include "internal/net/transport/tls_port.h"
#include "internal/net/transport/tls_ticket_keys.h"

namespace ssegw::app {

// What the metrics say of the files of TLS.
struct TlsStats {
  // Of files that had changed.
  metrics::SharedCounter reloads_ok;
  metrics::SharedCounter reloads_failed;
  // The epoch: that listener speaks no TLS.
  std::atomic<std::chrono::system_clock::time_point> http_expires_at{};
  std::atomic<std::chrono::system_clock::time_point> grpc_expires_at{};
};

// TLS of both listeners: certificates, keys and tickets, from files that are read again while the
// gateway runs. What is new and good counts for handshakes from then on; a fault changes nothing,
// and is told in a line.
//
// Owns:   what the listeners shake hands with.
// Thread: Load, Start: one. The rest any.
class Tls {
 public:
  // For a start, and for --check_config. The Status has a fault a line, each with its flag.
  static absl::StatusOr<std::unique_ptr<Tls>> Load(const config::Config& config);

  // Has the files watched.
  void Start(FileWatch& watch);
  void SetHandshakeRate(size_t per_second);

  // nullptr: http_listen speaks in the clear.
  net::TlsPort* http_port() { return http_port_.get(); }
  // nullptr: grpc_listen speaks in the clear.
  const std::shared_ptr<ingest::LiveTlsIdentity>& grpc_identity() const { return grpc_identity_; }
  const TlsStats& stats() const { return stats_; }

 private:
  explicit Tls(const config::Config& config);

  // Each reads its files and takes over what is good. nullopt: they are as they were.
  std::optional<absl::Status> ReadTickets();
  std::optional<absl::Status> ReadHttp();
  std::optional<absl::Status> ReadGrpc();
  void Reread();

  TlsStats stats_;
  const net::TlsOptions options_;
  const size_t handshake_rate_;
  const std::shared_ptr<net::TlsTicketKeys> ticket_keys_ = std::make_shared<net::TlsTicketKeys>();
  std::optional<base::WatchedFile> ticket_file_;
  std::optional<CertificateFiles> http_files_;
  std::optional<CertificateFiles> grpc_files_;
  std::unique_ptr<net::TlsPort> http_port_;
  std::shared_ptr<ingest::LiveTlsIdentity> grpc_identity_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_TLS_H_
