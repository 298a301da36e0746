#ifndef SSEGW_GATEWAY_APP_RELOADER_H_
#define SSEGW_GATEWAY_APP_RELOADER_H_

#include <functional>

#include "gateway/config/parse.h"
#include "gateway/config/running_config.h"
#include "internal/base/time.h"

namespace ssegw::app {

// Reads the configuration anew, as it was read at the start: the same arguments and environment,
// and what the flagfiles say now.
using ReadConfig = std::function<config::ParseResult()>;

// What SIGHUP does: reads the configuration again, takes over what can change at run time, and logs
// what that was. A configuration with a fault changes nothing.
//
// Thread: one.
class Reloader {
 public:
  enum class Outcome {
    kNone,      // nothing was asked for, or there is no flagfile
    kReloaded,  // config() is what is to be used from now on
    kRefused,   // it has faults
  };

  // However fast signals come, it reads no more often than this.
  static constexpr base::Duration kInterval = std::chrono::seconds(1);

  // at_start: without faults.
  Reloader(const config::ParseResult& at_start, ReadConfig read);

  // SIGHUP has come. Several in a row are one.
  void Ask() { asked_ = true; }

  // To be called some times a second.
  Outcome Tick(base::TimePoint now);

  const config::Config& config() const { return running_.config(); }

 private:
  Outcome Reload();

  const bool has_flagfile_;
  config::RunningConfig running_;
  const ReadConfig read_;
  bool asked_ = false;
  base::TimePoint next_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_RELOADER_H_
