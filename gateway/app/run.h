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

// --check_config: finds what would keep a gateway from starting, but for addresses that are not to
// be had.
// Returns the exit code: 0, or 2 where there are faults.
int Check(const config::ParseResult& parsed, const UnusedVariables& unused);

// Runs the gateway until SIGTERM or its like, and drains it. Returns the exit code: 0, or 2 where
// something keeps it from starting, which it has then said.
// read_again: what SIGHUP calls.
int Run(const config::ParseResult& parsed, const UnusedVariables& unused,
        const ReadConfig& read_again);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_RUN_H_
