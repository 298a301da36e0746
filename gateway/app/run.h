#ifndef SSEGW_GATEWAY_APP_RUN_H_
#define SSEGW_GATEWAY_APP_RUN_H_

#include "gateway/app/reloader.h"
#include "gateway/config/config.h"
#include "gateway/config/parse.h"

namespace ssegw::app {

// Checks what the flags name (files): 0, or 2 after saying in one line what is wrong.
int Check(const config::Config& config);

// Runs the gateway until SIGTERM or SIGINT, and drains it. Returns the exit code: 0, or 2 for what
// keeps it from starting, which has then been said in one line.
// parsed: without faults. read_again: what SIGHUP calls.
int Run(const config::ParseResult& parsed, const ReadConfig& read_again);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_RUN_H_
