#ifndef SSEGW_GATEWAY_APP_RUN_H_
#define SSEGW_GATEWAY_APP_RUN_H_

#include "gateway/config/config.h"
#include "gateway/config/parse.h"

namespace ssegw::app {

// Runs the gateway until SIGTERM or SIGINT, and drains it. Returns the exit code: 0, or 2 for what
// keeps it from starting, which has then been said in one line.
int Run(const config::ParseResult& parsed);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_RUN_H_
