#ifndef SSEGW_GATEWAY_APP_SUBSCRIBER_AUTH_H_
#define SSEGW_GATEWAY_APP_SUBSCRIBER_AUTH_H_

#include <string>
#include <vector>

#include "gateway/app/file_watch.h"
#include "gateway/auth/auth_stats.h"
#include "gateway/auth/tickets.h"
#include "gateway/auth/token_source.h"
#include "gateway/config/config.h"
#include "gateway/http/authenticator.h"
#include "internal/base/watched_file.h"

namespace ssegw::app {

// What is wrong with what the configuration grants and with its file of ticket keys, a line each
// that begins with the flag: for the start and --check_config. Empty without --auth=jwt.
std::vector<std::string> FaultsOfSubscriberAuth(const config::Config& config);

// Who may subscribe, with --auth=jwt.
//
// Owns:     the keys of tickets, and what decides.
// Thread:   Start: one. The authenticator: any.
// Lifetime: what it is made with outlives it; the file watch ends before it.
class SubscriberAuth {
 public:
  // config has no FaultsOfSubscriberAuth.
  SubscriberAuth(const config::Config& config, auth::TokenVerifier& verifier,
                 auth::KeyRequests& keys, auth::AuthStats& stats);

  // Reads the file of ticket keys, if there is one, and has it watched.
  void Start(FileWatch& watch);

  const http::Authenticator& authenticator() const { return authenticator_; }

 private:
  // false: it has a fault, which was logged.
  bool ReadTicketKeys(const absl::StatusOr<std::string>& text);
  void RereadTicketKeys();

  auth::AuthStats& stats_;
  base::WatchedFile ticket_key_file_;
  auth::TicketSealer tickets_;
  const http::Authenticator authenticator_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_SUBSCRIBER_AUTH_H_
