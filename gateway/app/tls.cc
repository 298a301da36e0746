#include "gateway/app/tls.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/key_file.h"
#include "internal/log/log.h"

namespace ssegw::app {
namespace {

std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

net::TlsOptions OptionsOf(const config::Config& config) {
  return {.min_version = config.tls_min_version == config::TlsVersion::k13
                             ? net::TlsOptions::Version::k13
                             : net::TlsOptions::Version::k12,
          .offers_h2 = true};
}

// Counts and tells what came of files that changed while the gateway runs.
void Tell(std::string_view what, const std::optional<absl::Status>& read, TlsStats& stats) {
  if (!read) return;
  if (read->ok()) {
    stats.reloads_ok.Add();
    log::Info("tls files taken", {{"what", what}});
  } else {
    stats.reloads_failed.Add();
    log::Warn("tls files refused", {{"what", what}, {"error", MessageOf(*read)}});
  }
}

}  // namespace

Tls::Tls(const config::Config& config)
    : options_(OptionsOf(config)), handshake_rate_(config.tls_handshake_rate) {
  if (!config.tls_ticket_key_file.empty()) {
    ticket_file_.emplace(config.tls_ticket_key_file, base::kMaxKeyFileBytes);
  }
  if (!config.http_tls_cert_file.empty()) {
    http_files_.emplace("http", CertificateFiles::Paths{.cert = config.http_tls_cert_file,
                                                        .key = config.http_tls_key_file});
  }
  if (!config.grpc_tls_cert_file.empty()) {
    grpc_files_.emplace("grpc", CertificateFiles::Paths{.cert = config.grpc_tls_cert_file,
                                                        .key = config.grpc_tls_key_file,
                                                        .ca = config.grpc_client_ca_file});
  }
}

absl::StatusOr<std::unique_ptr<Tls>> Tls::Load(const config::Config& config) {
  std::unique_ptr<Tls> tls(new Tls(config));
  std::string faults;
  for (const auto& read : {tls->ReadTickets(), tls->ReadHttp(), tls->ReadGrpc()}) {
    if (!read || read->ok()) continue;
    if (!faults.empty()) faults += '\n';
    faults += MessageOf(*read);
  }
  if (!faults.empty()) return absl::InvalidArgumentError(faults);
  return tls;
}

void Tls::Start(FileWatch& watch) {
  if (ticket_file_ || http_files_ || grpc_files_) watch.Add([this] { Reread(); });
}

void Tls::Reread() {
  Tell("tickets", ReadTickets(), stats_);
  Tell("http", ReadHttp(), stats_);
  Tell("grpc", ReadGrpc(), stats_);
}

void Tls::SetHandshakeRate(size_t per_second) {
  if (http_port_) http_port_->rates().SetRate(per_second);
}

std::optional<absl::Status> Tls::ReadTickets() {
  if (!ticket_file_) return std::nullopt;
  const auto text = ticket_file_->ReadIfChanged();
  if (!text) return std::nullopt;
  const auto fault = [this](const absl::Status& status) {
    return absl::InvalidArgumentError(
        base::Concat("--tls_ticket_key_file=", ticket_file_->path(), ": ", MessageOf(status)));
  };
  if (!text->ok()) return fault(text->status());
  const auto keys = base::ParseKeyFile(**text);
  if (!keys.ok()) return fault(keys.status());
  ticket_keys_->Set(*keys);
  return absl::OkStatus();
}

std::optional<absl::Status> Tls::ReadHttp() {
  if (!http_files_) return std::nullopt;
  const auto found = http_files_->ReadIfChanged();
  if (!found) return std::nullopt;
  if (!found->ok()) return found->status();
  const net::Certificate& certificate = (*found)->certificate;
  auto context = net::TlsContext::Create(certificate, options_, ticket_keys_);
  if (!context.ok()) {
    return absl::InvalidArgumentError(
        base::Concat("--http_tls_cert_file: ", MessageOf(context.status())));
  }
  if (http_port_) {
    http_port_->SetContext(*std::move(context));
  } else {
    http_port_ = std::make_unique<net::TlsPort>(*std::move(context), handshake_rate_);
  }
  stats_.http_expires_at = certificate.expires_at();
  return absl::OkStatus();
}

std::optional<absl::Status> Tls::ReadGrpc() {
  if (!grpc_files_) return std::nullopt;
  const auto found = grpc_files_->ReadIfChanged();
  if (!found) return std::nullopt;
  if (!found->ok()) return found->status();
  // What OpenSSL has against the certificate itself it would tell gRPC only at a handshake.
  const auto context = net::TlsContext::Create((*found)->certificate, {}, ticket_keys_);
  if (!context.ok()) {
    return absl::InvalidArgumentError(
        base::Concat("--grpc_tls_cert_file: ", MessageOf(context.status())));
  }
  ingest::TlsIdentity identity{
      .chain = (*found)->chain, .key = (*found)->key, .client_ca = (*found)->client_ca};
  if (grpc_identity_) {
    grpc_identity_->Set(std::move(identity));
  } else {
    grpc_identity_ = std::make_shared<ingest::LiveTlsIdentity>(std::move(identity));
  }
  stats_.grpc_expires_at = (*found)->certificate.expires_at();
  return absl::OkStatus();
}

}  // namespace ssegw::app
