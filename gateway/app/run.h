#ifndef SSEGW_GATEWAY_APP_RUN_H_
#define SSEGW_GATEWAY_APP_RUN_H_

#include <vector>

#include "gateway/app/reloader.h"
#include "gateway/config/environment.h"
#include "gateway/config/parse.h"

namespace ssegw::app {

// Both print every fault to stderr, one line each: those of parsed, and those of the files that its
// flags name. unused: variables that are not read; a warning each.
using UnusedVariables = std::vector<config::UnusedVariable>;

// --check_config: finds what would keep a gateway from starting, except addresses that it cannot
// listen on. Returns the exit code: 0, or 2 if there are faults.
int Check(const config::ParseResult& parsed, const UnusedVariables& unused);

// Runs the gateway until a signal such as SIGTERM, and drains it. Returns the exit code: 0, or 2 if
// something keeps it from starting, which it has printed then. read_again: what SIGHUP calls.
int Run(const config::ParseResult& parsed, const UnusedVariables& unused,
        const ReadConfig& read_again);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_RUN_H_
