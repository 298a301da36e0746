#ifndef SSEGW_INTERNAL_NATS_DIAL_OPTIONS_H_
#define SSEGW_INTERNAL_NATS_DIAL_OPTIONS_H_

#include <chrono>
#include <string>
#include <vector>

#include "internal/base/time.h"

namespace ssegw::nats {

// How to reach the servers. Files are read anew at each dial, so what is replaced on disk serves
// the next connection.
struct DialOptions {
  // "host:port" or "[::1]:4222", one or more: tried in an order drawn for each dial, the one that
  // was dialled last comes last.
  std::vector<std::string> servers;
  // TLS, and no connection without it. The server's name must be in its certificate.
  bool tls = false;
  // Empty: none.
  std::string user = {};
  std::string password = {};
  // A .creds file: a JWT and the seed of its user.
  std::string credentials_file = {};
  // A file with the seed of a user's nkey, "SU…".
  std::string nkey_seed_file = {};
  // PEM. Whom to trust; empty: whom the system trusts.
  std::string ca_file = {};
  // PEM, both or none: what this side shows.
  std::string certificate_file = {};
  std::string key_file = {};
  // How the server's own reports call this connection.
  std::string name = "sse-gateway";
  base::Duration connect_timeout = std::chrono::seconds(2);
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_DIAL_OPTIONS_H_
