#include "gateway/app/api.h"

#include <memory>
#include <utility>

#include "gateway/app/part_options.h"
#include "gateway/auth/api_credentials.h"
#include "internal/base/concat.h"
#include "internal/base/read_file.h"
#include "internal/base/time.h"
#include "internal/log/log.h"

namespace ssegw::app {
namespace {

using auth::AccessKeys;
using auth::ApiTokens;

std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

template <typename T>
absl::StatusOr<T> Parsed(const absl::StatusOr<std::string>& text) {
  if (!text.ok()) return text.status();
  return T::Parse(*text);
}

template <typename T>
void AddFault(std::string_view flag, const std::string& file, std::vector<std::string>& faults) {
  if (file.empty()) return;
  const auto parsed = Parsed<T>(base::ReadRegularFile(file, auth::kMaxApiCredentialsBytes));
  if (parsed.ok()) return;
  faults.push_back(base::Concat("--", flag, '=', file, ": ", MessageOf(parsed.status())));
}

// Puts what the file has in the place of what was there, if it is good.
template <typename T>
void Replace(const absl::StatusOr<std::string>& text, std::string_view file,
             auth::Current<T>& current) {
  absl::StatusOr<T> parsed = Parsed<T>(text);
  if (!parsed.ok()) {
    log::Error("api credentials not read", {{"file", file}, {"error", MessageOf(parsed.status())}});
    return;
  }
  log::Info("api credentials", {{"file", file}, {"lines", parsed->size()}});
  current.Set(std::make_shared<const T>(*std::move(parsed)));
}

void Watch(FileWatch& watch, base::WatchedFile& file,
           std::function<void(const absl::StatusOr<std::string>& text)> take) {
  if (file.path().empty()) return;
  const auto reread = [&file, take = std::move(take)] {
    if (const auto text = file.ReadIfChanged()) take(*text);
  };
  reread();
  watch.Add(reread);
}

}  // namespace

std::vector<std::string> FaultsOfApiFiles(const config::Config& config) {
  std::vector<std::string> faults;
  AddFault<ApiTokens>("api_token_file", config.api_token_file, faults);
  AddFault<AccessKeys>("api_credentials_file", config.api_credentials_file, faults);
  return faults;
}

std::optional<store::AppendResult> Api::Sink::Take(const absl::StatusOr<std::string>& wire,
                                                   std::string_view peer, store::AppendDone done) {
  ingest::ParsedRequest request;
  if (wire.ok()) request.event.Add(*wire);
  // The store may answer when the request is gone.
  const auto named = std::make_shared<const std::string>(peer);
  return publishers_.intake()
      .Take(wire.status(), request, base::Moment::Now(), {.peer = *named},
            [named, done = std::move(done)](store::AppendResult result) mutable {
              std::move(done)(std::move(result));
            })
      .result;
}

void Api::Sink::Run(std::function<void()> task) { publishers_.workers().Run(std::move(task)); }

bool Api::Sink::refusing() const { return publishers_.intake().refusing(); }

Api::Api(const config::Config& config, const Budget& budget, api::ConnectionCalls::Find connections,
         ingest::GrpcServer& publishers, const transcode::LiveSchemas& schemas)
    : token_file_(config.api_token_file, auth::kMaxApiCredentialsBytes),
      credentials_file_(config.api_credentials_file, auth::kMaxApiCredentialsBytes),
      sink_(publishers),
      publishing_(
          sink_, [&schemas] { return schemas.GetPool(); }, PublishOptionsOf(config, budget)),
      service_({.credentials = credentials_,
                .connections = std::move(connections),
                .publishing = publishing_,
                .stats = stats_},
               ApiPolicyOf(config)) {}

void Api::Start(FileWatch& watch) {
  Watch(watch, token_file_,
        [this](const auto& text) { Replace(text, token_file_.path(), credentials_.tokens); });
  Watch(watch, credentials_file_, [this](const auto& text) {
    Replace(text, credentials_file_.path(), credentials_.access_keys);
  });
}

void Api::SetPolicy(const config::Config& config) { service_.SetPolicy(ApiPolicyOf(config)); }

}  // namespace ssegw::app
