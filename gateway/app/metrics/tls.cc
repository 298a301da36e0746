#include <atomic>
#include <chrono>
#include <string_view>
#include <vector>

#include "gateway/app/metrics/samples.h"
#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {
namespace {

void AddExpiry(std::string_view listener,
               const std::atomic<std::chrono::system_clock::time_point>& at,
               std::vector<Sample>& samples) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(at.load().time_since_epoch());
  samples.push_back(
      {.labels = {{"listener", listener}}, .value = static_cast<double>(seconds.count())});
}

void AddTransports(const Shards& shards, Families& families) {
  std::vector<Sample> samples;
  for (const bool tls : {false, true}) {
    for (const net::Protocol protocol : base::AllOf<net::Protocol>()) {
      uint64_t open = 0;
      for (const auto* shard : shards) {
        const net::TransportCounts& counts = shard->stats().transports;
        open += (tls ? counts.with_tls : counts.in_the_clear)[protocol].value();
      }
      samples.push_back(
          {.labels = {{"protocol", net::ToString(protocol)}, {"tls", tls ? "true" : "false"}},
           .value = static_cast<double>(open)});
    }
  }
  families.Gauge("transports",
                 "Sockets of http_listen over which something is spoken, by what it is; "
                 "connections are the streams on them.",
                 samples);
}

}  // namespace

void AddTls(const Shards& shards, const TlsStats& tls, Families& families) {
  AddTransports(shards, families);
  families.Counter(
      "tls_handshakes_total",
      "TLS handshakes with http_listen that began and came to an end; failed ones are clients that "
      "do not trust the certificate, are too old, or speak no TLS.",
      {{.labels = {{"result", "ok"}},
        .value = static_cast<double>(
            Sum(shards, [](const auto& s) -> auto& { return s.stats().handshakes_ok; }))},
       {.labels = {{"result", "failed"}},
        .value = static_cast<double>(
            Sum(shards, [](const auto& s) -> auto& { return s.stats().handshakes_failed; }))}});
  families.Counter("tls_handshakes_refused_total",
                   "TLS handshakes refused or given up for others: rate: the address began more "
                   "than tls_handshake_rate; room: too many were under way. Growth is a flood.",
                   SumsByLabel<net::HandshakeRefusal>(shards, "reason", [](const auto& s) -> auto& {
                     return s.stats().handshakes_refused;
                   }));
  families.Counter(
      "tls_reloads_total",
      "How often changed files of certificates, keys and tickets were taken, and "
      "refused; failed ones leave what was there.",
      {{.labels = {{"result", "ok"}}, .value = static_cast<double>(tls.reloads_ok.value())},
       {.labels = {{"result", "failed"}},
        .value = static_cast<double>(tls.reloads_failed.value())}});
  std::vector<Sample> expiries;
  AddExpiry("http", tls.http_expires_at, expiries);
  AddExpiry("grpc", tls.grpc_expires_at, expiries);
  families.Gauge("tls_certificate_expiry_timestamp_seconds",
                 "When the certificate in use expires; 0: that listener speaks no TLS.", expiries);
}

}  // namespace ssegw::app
