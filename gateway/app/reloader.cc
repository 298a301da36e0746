#include "gateway/app/reloader.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "internal/log/log.h"
#include "internal/transcode/schema_compat.h"

namespace ssegw::app {
namespace {

// A set of another product has a fault for each of its types.
constexpr size_t kMaxLoggedFaults = 20;

std::vector<std::string> FaultsOf(const config::ParseResult& read) {
  if (read.action == config::Action::kRun) return read.faults;
  // They would end a gateway that starts.
  std::vector<std::string> faults = {
      "--check_config, --help, --probe and --version are for the command line"};
  faults.insert(faults.end(), read.faults.begin(), read.faults.end());
  return faults;
}

void LogChanges(const config::Changes& changes) {
  for (const config::FlagChange& change : changes.made) {
    log::Info("flag changed",
              {{"flag", change.flag}, {"before", change.before}, {"after", change.after}});
  }
  for (const config::FlagChange& change : changes.need_restart) {
    log::Warn("flag needs a restart",
              {{"flag", change.flag}, {"running", change.before}, {"configured", change.after}});
  }
  log::Info("configuration reloaded",
            {{"changed", changes.made.size()}, {"need_restart", changes.need_restart.size()}});
}

// Returns how many there are.
size_t LogFaults(const std::vector<std::string>& faults) {
  for (size_t i = 0; i < std::min(faults.size(), kMaxLoggedFaults); ++i) {
    log::Error("configuration fault", {{"error", faults[i]}});
  }
  return faults.size();
}

}  // namespace

void LogWarnings(const transcode::Schemas& schemas) {
  for (const std::string& warning : schemas.pool().warnings()) {
    log::Warn("descriptor set", {{"warning", warning}});
  }
}

Reloader::Reloader(const config::ParseResult& at_start,
                   std::shared_ptr<const transcode::Schemas> schemas,
                   const transcode::JsonOptions& options, ReadConfig read)
    : has_flagfile_(at_start.has_flagfile),
      options_(options),
      running_(at_start),
      schemas_(std::move(schemas)),
      read_(std::move(read)) {}

std::optional<Reloaded> Reloader::Tick(base::TimePoint now) {
  std::optional<Reloaded> reloaded;
  if (std::optional<Reading> reading = reading_.Take()) reloaded = TakeOver(*std::move(reading));
  if (reading_.is_running()) {
    SayIfSlow(now);
  } else if (asked_ && now >= next_) {
    Begin(now);
  }
  return reloaded;
}

void Reloader::SayIfSlow(base::TimePoint now) {
  if (now < slow_from_) return;
  slow_from_ = base::TimePoint::max();
  log::Warn("configuration is still being read", {{"seconds", base::ToSeconds(kSlow)}});
}

void Reloader::Begin(base::TimePoint now) {
  asked_ = false;
  next_ = now + kInterval;
  slow_from_ = now + kSlow;
  if (!has_flagfile_ && config().descriptor_set.empty()) {
    log::Warn("nothing to reload", {{"error", "there is no --flagfile and no --descriptor_set"}});
    return;
  }
  if (!reading_.Start([read = read_, running = schemas_, options = options_] {
        return Read(read, *running, options);
      })) {
    log::Error("configuration not reloaded", {{"faults", 1}, {"error", "no thread is to be had"}});
  }
}

Reloader::Reading Reloader::Read(const ReadConfig& read, const transcode::Schemas& running,
                                 const transcode::JsonOptions& options) {
  Reading reading{.config = read(), .schemas = nullptr, .faults_of_sets = {}};
  auto loaded = transcode::Schemas::Load(reading.config.sound.descriptor_set, options);
  if (!loaded.ok()) {
    reading.faults_of_sets.emplace_back(loaded.status().message());
    return reading;
  }
  // Where flags have faults, these may not be the sets that were meant, and are not taken.
  if (!reading.config.faults.empty()) return reading;
  const transcode::SchemaPool& pool = (*loaded)->pool();
  for (const std::string& fault : transcode::CompatibilityFaults(running.pool(), pool, options)) {
    reading.faults_of_sets.push_back("descriptor sets need a restart: " + fault);
  }
  if (reading.faults_of_sets.empty() && !transcode::HaveSameFiles(running.pool(), pool)) {
    reading.schemas = *std::move(loaded);
  }
  return reading;
}

Reloaded Reloader::TakeOver(Reading reading) {
  Reloaded reloaded;
  if (!reading.faults_of_sets.empty()) reloaded.sets = Reloaded::Sets::kRefused;
  if (const std::vector<std::string> faults = FaultsOf(reading.config); !faults.empty()) {
    const size_t count = LogFaults(faults) + LogFaults(reading.faults_of_sets);
    log::Error("configuration not reloaded", {{"faults", count}});
    return reloaded;
  }
  reloaded.flags = true;
  if (reloaded.sets == Reloaded::Sets::kRefused) {
    LogFaults(reading.faults_of_sets);
    log::Error("descriptor sets not reloaded", {{"faults", reading.faults_of_sets.size()}});
    // The flag stays with the sets that it named.
    if (auto& read = reading.config.config) read->descriptor_set = config().descriptor_set;
  } else if (reading.schemas != nullptr) {
    schemas_ = std::move(reading.schemas);
    reloaded.sets = Reloaded::Sets::kTaken;
    log::Info("descriptor sets reloaded", {{"files", schemas_->pool().files().size()}});
    LogWarnings(*schemas_);
  }
  const log::Level before = running_.config().log_level;
  const config::Changes changes = running_.Update(reading.config);
  // Whoever makes the log quieter, or louder, sees that it was done.
  log::SetLevel(std::min(before, running_.config().log_level));
  LogChanges(changes);
  log::SetLevel(running_.config().log_level);
  return reloaded;
}

}  // namespace ssegw::app
