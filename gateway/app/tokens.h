#ifndef SSEGW_GATEWAY_APP_TOKENS_H_
#define SSEGW_GATEWAY_APP_TOKENS_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "gateway/app/file_watch.h"
#include "gateway/auth/token_rules.h"
#include "gateway/auth/token_source.h"
#include "gateway/auth/verifier.h"
#include "gateway/config/config.h"
#include "gateway/keys/key_fetcher.h"
#include "gateway/keys/key_file.h"
#include "gateway/keys/key_intake.h"

namespace ssegw::app {

// Whether anybody needs a token.
bool NeedsTokens(const config::Config& config);

auth::TokenRules TokenRulesOf(const config::Config& config);

// What keeps tokens from being verified, as far as files say it: for the start and --check_config.
// Errors: INVALID_ARGUMENT in one line that begins with the flag.
absl::Status CheckTokenFiles(const config::Config& config);

// Verifies tokens, with keys of the place that the configuration names.
//
// Owns:   the verifier, and what gets its keys.
// Thread: Start: one. The verifier and the requests: any.
class Tokens {
 public:
  // cache_bytes: of those that have been verified.
  Tokens(const config::Config& config, size_t cache_bytes);

  // Reads the file and has it watched, or begins to fetch.
  void Start(FileWatch& watch);

  auth::Verifier& verifier() { return verifier_; }
  auth::KeyRequests& key_requests();
  const keys::KeyStats& stats() const { return stats_; }

 private:
  // Keys of a file come by themselves.
  class NoRequests : public auth::KeyRequests {
   public:
    bool Ask(std::function<void()> /*done*/) override { return false; }
  };

  auth::Verifier verifier_;
  keys::KeyStats stats_;
  keys::KeyIntake intake_;
  NoRequests no_requests_;
  // One of them; the other is null.
  std::unique_ptr<keys::KeyFile> file_;
  std::unique_ptr<keys::KeyFetcher> fetcher_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_TOKENS_H_
