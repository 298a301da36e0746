#include "gateway/config/tls_options.h"

#include <string_view>

#include "gateway/config/option_kinds.h"
#include "internal/base/concat.h"

namespace ssegw::config {
namespace {

constexpr IntegerRange kRate{0, 1'000'000};

// Adds a fault if only one of the two is given.
void CheckPair(std::string_view a, const std::string& a_value, std::string_view b,
               const std::string& b_value, std::vector<std::string>& faults) {
  if (a_value.empty() == b_value.empty()) return;
  const bool lacks_b = b_value.empty();
  faults.push_back(base::Concat("--", lacks_b ? a : b, ": needs --", lacks_b ? b : a));
}

}  // namespace

std::vector<Option> TlsOfListeners() {
  return {
      Path("http_tls_cert_file", &Config::http_tls_cert_file,
           "The certificate of http_listen (PEM), its own first, then the intermediate ones: it "
           "then speaks TLS alone. Read again every 10 s and on SIGHUP. Empty: in the clear."),
      Path("http_tls_key_file", &Config::http_tls_key_file,
           "The private key of http_tls_cert_file (PEM), without a password."),
      Choice<TlsVersion>("tls_min_version", &Config::tls_min_version,
                         {{"1.2", TlsVersion::k12}, {"1.3", TlsVersion::k13}},
                         "The oldest TLS that http_listen speaks. grpc_listen speaks 1.2 and 1.3."),
      Path("tls_ticket_key_file", &Config::tls_ticket_key_file,
           "Keys of the tickets with which browsers resume TLS sessions, 32 bytes of base64 a "
           "line: the first one seals, all open. Replicas with the same keys resume each other's. "
           "Read again every 10 s and on SIGHUP. Empty: a key of this process, replaced every 12 "
           "hours."),
      AtRunTime(Integer("tls_handshake_rate", &Config::tls_handshake_rate, kRate,
                        "Handshakes per second of one address with http_listen, with bursts of "
                        "one second's worth; further ones are closed. 0: no limit. A proxy in "
                        "front is one address.")),
      Path("grpc_tls_cert_file", &Config::grpc_tls_cert_file,
           "As http_tls_cert_file, for grpc_listen."),
      Path("grpc_tls_key_file", &Config::grpc_tls_key_file,
           "The private key of grpc_tls_cert_file (PEM), without a password."),
      Path("grpc_client_ca_file", &Config::grpc_client_ca_file,
           "Certificates (PEM) of the CAs one of which has signed each publisher's certificate; a "
           "publisher without one is refused. Read again every 10 s and on SIGHUP. Empty: no "
           "certificate is asked for."),
  };
}

std::vector<std::string> FaultsOfTls(const Config& config) {
  std::vector<std::string> faults;
  CheckPair("http_tls_cert_file", config.http_tls_cert_file, "http_tls_key_file",
            config.http_tls_key_file, faults);
  CheckPair("grpc_tls_cert_file", config.grpc_tls_cert_file, "grpc_tls_key_file",
            config.grpc_tls_key_file, faults);
  if (!config.tls_ticket_key_file.empty() && config.http_tls_cert_file.empty()) {
    faults.emplace_back("--tls_ticket_key_file: needs --http_tls_cert_file");
  }
  if (!config.grpc_client_ca_file.empty() && config.grpc_tls_cert_file.empty()) {
    faults.emplace_back("--grpc_client_ca_file: needs --grpc_tls_cert_file");
  }
  return faults;
}

}  // namespace ssegw::config
