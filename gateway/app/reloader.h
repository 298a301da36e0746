#ifndef SSEGW_GATEWAY_APP_RELOADER_H_
#define SSEGW_GATEWAY_APP_RELOADER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/app/background.h"
#include "gateway/config/parse.h"
#include "gateway/config/running_config.h"
#include "internal/base/time.h"
#include "internal/transcode/schemas.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::app {

// Reads the configuration again, as it was read at the start: the same arguments and environment,
// and what the flagfiles say now. Any thread.
using ReadConfig = std::function<config::ParseResult()>;

// What came of a reading.
struct Reloaded {
  enum class Sets {
    kAsBefore,
    kTaken,
    kRefused,  // they have faults, or would break what runs
  };

  // False: the configuration has faults, and nothing has changed.
  bool flags = false;
  Sets sets = Sets::kAsBefore;
};

// What can be lived with in descriptor sets that have been loaded, a line each.
void LogWarnings(const transcode::Schemas& schemas);

// What SIGHUP does: reads the configuration and the descriptor sets again, takes over what can
// change at run time, and logs what that was. A configuration with a fault changes nothing;
// descriptor sets with a fault, or that are not compatible with those in use, leave these in use.
//
// Thread: one. It reads on a thread of its own, so no thread waits for a slow file.
class Reloader {
 public:
  // However fast signals come, it reads no more often than this.
  static constexpr base::Duration kInterval = std::chrono::seconds(1);
  // A reading that takes longer than this is worth a line: a file system may hang.
  static constexpr base::Duration kSlow = std::chrono::seconds(10);

  // at_start: without faults; schemas: those that it names; options: how they write JSON, which no
  // reading changes.
  Reloader(const config::ParseResult& at_start, std::shared_ptr<const transcode::Schemas> schemas,
           const transcode::JsonOptions& options, ReadConfig read);

  // SIGHUP has come. Several in a row are one.
  void Ask() { asked_ = true; }

  // Call it several times a second. Returns the outcome of a reading that has ended: config() and
  // schemas() hold from now on.
  std::optional<Reloaded> Tick(base::TimePoint now);
  bool is_reading() const { return reading_.is_running(); }

  const config::Config& config() const { return running_.config(); }
  const std::shared_ptr<const transcode::Schemas>& schemas() const { return schemas_; }

 private:
  struct Reading {
    config::ParseResult config;
    // Null if they are as before, or have faults.
    std::shared_ptr<const transcode::Schemas> schemas;
    std::vector<std::string> faults_of_sets;
  };

  void Begin(base::TimePoint now);
  void SayIfSlow(base::TimePoint now);
  Reloaded TakeOver(Reading reading);
  static Reading Read(const ReadConfig& read, const transcode::Schemas& running,
                      const transcode::JsonOptions& options);

  const bool has_flagfile_;
  const transcode::JsonOptions options_;
  config::RunningConfig running_;
  std::shared_ptr<const transcode::Schemas> schemas_;
  const ReadConfig read_;
  bool asked_ = false;
  base::TimePoint next_;
  // When the reading that runs counts as slow; max after that has been logged.
  base::TimePoint slow_from_ = base::TimePoint::max();
  Background<Reading> reading_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_RELOADER_H_
