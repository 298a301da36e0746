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

// The signals of the process, taken by the thread that waits for them. No signal that is sent ends
// the process on the spot, except SIGKILL and those of a crash (SIGABRT, SIGSEGV and such). All
// others that would end it by default begin a drain, or do nothing.
class Signals {
 public:
  // Blocks them for this thread and those it starts from now on. SIGPIPE and SIGXFSZ are ignored:
  // a peer that is gone, or a file that is full, is an error code. A signal that something else has
  // installed a handler for, such as a profiler, is left to it.
  Signals();

  // A signal that has come; kNone if none came within that time, or one that has no effect, which
  // is logged. kTerminate goes before all others.
  Signal Wait(base::Duration longest) const;

 private:
  const sigset_t terminating_;
  const sigset_t taken_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_SIGNALS_H_
