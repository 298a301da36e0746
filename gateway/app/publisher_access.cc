#include "gateway/app/publisher_access.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/read_file.h"
#include "internal/log/log.h"

namespace ssegw::app {
namespace {

using ingest::PublisherAuthKind;
using ingest::PublisherGrants;

std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

absl::StatusOr<PublisherGrants> GrantsOf(const absl::StatusOr<std::string>& text) {
  if (!text.ok()) return text.status();
  return PublisherGrants::Parse(*text);
}

PublisherAuthKind KindOf(config::PublisherAuth auth) {
  switch (auth) {
    case config::PublisherAuth::kNone:
      return PublisherAuthKind::kNone;
    case config::PublisherAuth::kJwt:
      return PublisherAuthKind::kJwt;
    case config::PublisherAuth::kMtls:
      return PublisherAuthKind::kMtls;
  }
  return PublisherAuthKind::kNone;
}

}  // namespace

absl::Status CheckPublisherGrants(const config::Config& config) {
  const std::string& file = config.publisher_grants_file;
  if (config.publisher_auth != config::PublisherAuth::kMtls || file.empty()) {
    return absl::OkStatus();
  }
  absl::Status status = GrantsOf(base::ReadRegularFile(file, PublisherGrants::kMaxBytes)).status();
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      base::Concat("--publisher_grants_file=", file, ": ", MessageOf(status)));
}

PublisherAccess::PublisherAccess(const config::Config& config, Tokens* tokens,
                                 auth::AuthStats& stats)
    : file_(config.publisher_grants_file, PublisherGrants::kMaxBytes),
      options_{.kind = KindOf(config.publisher_auth),
               .claim = config.publish_claim,
               .grants = &grants_,
               .stats = &stats} {
  if (options_.kind != PublisherAuthKind::kJwt) return;
  options_.verifier = &tokens->verifier();
  options_.keys = &tokens->key_requests();
}

void PublisherAccess::Start(FileWatch& watch) {
  if (options_.kind != PublisherAuthKind::kMtls) return;
  const auto reread = [this] {
    if (const auto text = file_.ReadIfChanged()) Take(*text);
  };
  reread();
  watch.Add(reread);
}

void PublisherAccess::Take(const absl::StatusOr<std::string>& text) {
  absl::StatusOr<PublisherGrants> grants = GrantsOf(text);
  if (!grants.ok()) {
    log::Error("publisher grants not read",
               {{"file", file_.path()}, {"error", MessageOf(grants.status())}});
    return;
  }
  log::Info("publisher grants", {{"file", file_.path()}, {"lines", grants->size()}});
  grants_.Set(std::make_shared<const PublisherGrants>(*std::move(grants)));
}

}  // namespace ssegw::app
