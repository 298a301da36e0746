#ifndef SSEGW_INTERNAL_NATS_LIBNATS_LINK_H_
#define SSEGW_INTERNAL_NATS_LIBNATS_LINK_H_

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/nats/link.h"

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

// Links by libnats. Its reconnecting is off: a connection that is lost is over. A server that does
// not answer two pings, one second apart, is lost; one that says that it is about to go (lame duck)
// counts as lost at once.
//
// Thread: any.
// Errors: those of Dialer. No message has a user, a password or a key.
// Cost:   four threads of libnats, for all links of the process, and one a link.
class LibnatsDialer final : public Dialer {
 public:
  explicit LibnatsDialer(DialOptions options) : options_(std::move(options)) {}

  absl::StatusOr<std::unique_ptr<Link>> Dial(LinkListener& listener) override;
  void Stop() override { stop_.request_stop(); }

 private:
  std::vector<std::string> DrawOrder();

  const DialOptions options_;
  std::stop_source stop_;
  base::Mutex mutex_;
  std::string last_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_LIBNATS_LINK_H_
