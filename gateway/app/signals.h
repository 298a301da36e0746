#ifndef SSEGW_GATEWAY_APP_SIGNALS_H_
#define SSEGW_GATEWAY_APP_SIGNALS_H_

#include <signal.h>

#include "internal/base/time.h"

namespace ssegw::app {

enum class Signal {
  kNone,
  kReload,     // SIGHUP
  kTerminate,  // SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU
};

// The signals of the process, taken by whoever waits for them. No signal that somebody sends ends
// the process on the spot, but for SIGKILL and those that tell of a crash (SIGABRT, SIGSEGV and
// their like): whatever else would do so by default is a drain, or does nothing.
class Signals {
 public:
  // Blocks them for this thread and those it starts from now on. SIGPIPE and SIGXFSZ are ignored:
  // a peer that is gone, or a file that is full, is an error code. A signal that something else has
  // installed a handler for, such as a profiler, is left to it.
  Signals();

  // One that has come; kNone: none within that time, or one that is not acted on, which is logged.
  // However many others come, kTerminate goes before them.
  Signal Wait(base::Duration longest) const;

 private:
  const sigset_t terminating_;
  const sigset_t taken_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_SIGNALS_H_
