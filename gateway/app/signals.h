#ifndef SSEGW_GATEWAY_APP_SIGNALS_H_
#define SSEGW_GATEWAY_APP_SIGNALS_H_

#include "internal/base/time.h"

namespace ssegw::app {

// SIGTERM and SIGINT, taken by whoever waits for them.
class TerminationSignals {
 public:
  // Blocks them for this thread and those it starts from now on. SIGPIPE is ignored: a peer that is
  // gone is an error code.
  TerminationSignals();

  // True: one has come; false: none within that time.
  bool Wait(base::Duration longest) const;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_SIGNALS_H_
