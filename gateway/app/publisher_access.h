#ifndef SSEGW_GATEWAY_APP_PUBLISHER_ACCESS_H_
#define SSEGW_GATEWAY_APP_PUBLISHER_ACCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/app/file_watch.h"
#include "gateway/app/tokens.h"
#include "gateway/auth/auth_stats.h"
#include "gateway/config/config.h"
#include "gateway/ingest/publisher_auth.h"
#include "gateway/ingest/publisher_grants.h"
#include "internal/base/watched_file.h"

namespace ssegw::app {

// What is wrong with the file of publishers' grants: for the start and --check_config. In one line
// that begins with the flag.
absl::Status CheckPublisherGrants(const config::Config& config);

// Who may publish.
//
// Owns:     the grants of certificates.
// Thread:   Start: one. What it gives to the gRPC server: any.
// Lifetime: what it is made with outlives it; the file watch ends before it.
class PublisherAccess {
 public:
  // tokens: not null with --publisher_auth=jwt.
  PublisherAccess(const config::Config& config, Tokens* tokens, auth::AuthStats& stats);

  // Reads the file of grants, if there is one, and has it watched.
  void Start(FileWatch& watch);

  const ingest::PublisherAuthOptions& options() const { return options_; }

 private:
  void Take(const absl::StatusOr<std::string>& text);

  base::WatchedFile file_;
  ingest::CurrentPublisherGrants grants_;
  ingest::PublisherAuthOptions options_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_PUBLISHER_ACCESS_H_
