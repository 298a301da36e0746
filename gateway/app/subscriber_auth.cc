#include "gateway/app/subscriber_auth.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/auth/grants.h"
#include "internal/base/concat.h"
#include "internal/base/key_file.h"
#include "internal/base/read_file.h"
#include "internal/log/log.h"
#include "internal/window/filter.h"

namespace ssegw::app {
namespace {

std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

absl::StatusOr<std::vector<base::SecretKey>> KeysOf(const absl::StatusOr<std::string>& text) {
  if (!text.ok()) return text.status();
  return base::ParseKeyFile(*text);
}

auth::GrantRules RulesOf(const config::Config& config) {
  std::vector<auth::FilterTemplate> templates;
  for (const std::string& text : config.granted_topics) {
    if (auto parsed = auth::FilterTemplate::Parse(text); parsed.ok()) {
      templates.push_back(*std::move(parsed));
    }
  }
  return {config.topics_claim, std::move(templates)};
}

window::Filters AnonymousOf(const config::Config& config) {
  std::vector<window::Filter> filters;
  for (const std::string& text : config.anonymous_topics) {
    if (auto parsed = window::Filter::Parse(text); parsed.ok()) {
      filters.push_back(*std::move(parsed));
    }
  }
  return window::Filters(std::move(filters));
}

}  // namespace

std::vector<std::string> FaultsOfSubscriberAuth(const config::Config& config) {
  std::vector<std::string> faults;
  if (config.auth != config::Auth::kJwt) return faults;
  const auto check = [&](std::string_view flag, std::string_view value,
                         const absl::Status& status) {
    if (status.ok()) return;
    faults.push_back(base::Concat("--", flag, '=', value, ": ", MessageOf(status)));
  };
  for (const std::string& text : config.granted_topics) {
    check("granted_topics", text, auth::FilterTemplate::Parse(text).status());
  }
  for (const std::string& text : config.anonymous_topics) {
    check("anonymous_topics", text, window::Filter::Parse(text).status());
  }
  const std::string& file = config.ticket_key_file;
  if (!file.empty()) {
    check("ticket_key_file", file,
          KeysOf(base::ReadRegularFile(file, base::kMaxKeyFileBytes)).status());
  }
  return faults;
}

SubscriberAuth::SubscriberAuth(const config::Config& config, auth::TokenVerifier& verifier,
                               auth::KeyRequests& keys, auth::AuthStats& stats)
    : stats_(stats),
      ticket_key_file_(config.ticket_key_file, base::kMaxKeyFileBytes),
      tickets_({auth::RandomTicketKey()}),
      authenticator_(verifier, keys, tickets_, stats,
                     {.rules = RulesOf(config),
                      .anonymous = AnonymousOf(config),
                      .cookie = config.auth_cookie,
                      .leeway = config.jwt_leeway}) {}

void SubscriberAuth::Start(FileWatch& watch) {
  if (ticket_key_file_.path().empty()) return;
  if (const auto text = ticket_key_file_.ReadIfChanged()) ReadTicketKeys(*text);
  watch.Add([this] { RereadTicketKeys(); });
}

bool SubscriberAuth::ReadTicketKeys(const absl::StatusOr<std::string>& text) {
  auto keys = KeysOf(text);
  if (!keys.ok()) {
    log::Error("ticket keys not read",
               {{"file", ticket_key_file_.path()}, {"error", MessageOf(keys.status())}});
    return false;
  }
  log::Info("ticket keys", {{"file", ticket_key_file_.path()}, {"keys", keys->size()}});
  tickets_.SetKeys(*std::move(keys));
  return true;
}

void SubscriberAuth::RereadTicketKeys() {
  const auto text = ticket_key_file_.ReadIfChanged();
  if (!text) return;
  (ReadTicketKeys(*text) ? stats_.ticket_key_reloads_ok : stats_.ticket_key_reloads_failed).Add();
}

}  // namespace ssegw::app
