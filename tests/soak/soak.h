#ifndef SSEGW_TESTS_SOAK_SOAK_H_
#define SSEGW_TESTS_SOAK_SOAK_H_

#include <cstddef>

#include "tests/soak/report.h"

namespace ssegw::soak {

// 0: the scenario's own.
struct Options {
  size_t seconds = 0;
  size_t connections = 0;
  size_t rate = 0;
};

// Each prints a report, and returns whether what it shows is as it should be.

// Connections of all kinds under two flooding publishers.
bool RunBusySoak(const Options& options);
// Browsers on a gateway that is replaced by another on the same port; seconds: the drain's window.
bool RunDrainSoak(const Options& options);
// What two slow readers cost the others; rate: bytes a second that are published.
bool RunSlowSoak(const Options& options);
// What it costs to look at many connections; seconds: of each kind of look.
bool RunScrapeSoak(const Options& options);

}  // namespace ssegw::soak

#endif  // SSEGW_TESTS_SOAK_SOAK_H_
