#include "gateway/app/run.h"

#include <grpc/support/log.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "gateway/app/api.h"
#include "gateway/app/gateway.h"
#include "gateway/app/load_schemas.h"
#include "gateway/app/publisher_access.h"
#include "gateway/app/signals.h"
#include "gateway/app/subscriber_auth.h"
#include "gateway/app/tls.h"
#include "gateway/app/tokens.h"
#include "internal/base/time.h"
#include "internal/log/log.h"
#include "internal/log/rate_limited.h"
#include "internal/transcode/schemas.h"

namespace ssegw::app {
namespace {

constexpr base::Duration kTick = std::chrono::milliseconds(100);
// After the drain window: for slow connections to take their last bytes.
constexpr base::Duration kDrainMargin = std::chrono::seconds(8);

// Log lines of gRPC itself. A peer can trigger many of them.
void LogOfGrpc(gpr_log_func_args* args) {
  static log::RateLimited limited(std::chrono::seconds(1));
  const bool error = args->severity == GPR_LOG_SEVERITY_ERROR;
  limited.Log(error ? log::Level::kWarn : log::Level::kDebug, "grpc", {{"detail", args->message}});
}

int Fail(std::string_view fault) {
  std::fprintf(stderr, "sse-gateway: %s\n", std::string(fault).c_str());
  return 2;
}

int Fail(const absl::Status& status) {
  return Fail(std::string_view(status.message().data(), status.message().size()));
}

// What a start needs from files.
struct Loaded {
  std::shared_ptr<const transcode::Schemas> schemas;
  std::unique_ptr<Tls> tls;
};

// nullopt if there are faults, in the files or in parsed, all of which have been printed.
std::optional<Loaded> LoadOrSayFaults(const config::ParseResult& parsed) {
  for (const std::string& fault : parsed.faults) Fail(fault);
  auto schemas = LoadSchemas(parsed.sound);
  if (!schemas.ok()) Fail(schemas.status());
  const absl::Status tokens = CheckTokenFiles(parsed.sound);
  if (!tokens.ok()) Fail(tokens);
  const std::vector<std::string> grants = FaultsOfSubscriberAuth(parsed.sound);
  for (const std::string& fault : grants) Fail(fault);
  const absl::Status publishers = CheckPublisherGrants(parsed.sound);
  if (!publishers.ok()) Fail(publishers);
  const std::vector<std::string> api = FaultsOfApiFiles(parsed.sound);
  for (const std::string& fault : api) Fail(fault);
  auto tls = Tls::Load(parsed.sound);
  if (!tls.ok()) {
    for (const absl::string_view fault : absl::StrSplit(tls.status().message(), '\n')) {
      Fail(std::string_view(fault.data(), fault.size()));
    }
  }
  const bool sound = parsed.faults.empty() && schemas.ok() && tokens.ok() && grants.empty() &&
                     publishers.ok() && api.empty() && tls.ok();
  if (!sound) return std::nullopt;
  return Loaded{.schemas = *std::move(schemas), .tls = *std::move(tls)};
}

enum class Ended { kInTime, kBySignal };

// Lets the gateway go on for a while, unless SIGTERM or SIGINT comes before.
Ended GoOn(Gateway& gateway, const Signals& signals, Reloader& reloader) {
  switch (signals.Wait(kTick)) {
    case Signal::kTerminate:
      return Ended::kBySignal;
    case Signal::kReload:
      reloader.Ask();
      gateway.RereadFiles();
      break;
    case Signal::kNone:
      break;
  }
  if (const std::optional<Reloaded> reloaded = reloader.Tick(base::Now())) {
    gateway.Apply(*reloaded, reloader.config(), reloader.schemas());
  }
  gateway.Tick();
  return Ended::kInTime;
}

// Lets the gateway go on until done or the deadline, unless SIGTERM or SIGINT comes before.
template <typename Done>
Ended GoOnUntil(Gateway& gateway, const Signals& signals, base::TimePoint deadline, Done done) {
  static log::RateLimited limited(std::chrono::seconds(1));
  while (!done() && base::Now() < deadline) {
    const Signal signal = signals.Wait(kTick);
    if (signal == Signal::kTerminate) return Ended::kBySignal;
    if (signal == Signal::kReload) {
      limited.Log(log::Level::kWarn, "nothing to reload", {{"error", "the gateway drains"}});
    }
    gateway.Tick();
  }
  return Ended::kInTime;
}

// Takes no longer than drain_delay, drain_window and the margin together. A second signal cuts it
// short; then publishers have no grace.
Gateway::Grace Drain(Gateway& gateway, const Signals& signals, const config::Config& config) {
  const auto nobody_left = [&] { return gateway.sockets() == 0; };
  const auto all_done = [&] { return nobody_left() && gateway.waiting_events() == 0; };
  // The delay is kept even if nobody is connected: it is for those who were told of this address
  // and have not yet been told to leave it, and for publishers, which are no connections.
  const auto never = [] { return false; };
  gateway.BeginDrain();
  const base::TimePoint leaves_at = base::Now() + config.drain_delay;
  if (GoOnUntil(gateway, signals, leaves_at, never) == Ended::kBySignal) {
    return Gateway::Grace::kNone;
  }
  gateway.Leave();
  const base::TimePoint window_ends_at = base::Now() + config.drain_window;
  if (GoOnUntil(gateway, signals, window_ends_at, all_done) == Ended::kBySignal) {
    return Gateway::Grace::kNone;
  }
  gateway.StopStore();
  return GoOnUntil(gateway, signals, window_ends_at + kDrainMargin, nobody_left) == Ended::kBySignal
             ? Gateway::Grace::kNone
             : Gateway::Grace::kPublishers;
}

}  // namespace

int Check(const config::ParseResult& parsed, const UnusedVariables& unused) {
  for (const auto& [name, meant] : unused) {
    std::fprintf(stderr, "sse-gateway: warning: %s is not read; did you mean %s?\n", name.c_str(),
                 meant.c_str());
  }
  const auto loaded = LoadOrSayFaults(parsed);
  if (!loaded) return 2;
  for (const std::string& warning : loaded->schemas->pool().warnings()) {
    std::fprintf(stderr, "sse-gateway: warning: %s\n", warning.c_str());
  }
  std::puts("configuration is valid");
  return 0;
}

int Run(const config::ParseResult& parsed, const UnusedVariables& unused,
        const ReadConfig& read_again) {
  // Before any other thread is started, which would get the signals otherwise.
  const Signals signals;
  auto loaded = LoadOrSayFaults(parsed);
  if (!loaded) return 2;
  Reloader reloader(parsed, loaded->schemas, JsonOptionsOf(parsed.sound), read_again);
  const config::Config& config = reloader.config();
  log::SetLevel(config.log_level);
  log::SetFormat(config.log_format);
  gpr_set_log_function(LogOfGrpc);
  LogWarnings(*loaded->schemas);
  for (const auto& [name, meant] : unused) {
    log::Warn("environment variable not read", {{"name", name}, {"did_you_mean", meant}});
  }

  Gateway gateway(config, std::move(loaded->schemas), std::move(loaded->tls));
  if (absl::Status status = gateway.Start(); !status.ok()) return Fail(status);
  while (gateway.loading()) {
    if (absl::Status fault = gateway.fault(); !fault.ok()) return Fail(fault);
    // Nobody is connected who would have to leave.
    if (GoOn(gateway, signals, reloader) == Ended::kBySignal) {
      gateway.Stop(Gateway::Grace::kNone);
      log::Info("stopped");
      return 0;
    }
  }
  if (absl::Status status = gateway.Open(); !status.ok()) return Fail(status);
  while (GoOn(gateway, signals, reloader) == Ended::kInTime) continue;
  gateway.Stop(Drain(gateway, signals, config));
  log::Info("stopped");
  return 0;
}

}  // namespace ssegw::app
