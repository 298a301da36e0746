#ifndef SSEGW_GATEWAY_APP_SIGNALS_H_
#define SSEGW_GATEWAY_APP_SIGNALS_H_

#include "internal/base/time.h"

namespace ssegw::app {

enum class Signal {
  kNone,
  kReload,     // SIGHUP
  kTerminate,  // SIGTERM, SIGINT
};

// The signals that the process acts on, taken by whoever waits for them.
class Signals {
 public:
  // Blocks them for this thread and those it starts from now on. SIGPIPE is ignored: a peer that is
  // gone is an error code.
  Signals();

  // One that has come; kNone: none within that time. However many SIGHUPs come, kTerminate goes
  // before them.
  Signal Wait(base::Duration longest) const;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_SIGNALS_H_
