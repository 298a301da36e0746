#include "gateway/app/reloader.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "internal/log/log.h"

namespace ssegw::app {
namespace {

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

}  // namespace

Reloader::Reloader(const config::ParseResult& at_start, ReadConfig read)
    : has_flagfile_(at_start.has_flagfile), running_(at_start), read_(std::move(read)) {}

Reloader::Outcome Reloader::Tick(base::TimePoint now) {
  if (!asked_ || now < next_) return Outcome::kNone;
  asked_ = false;
  next_ = now + kInterval;
  if (!has_flagfile_) {
    log::Warn("nothing to reload", {{"error", "there is no --flagfile"}});
    return Outcome::kNone;
  }
  return Reload();
}

Reloader::Outcome Reloader::Reload() {
  const config::ParseResult read = read_();
  const std::vector<std::string> faults = FaultsOf(read);
  if (!faults.empty()) {
    for (const std::string& fault : faults) {
      log::Error("configuration fault", {{"error", fault}});
    }
    log::Error("configuration not reloaded", {{"faults", faults.size()}});
    return Outcome::kRefused;
  }
  const log::Level before = running_.config().log_level;
  const config::Changes changes = running_.Update(read);
  // Whoever makes the log quieter, or louder, sees that it was done.
  log::SetLevel(std::min(before, running_.config().log_level));
  LogChanges(changes);
  log::SetLevel(running_.config().log_level);
  return Outcome::kReloaded;
}

}  // namespace ssegw::app
