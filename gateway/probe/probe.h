#ifndef SSEGW_GATEWAY_PROBE_PROBE_H_
#define SSEGW_GATEWAY_PROBE_PROBE_H_

#include "absl/status/statusor.h"
#include "gateway/config/config.h"
#include "gateway/config/parse.h"

namespace ssegw::probe {

// Where a probe goes: the target's address, or else admin_listen, where an address for all
// interfaces means loopback; that of both families is "localhost". INVALID_ARGUMENT: admin_listen
// has port 0, which may be any.
absl::StatusOr<config::Address> ProbedAddress(const config::ProbeTarget& target,
                                              const config::Address& admin_listen);

// --probe: prints one line, and returns the exit code: 0 for a 200, 1 for anything else, 2 if there
// is nothing to ask or the configuration has faults, which it prints too.
int Run(const config::ParseResult& parsed);

}  // namespace ssegw::probe

#endif  // SSEGW_GATEWAY_PROBE_PROBE_H_
