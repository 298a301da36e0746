#include "gateway/app/tokens.h"

#include <string_view>

#include "gateway/auth/algorithm.h"
#include "gateway/config/command_line.h"
#include "gateway/keys/https_fetch.h"
#include "internal/base/concat.h"
#include "internal/base/read_file.h"
#include "internal/log/log.h"

namespace ssegw::app {
namespace {

constexpr size_t kMaxCaFileBytes = size_t{4} * 1024 * 1024;

bool IsUrl(std::string_view place) { return place.starts_with("https://"); }

absl::Status WithFlag(std::string_view flag, const absl::Status& status) {
  if (status.ok()) return status;
  const std::string_view message(status.message().data(), status.message().size());
  return absl::InvalidArgumentError(base::Concat(flag, ": ", message));
}

}  // namespace

bool NeedsTokens(const config::Config& config) {
  return config.auth == config::Auth::kJwt || config.publisher_auth == config::PublisherAuth::kJwt;
}

auth::TokenRules TokenRulesOf(const config::Config& config) {
  auth::TokenRules rules{.algorithms = {},
                         .issuers = config.jwt_issuer,
                         .audiences = config.jwt_audience,
                         .leeway = config.jwt_leeway};
  for (const std::string& name : config.jwt_algorithms) {
    if (const auto algorithm = auth::ParseAlgorithm(name)) rules.algorithms.Add(*algorithm);
  }
  return rules;
}

absl::Status CheckTokenFiles(const config::Config& config) {
  if (!NeedsTokens(config) || config.jwt_jwks.empty()) return absl::OkStatus();
  if (!IsUrl(config.jwt_jwks)) {
    return WithFlag("--jwt_jwks",
                    keys::CheckKeyFile(config.jwt_jwks, TokenRulesOf(config).algorithms));
  }
  if (config.jwt_jwks_ca_file.empty()) return absl::OkStatus();
  const auto read = base::ReadRegularFile(config.jwt_jwks_ca_file, kMaxCaFileBytes);
  return WithFlag(base::Concat("--jwt_jwks_ca_file: cannot read ", config.jwt_jwks_ca_file),
                  read.status());
}

Tokens::Tokens(const config::Config& config, size_t cache_bytes)
    : verifier_(TokenRulesOf(config), {.max_bytes = cache_bytes}), intake_(verifier_, stats_) {
  if (IsUrl(config.jwt_jwks)) {
    fetcher_ = std::make_unique<keys::KeyFetcher>(
        config::WithoutPassword(config.jwt_jwks),
        keys::HttpsFetch(config.jwt_jwks, config.jwt_jwks_ca_file), intake_);
  } else {
    file_ = std::make_unique<keys::KeyFile>(config.jwt_jwks, intake_);
  }
}

void Tokens::Start(FileWatch& watch) {
  if (verifier_.rules().audiences.empty()) {
    log::Warn("tokens for any audience are taken", {{"flag", "jwt_audience"}});
  }
  if (fetcher_) return fetcher_->Start();
  file_->Reread();
  watch.Add([this] { file_->Reread(); });
}

auth::KeyRequests& Tokens::key_requests() {
  if (fetcher_) return *fetcher_;
  return no_requests_;
}

}  // namespace ssegw::app
