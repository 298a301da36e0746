#include "gateway/app/nats_options.h"

namespace ssegw::app {

nats::DialOptions DialOptionsOf(const config::Config& config) {
  nats::DialOptions options{.servers = {},
                            .tls = config.store.tls,
                            .user = config.store.user,
                            .password = config.store.password,
                            .credentials_file = config.nats_credentials,
                            .nkey_seed_file = config.nats_nkey_seed,
                            .ca_file = config.nats_ca,
                            .certificate_file = config.nats_cert,
                            .key_file = config.nats_key};
  for (const config::Address& server : config.store.servers) {
    options.servers.push_back(server.ToString());
  }
  return options;
}

}  // namespace ssegw::app
